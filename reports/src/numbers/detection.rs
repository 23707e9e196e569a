//! When was a target left alone? Detection and flaps, from the instants of the attempts at it.
//!
//! *Detected*: the last attempt before the target was left alone. The first attempt, from the first
//! that met the fault on, that is followed by a quiet window (w with at most two more) opens the
//! silence; if one of those two is itself followed by such a window, it was the last. Two are let
//! pass because a half-open probe or a retry already in flight is not a relapse. *Flap*: a silence
//! that a third attempt within w breaks while the fault still lasts.

/// Attempts at the target that a quiet window may hold.
const STRAGGLERS_MAX: usize = 2;

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silence {
    /// Quiet window w, in nanoseconds.
    pub(crate) window_ns: u64,
    /// End of the fault: detection after it is none.
    pub(crate) until_ns: u64,
    /// End of the schedule: silence that reaches beyond it proves nothing.
    pub(crate) traffic_ends_ns: u64,
}

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Detection {
    /// Instant of detection.
    pub(crate) detected_ns: Option<u64>,
    /// Quiet windows broken before the fault ended.
    pub(crate) flaps: u64,
}

/// Watches `arrivals` (instants of attempts at the target, in order, from the first that met the
/// fault on).
pub(crate) fn watch(arrivals: &[u64], watch: Silence) -> Detection {
    let mut seen = Detection { detected_ns: None, flaps: 0 };
    let mut at = 0;
    // Each turn moves `at` forward, past one quiet window.
    while let Some(quiet_from) = next_quiet(arrivals, at, watch) {
        seen.detected_ns.get_or_insert(arrivals[quiet_from]);
        let Some(broken_at) = next_break(arrivals, quiet_from, watch) else { break };
        seen.flaps += 1;
        at = broken_at;
    }
    seen
}

/// The last attempt before the next silence, from `at` on.
fn next_quiet(arrivals: &[u64], at: usize, watch: Silence) -> Option<usize> {
    let within = |i: usize| arrivals[i] < watch.until_ns;
    let opens = |&i: &usize| {
        let ends = arrivals[i].saturating_add(watch.window_ns);
        ends <= watch.traffic_ends_ns && stragglers(arrivals, i, watch) <= STRAGGLERS_MAX
    };
    let first = (at..arrivals.len()).take_while(|&i| within(i)).find(opens)?;
    let last = first + stragglers(arrivals, first, watch);
    (first..=last).rev().filter(|&i| within(i)).find(opens)
}

/// Attempts within w after the i-th.
fn stragglers(arrivals: &[u64], i: usize, watch: Silence) -> usize {
    let ends = arrivals[i].saturating_add(watch.window_ns);
    arrivals[i + 1..].partition_point(|&later| later <= ends)
}

/// The first attempt after `quiet_from` that is one too many within w, before the fault ended.
fn next_break(arrivals: &[u64], quiet_from: usize, watch: Silence) -> Option<usize> {
    let third = quiet_from + 1 + STRAGGLERS_MAX;
    (third..arrivals.len())
        .take_while(|&i| arrivals[i] < watch.until_ns)
        .find(|&i| arrivals[i].saturating_sub(arrivals[i - STRAGGLERS_MAX]) < watch.window_ns)
}

#[cfg(test)]
mod tests {
    use super::{Detection, Silence, watch};

    const WATCH: Silence = Silence { window_ns: 10, until_ns: 100, traffic_ends_ns: 200 };

    #[test]
    fn silence_after_a_burst_is_detected_at_its_last_attempt() {
        let seen = watch(&[0, 1, 2, 3, 4, 5], WATCH);
        assert_eq!(seen, Detection { detected_ns: Some(5), flaps: 0 });
    }

    #[test]
    fn steady_traffic_is_never_detected() {
        let steady: Vec<u64> = (0..100).map(|i| i * 2).collect();
        assert_eq!(watch(&steady, WATCH), Detection { detected_ns: None, flaps: 0 });
    }

    #[test]
    fn a_probe_per_window_is_no_flap_but_a_burst_is() {
        let probes = [0, 1, 2, 3, 15, 27, 39, 51, 63, 75, 87, 99];
        assert_eq!(watch(&probes, WATCH), Detection { detected_ns: Some(3), flaps: 0 });
        let relapse = [0, 1, 2, 3, 30, 31, 32, 33, 60, 61, 62, 63];
        assert_eq!(watch(&relapse, WATCH), Detection { detected_ns: Some(3), flaps: 2 });
    }

    #[test]
    fn stragglers_after_the_last_attempt_are_no_relapse() {
        let told = watch(&[0, 8, 9, 17, 18, 40], WATCH);
        assert_eq!(told, Detection { detected_ns: Some(9), flaps: 0 });
        let at_its_end = watch(&[0, 10, 10, 10], WATCH);
        assert_eq!(at_its_end.detected_ns, Some(10), "the window's last instant is in it");
    }

    #[test]
    fn what_comes_as_the_fault_ends_is_no_detection_and_no_flap() {
        assert_eq!(watch(&[90, 100], WATCH), Detection { detected_ns: Some(90), flaps: 0 });
        assert_eq!(watch(&[0, 97, 98, 100], WATCH), Detection { detected_ns: Some(0), flaps: 0 });
        assert_eq!(watch(&[0, 97, 98, 99], WATCH), Detection { detected_ns: Some(0), flaps: 1 });
    }

    #[test]
    fn silence_that_the_end_of_traffic_causes_proves_nothing() {
        let late = Silence { window_ns: 10, until_ns: 200, traffic_ends_ns: 105 };
        assert_eq!(watch(&[96, 97, 98, 99], late).detected_ns, None);
        assert_eq!(watch(&[95], late).detected_ns, Some(95), "it ends with the window");
    }
}
