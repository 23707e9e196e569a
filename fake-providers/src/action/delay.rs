//! How much later something comes, and how far a ramp has risen.

use std::time::Duration;

/// How much later something comes: first a factor, then an amount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Delay {
    factor: f64,
    add: Duration,
}

/// Upper bound of the product of all factors: a millisecond becomes a quarter of an hour. Keeps
/// durations far from overflow.
const FACTOR_MAX: f64 = 1e6;

impl Delay {
    /// No later.
    pub(crate) const NONE: Self = Self::by(Duration::ZERO);

    /// So much later.
    pub(crate) const fn by(add: Duration) -> Self {
        Self::new(1.0, add)
    }

    /// It takes so many times as long.
    pub(crate) const fn times(factor: f64) -> Self {
        Self::new(factor, Duration::ZERO)
    }

    /// Both.
    pub(crate) const fn new(factor: f64, add: Duration) -> Self {
        Self { factor, add }
    }

    /// This and another one: factors multiply, amounts add.
    pub(crate) fn and(self, other: Self) -> Self {
        Self::new(self.factor * other.factor, self.add.saturating_add(other.add))
    }

    /// How long something takes that would take `base`.
    pub(crate) fn stretch(self, base: Duration) -> Duration {
        // Both signs of trouble (negative, not finite) are excluded when parameters are read.
        let scaled =
            if self.factor == 1.0 { base } else { base.mul_f64(self.factor.min(FACTOR_MAX)) };
        scaled.saturating_add(self.add)
    }
}

/// How far a ramp has risen: above 0, up to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Strength(f64);

impl Strength {
    /// At its height, or without a ramp.
    pub(crate) const FULL: Self = Self(1.0);

    /// `None` for 0: nothing is armed.
    pub(crate) fn new(strength: f64) -> Option<Self> {
        (strength > 0.0).then_some(Self(strength))
    }

    /// That part of an amount.
    pub(crate) fn of(self, amount: Duration) -> Duration {
        amount.mul_f64(self.0)
    }

    /// That part of the way from 1 to `factor`.
    pub(crate) fn towards(self, factor: f64) -> f64 {
        1.0 + (factor - 1.0) * self.0
    }

    /// That part of a share.
    pub(crate) fn share(self, share: f64) -> f64 {
        share * self.0
    }
}
