//! How the verdicts of several faults at one moment become one.

use std::time::Duration;

use super::twist::Twist;
use super::verdict::Verdict;

/// What several faults at one moment amount to.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// Product of all factors.
    pub factor: f64,
    /// Sum of all delays.
    pub delay: Duration,
    /// All twists, in the order of the rules.
    pub twists: Vec<Twist>,
    /// The first verdict that ends the normal course; later ones were not asked.
    pub end: Option<Verdict>,
}

/// Adds verdicts up: delays add, factors multiply, twists gather, and only the first one that ends
/// the attempt's course stops the asking. `verdicts` is lazy, so that nothing after it is asked.
pub fn weigh(verdicts: impl IntoIterator<Item = Verdict>) -> Weight {
    let mut weight = Weight { factor: 1.0, delay: Duration::ZERO, twists: Vec::new(), end: None };
    for verdict in verdicts {
        match verdict {
            Verdict::Pass => {}
            Verdict::Delay(delay) => weight.delay = weight.delay.saturating_add(delay),
            Verdict::Scale(factor) => weight.factor *= factor,
            Verdict::Stretch { factor, add } => {
                weight.factor *= factor;
                weight.delay = weight.delay.saturating_add(add);
            }
            Verdict::Twist(twist) => weight.twists.push(twist),
            Verdict::NoName { .. }
            | Verdict::Refuse
            | Verdict::Wait
            | Verdict::Close
            | Verdict::Alert(_)
            | Verdict::Blackhole
            | Verdict::Reset
            | Verdict::Fail(_)
            | Verdict::Instead(_)
            | Verdict::Stall
            | Verdict::Heartbeats(_)
            | Verdict::Cut
            | Verdict::Unframed(_)
            | Verdict::Truncate(_)
            | Verdict::ErrorEvent(_)
            | Verdict::Garble => {
                weight.end = Some(verdict);
                break;
            }
        }
    }
    weight
}

impl Weight {
    /// How long something takes that would take `base`.
    pub fn stretch(&self, base: Duration) -> Duration {
        // Both signs of trouble (negative, not finite) are excluded when parameters are read.
        let scaled =
            if self.factor == 1.0 { base } else { base.mul_f64(self.factor.min(FACTOR_MAX)) };
        scaled.saturating_add(self.delay)
    }

    /// Whether the twist is among them.
    pub fn has(&self, twist: Twist) -> bool {
        self.twists.contains(&twist)
    }
}

/// Upper bound of the product of all factors: a millisecond becomes a quarter of an hour. Keeps
/// durations far from overflow.
const FACTOR_MAX: f64 = 1e6;
