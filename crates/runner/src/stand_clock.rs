//! How far the clock of standing fakes is from ours: exchanges in the manner of NTP.
//!
//! The fakes' reading lies somewhere between our sending and our receiving, so that an exchange of
//! round trip r tells the offset to ± r / 2 however the two ways differ. The quickest of several is
//! kept (Mills, RFC 5905, section 10: the clock filter). Before and after a run two such estimates
//! give the drift; between them the offset is taken to run straight. It must never know what is
//! done with an instant.

use record::machine::StandingClock;

/// One reading of the fakes' clock: all in nanoseconds, the middle one theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) sent: u64,
    pub(crate) theirs: u64,
    pub(crate) received: u64,
}

/// Theirs less ours, at an instant of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Estimate {
    at: u64,
    pub(crate) offset: i64,
    /// At most so far from the truth.
    pub(crate) error: u64,
}

/// From their clock to ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conversion {
    before: Estimate,
    after: Estimate,
}

impl Estimate {
    /// The quickest of `exchanges`; `None` if there are none.
    pub(crate) fn of(exchanges: &[Exchange]) -> Option<Self> {
        let best = exchanges.iter().min_by_key(|one| one.received.saturating_sub(one.sent))?;
        let trip = best.received.saturating_sub(best.sent);
        let at = best.sent + trip / 2;
        let offset = i64::try_from(i128::from(best.theirs) - i128::from(at)).unwrap_or_default();
        // Half the round trip, and what integer division lost.
        Some(Self { at, offset, error: trip / 2 + 1 })
    }
}

impl Conversion {
    pub(crate) fn between(before: Estimate, after: Estimate) -> Self {
        Self { before, after }
    }

    /// Their instant on our clock; the start for one before it.
    pub(crate) fn ours(&self, theirs: u64) -> u64 {
        let (from, to) = (self.before.at, self.after.at.max(self.before.at + 1));
        let guess = theirs.saturating_add_signed(self.before.offset.saturating_neg());
        let passed = guess.clamp(from, to) - from;
        let drift = i128::from(self.drift()) * i128::from(passed) / i128::from(to - from);
        let offset = i128::from(self.before.offset) + drift;
        u64::try_from((i128::from(theirs) - offset).max(0)).unwrap_or(u64::MAX)
    }

    /// How much the offset changed, in nanoseconds.
    pub(crate) fn drift(&self) -> i64 {
        self.after.offset.saturating_sub(self.before.offset)
    }

    /// At most so far is a converted instant from the truth, in nanoseconds: the worse of both
    /// estimates, and the whole drift, because nobody knows when it happened.
    pub(crate) fn error(&self) -> u64 {
        self.before.error.max(self.after.error).saturating_add(self.drift().unsigned_abs())
    }

    /// An instant of theirs on our clock after `zero`, no finer than it is known.
    pub(crate) fn withheld(&self, theirs: u64, zero: u64) -> u64 {
        let (after, grain) = (self.ours(theirs).saturating_sub(zero), self.error().max(1));
        (after + grain / 2) / grain * grain
    }

    /// What `machine.json` says of it.
    pub(crate) fn recorded(&self, contender: &str, url: &str) -> StandingClock {
        let ms = |ns: f64| ns / 1e6;
        StandingClock {
            contender: contender.to_owned(),
            url: url.to_owned(),
            offset_before_ms: ms(self.before.offset as f64),
            offset_after_ms: ms(self.after.offset as f64),
            error_ms: ms(self.error() as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Conversion, Estimate, Exchange};

    /// An exchange at `at` with a clock that is `ahead`, `there` ns on the way and `back` ns back.
    fn exchange(at: u64, ahead: u64, there: u64, back: u64) -> Exchange {
        Exchange { sent: at, theirs: at + there + ahead, received: at + there + back }
    }

    #[test]
    fn the_quickest_exchange_bounds_the_error_however_the_ways_differ() {
        for (there, back) in [(100, 100), (0, 900), (900, 0), (50, 51)] {
            let exchanges = [
                exchange(1_000, 5_000_000, 80_000, 3),
                exchange(2_000, 5_000_000, there, back),
                exchange(3_000, 5_000_000, 2, 70_000),
            ];
            let estimate = Estimate::of(&exchanges).unwrap();
            let off = estimate.offset.abs_diff(5_000_000);
            assert!(off <= estimate.error && estimate.error <= 451, "{estimate:?}");
        }
        assert_eq!(Estimate::of(&[]), None);
    }

    #[test]
    fn instants_are_converted_along_the_drift_and_known_no_finer_than_the_error() {
        let before = Estimate::of(&[exchange(1_000_000, 7_000, 10, 10)]).unwrap();
        let after = Estimate::of(&[exchange(9_000_000, 9_000, 10, 10)]).unwrap();
        let clock = Conversion::between(before, after);
        assert_eq!((clock.drift(), clock.error()), (2_000, 2_011));
        assert!(clock.ours(5_008_000).abs_diff(5_000_000) <= clock.error());
        assert!(clock.ours(1_007_010).abs_diff(1_000_010) <= 11);
        assert_eq!(clock.ours(10), 0, "before our clock began");
        let said = clock.withheld(5_008_000, 1_000_000);
        assert_eq!(said % clock.error(), 0);
        assert!(said.abs_diff(4_000_000) <= 2 * clock.error());
    }
}
