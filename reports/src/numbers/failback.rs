//! When did a target have its share of the attempts back? From all attempts after a fault. It must never know why one
//! came.

use super::spell::EPSILON;

/// A target has its share back if it is within this part of the share before.
const PART: f64 = 1.0 / 3.0;

/// An attempt: when it arrived, and whether at the target.
pub(crate) type Arrival = (u64, bool);

/// Start of the first window of `window_ns` from `to_ns` on, and before the end of the schedule, in which the target has
/// its share again. Windows start at `to_ns` and at arrivals; `arrivals` are those from `to_ns` on, in order.
pub(crate) fn failed_back(
    arrivals: impl Iterator<Item = Arrival> + Clone,
    before: f64,
    (to_ns, window_ns, schedule_ns): (u64, u64, u64),
) -> Option<u64> {
    let (mut hits, mut all) = (0_u64, 0_u64);
    let mut inside = arrivals.clone().peekable();
    let mut gone = arrivals.clone().peekable();
    let starts = std::iter::once(to_ns).chain(arrivals.map(|(at, _)| at));
    // Both ends only move forward, so this is one pass.
    for start in starts {
        let end = start.saturating_add(window_ns);
        if end > schedule_ns {
            break;
        }
        while let Some((_, is_target)) = inside.next_if(|(at, _)| *at < end) {
            hits += u64::from(is_target);
            all += 1;
        }
        while let Some((_, is_target)) = gone.next_if(|(at, _)| *at < start) {
            hits -= u64::from(is_target);
            all -= 1;
        }
        let share = hits as f64 / all.max(1) as f64;
        if all > 0 && (share - before).abs() <= before * PART + EPSILON {
            return Some(start);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::failed_back;

    fn told(targets: &[bool], before: f64, schedule_ns: u64) -> Option<u64> {
        let arrivals = targets.iter().enumerate().map(|(at, target)| (10 + at as u64, *target));
        failed_back(arrivals, before, (10, 4, schedule_ns))
    }

    #[test]
    fn the_first_window_with_a_share_within_a_third_counts() {
        let late = [false, false, false, true, false, true, true, false];
        // Half before, so a third is enough: 2 of 4 first in the window that starts at the third.
        assert_eq!(told(&late, 0.5, 100), Some(12));
        assert_eq!(told(&late, 0.25, 100), Some(10), "1 of 4 at once");
        assert_eq!(told(&[true; 8], 0.5, 100), None, "too much is not its share");
    }

    #[test]
    fn a_window_that_the_end_of_the_schedule_cuts_is_none() {
        let late = [false, false, false, true, false, true, true, false];
        assert_eq!(told(&late, 0.5, 16), Some(12));
        assert_eq!(told(&late, 0.5, 15), None);
        assert_eq!(told(&[], 0.5, 100), None, "nobody asked anybody");
    }
}
