//! When was a target left alone? From the attempts at it, before the fault and while it lasted.
//!
//! *Detected*: the first instant from which on at most a quarter of the attempts came that came before: over the rest of
//! the fault, and at every moment of the quiet window that follows. Over the rest alone it would be met at once, because an
//! hour's fault has room for all attempts of its first minutes. *Flap*: after a silence, more than half as many came
//! back. It must never know who asked, or what the attempts were for.

use super::spell::EPSILON;
use crate::report::Measured;

/// Attempts that a quiet window would normally see: with 15 expected, a quarter of them or fewer come by chance once
/// in 4,700 windows (Poisson).
const EXPECTED_MIN: f64 = 15.0;

/// Shortest quiet window: 1 s.
const QUIET_NS_MIN: f64 = 1e9;

/// So many times the longest time without an attempt before is a quiet window: a lull is no detection.
const LULLS: f64 = 3.0;

/// A silence that the end of the fault cuts to less than this part of a quiet window is none: they asked to the end. One
/// that it cuts to more may have been one.
const CUT_SHORT: f64 = 1.0 / LULLS;

/// Part of the rate before that silence may have.
const SILENT: f64 = 0.25;

/// Part of the rate before from which on the target is in use again.
const BUSY: f64 = 0.5;

/// How often a target was asked before a fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Habit {
    /// λ: attempts per nanosecond.
    pub(crate) per_ns: f64,
    /// w: how long a silence must last, in nanoseconds.
    pub(crate) quiet_ns: u64,
}

impl Habit {
    /// From the arrivals in pieces of time; `None` without any. `arrivals` are in order, and may hold others.
    pub(crate) fn of(arrivals: &[u64], pieces: &[(u64, u64)]) -> Option<Self> {
        let (mut hits, mut time_ns, mut longest_ns) = (0, 0, 0);
        for &(from, to) in pieces {
            let mut last = from;
            let first = arrivals.partition_point(|at| *at < from);
            for &at in arrivals[first..].iter().take_while(|at| **at < to) {
                hits += 1;
                longest_ns = (at - last).max(longest_ns);
                last = at;
            }
            longest_ns = (to - last).max(longest_ns);
            time_ns += to - from;
        }
        if hits == 0 {
            return None;
        }
        let per_ns = f64::from(hits) / time_ns as f64;
        let quiet_ns =
            QUIET_NS_MIN.max(EXPECTED_MIN / per_ns).max(LULLS * longest_ns as f64).round() as u64;
        Some(Self { per_ns, quiet_ns })
    }

    /// Whether silence of so long can be told from chance.
    pub(crate) fn is_enough_for(self, lasts_ns: u64) -> bool {
        self.per_ns * lasts_ns as f64 >= EXPECTED_MIN - EPSILON
    }

    /// Attempts that are expected in so long.
    fn expected(self, lasts_ns: u64) -> f64 {
        self.per_ns * lasts_ns as f64
    }
}

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Detection {
    /// Instant of detection.
    pub(crate) detected_ns: Option<u64>,
    /// Silences that were broken before the fault ended.
    pub(crate) flaps: u64,
}

/// Watches a target from the first failure of an attempt at it, `failed_ns`, to the end of the fault, `to_ns`.
/// `arrivals` are those of the attempts at it, in order. Too few if the fault ended while the target was left alone, but
/// not yet for long enough.
pub(crate) fn watch(
    arrivals: &[u64],
    habit: Habit,
    (failed_ns, to_ns): (Option<u64>, u64),
) -> Measured<Detection> {
    let Some(failed_ns) = failed_ns.filter(|failed| *failed < to_ns) else {
        return Measured::Known(Detection { detected_ns: None, flaps: 0 });
    };
    let after = arrivals.partition_point(|at| *at <= failed_ns);
    let until = arrivals.partition_point(|at| *at < to_ns).max(after);
    let later = &arrivals[after..until];
    let silent_from = left_alone(later, habit, (failed_ns, to_ns));
    let lasted = silent_from.map_or(0, |at| to_ns - at);
    let detected_ns = silent_from.filter(|_| lasted >= habit.quiet_ns);
    if detected_ns.is_none() && lasted as f64 >= CUT_SHORT * habit.quiet_ns as f64 {
        return Measured::TooFew;
    }
    let flaps = flaps(later, habit, (failed_ns, to_ns));
    Measured::Known(Detection { detected_ns, flaps })
}

/// The failure itself, or the first arrival after it, from which on arrivals stay under a quarter of the rate. Between two
/// arrivals what is allowed only grows with the time, so no other instant can be the first.
fn left_alone(later: &[u64], habit: Habit, (failed_ns, to_ns): (u64, u64)) -> Option<u64> {
    let allowed = |lasts_ns: u64| SILENT * habit.expected(lasts_ns) + EPSILON;
    let is_silent = |at: &u64| {
        // Those of one instant are all behind it.
        let left = &later[later.partition_point(|other| other <= at)..];
        let next = left.iter().take_while(|next| **next - at <= habit.quiet_ns);
        left.len() as f64 <= allowed(to_ns - at)
            && (1_u32..).zip(next).all(|(so_far, next)| f64::from(so_far) <= allowed(next - at))
    };
    std::iter::once(failed_ns).chain(later.iter().copied()).find(is_silent)
}

fn flaps(later: &[u64], habit: Habit, (failed_ns, to_ns): (u64, u64)) -> u64 {
    let (silent, busy) =
        (SILENT * habit.expected(habit.quiet_ns), BUSY * habit.expected(habit.quiet_ns));
    let count = |from: usize, to: usize| to.saturating_sub(from) as f64;
    let behind = |at: u64| later.partition_point(|other| *other <= at);
    let (mut flaps, mut from) = (0, Some(failed_ns));
    // Each turn goes on at an arrival behind the one before.
    while let Some(start) = from {
        let starts = std::iter::once(start).chain(later[behind(start)..].iter().copied());
        let in_time = starts.take_while(|at| at.saturating_add(habit.quiet_ns) <= to_ns);
        let is_silent =
            |at: &u64| count(behind(*at), behind(at + habit.quiet_ns)) <= silent + EPSILON;
        let Some(silence) = in_time.into_iter().find(is_silent) else { break };
        let first = behind(silence);
        let is_busy = |at: &usize| {
            let window = behind(later[*at].saturating_sub(habit.quiet_ns)).max(first);
            count(window, behind(later[*at])) > busy + EPSILON
        };
        from = (first..later.len()).find(is_busy).map(|at| later[at]);
        flaps += u64::from(from.is_some());
    }
    flaps
}

#[cfg(test)]
mod tests {
    use super::{Detection, Habit, watch};
    use crate::report::Measured;

    const S: u64 = 1_000_000_000;

    /// One attempt a second: w is 15 s, four in it are silence, more than seven are use.
    const HABIT: Habit = Habit { per_ns: 1e-9, quiet_ns: 15 * S };

    fn every(step_s: u64, (from_s, to_s): (u64, u64)) -> Vec<u64> {
        (from_s..to_s).step_by(step_s as usize).map(|at| at * S).collect()
    }

    fn seen(arrivals: &[u64]) -> Detection {
        watch(arrivals, HABIT, (Some(100 * S), 200 * S)).known().expect("told")
    }

    #[test]
    fn a_habit_is_a_rate_and_a_silence_that_breaks_it() {
        let steady = Habit::of(&every(1, (0, 60)), &[(0, 60 * S)]).expect("attempts");
        assert_eq!(steady.quiet_ns, 15 * S);
        assert!((steady.per_ns * 1e9 - 1.0).abs() < 1e-12);
        let busy: Vec<u64> = (0..6_000).map(|at| at * S / 100).collect();
        assert_eq!(Habit::of(&busy, &[(0, 60 * S)]).expect("attempts").quiet_ns, S);
        // A burst of 60 a second for two seconds of ten: 12 a second, and a lull of almost eight seconds.
        let burst: Vec<u64> = (0..120).map(|at| at * S / 60).collect();
        let bursty = Habit::of(&burst, &[(0, 10 * S)]).expect("attempts");
        assert_eq!(bursty.quiet_ns, 3 * (10 * S - 119 * S / 60));
        assert_eq!(Habit::of(&burst, &[(3 * S, 9 * S)]), None);
        assert_eq!(Habit::of(&burst, &[]), None);
    }

    #[test]
    fn a_lull_is_of_one_piece_its_edges_included() {
        let arrivals = [10 * S, 11 * S, 30 * S];
        let pieces = [(0, 12 * S), (29 * S, 32 * S)];
        let habit = Habit::of(&arrivals, &pieces).expect("attempts");
        assert_eq!(habit.quiet_ns, 75 * S, "15 attempts at 3 in 15 s");
        let edge = Habit::of(&every(1, (10, 100)), &[(0, 100 * S)]).expect("attempts");
        assert_eq!(edge.quiet_ns, 30 * S, "three times the ten seconds before the first");
    }

    #[test]
    fn detection_is_the_last_attempt_before_silence() {
        let arrivals = every(1, (0, 110));
        assert_eq!(seen(&arrivals), Detection { detected_ns: Some(109 * S), flaps: 0 });
        let never_again = every(1, (0, 100));
        assert_eq!(seen(&never_again).detected_ns, Some(100 * S), "the failure itself");
    }

    #[test]
    fn steady_traffic_is_never_detected_and_a_probe_now_and_then_is_silence() {
        assert_eq!(seen(&every(1, (0, 300))), Detection { detected_ns: None, flaps: 0 });
        let probes = [every(1, (0, 105)), every(5, (105, 200))].concat();
        // A fifth of the rate before, from the first probe on, which came at the old pace.
        assert_eq!(seen(&probes), Detection { detected_ns: Some(105 * S), flaps: 0 });
        let too_many = [every(1, (0, 105)), every(3, (105, 300))].concat();
        assert_eq!(seen(&too_many).detected_ns, None);
    }

    #[test]
    fn what_comes_back_is_a_flap_and_what_is_used_again_was_not_detected_before() {
        let relapse = [every(1, (0, 102)), every(1, (130, 140)), every(1, (170, 180))].concat();
        assert_eq!(seen(&relapse), Detection { detected_ns: Some(101 * S), flaps: 2 });
        // A quiet quarter of a minute, and then as before: nobody left it alone.
        let lull = [every(1, (0, 102)), every(1, (120, 200))].concat();
        assert_eq!(seen(&lull), Detection { detected_ns: None, flaps: 1 });
    }

    #[test]
    fn a_long_fault_does_not_excuse_the_attempts_of_its_first_seconds() {
        // 40 attempts in an hour are few; but they came in the first 40 seconds.
        let arrivals = every(1, (0, 140));
        let long = watch(&arrivals, HABIT, (Some(100 * S), 3_700 * S));
        assert_eq!(long.map(|seen| seen.detected_ns), Measured::Known(Some(139 * S)));
    }

    #[test]
    fn silence_that_the_faults_end_cuts_short_proves_nothing() {
        assert_eq!(seen(&every(1, (0, 186))).detected_ns, Some(185 * S));
        for cut_short in [187, 196] {
            // 14 s are left, or five.
            let told = watch(&every(1, (0, cut_short)), HABIT, (Some(100 * S), 200 * S));
            assert_eq!(told, Measured::TooFew, "{cut_short}");
        }
        assert_eq!(seen(&every(1, (0, 197))).detected_ns, None, "they asked to the end");
    }

    #[test]
    fn without_a_failure_there_is_nothing_to_detect() {
        let arrivals = every(1, (0, 110));
        for failed_ns in [None, Some(200 * S)] {
            let none = watch(&arrivals, HABIT, (failed_ns, 200 * S));
            assert_eq!(none, Measured::Known(Detection { detected_ns: None, flaps: 0 }));
        }
    }
}
