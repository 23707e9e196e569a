//! Instants of a run. One time line: integer nanoseconds since the run's start, warm-up included.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Unix time at which a virtual run starts, in nanoseconds: 2026-01-01T00:00:17Z.
///
/// Seventeen seconds past the minute, so that a policy which counts per UTC minute is seen to cut
/// its windows at minutes and not at the start of the run.
pub const EPOCH_UNIX_NS: u64 = 1_767_225_617_000_000_000;

/// An instant: nanoseconds since the start of the run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct At(pub u64);

impl At {
    /// The start of the run.
    pub const START: Self = Self(0);
    /// Later than anything that happens; a window without an end.
    pub const NEVER: Self = Self(u64::MAX);

    /// The instant `d` after the start. Saturates after 584 years.
    pub fn after_start(d: Duration) -> Self {
        Self(saturating_ns(d))
    }

    /// Nanoseconds since the start.
    pub const fn ns(self) -> u64 {
        self.0
    }

    /// Seconds since the start.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Time from `earlier` to `self`; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The instant `d` later. Saturates.
    #[must_use]
    pub fn plus(self, d: Duration) -> Self {
        Self(self.0.saturating_add(saturating_ns(d)))
    }

    /// The instant `d` earlier, or the start.
    #[must_use]
    pub fn minus(self, d: Duration) -> Self {
        Self(self.0.saturating_sub(saturating_ns(d)))
    }
}

fn saturating_ns(d: Duration) -> u64 {
    u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} s", self.seconds())
    }
}
