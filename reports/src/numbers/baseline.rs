//! What was normal before a fault: the last 30 s before it, without warm-up and other faults.

use record::RunInfo;

use crate::tables::ledger::{Ledger, is_warmup};

/// Nanoseconds per second.
pub(crate) const NS_PER_S: f64 = 1e9;

/// How far back "before" reaches: 30 s.
const BEFORE_NS: u64 = 30_000_000_000;

/// Attempts that a quiet window would normally see: with 15 expected, two or fewer come by chance
/// once in 25,000 windows (Poisson).
const EXPECTED_MIN: f64 = 15.0;

/// Shortest quiet window, in nanoseconds.
const QUIET_NS_MIN: u64 = 1_000_000_000;

/// The stretches of time that count as "before" one fault.
#[derive(Debug)]
pub(crate) struct Before {
    /// In order, not overlapping.
    pub(crate) stretches: Vec<(u64, u64)>,
}

impl Before {
    /// The 30 s before the fault at `fault`, less warm-up and every other fault.
    pub(crate) fn fault(run: &RunInfo, fault: usize) -> Self {
        let start = run.faults[fault].from_ns;
        let from = start.saturating_sub(BEFORE_NS);
        let mut cuts = vec![from, start];
        let others: Vec<_> =
            run.faults.iter().enumerate().filter(|(at, _)| *at != fault).map(|(_, f)| f).collect();
        cuts.extend(others.iter().flat_map(|other| [other.from_ns, other.to_ns]));
        cuts.extend(run.phases.iter().flat_map(|phase| [phase.from_ns, phase.to_ns]));
        cuts.retain(|cut| (from..=start).contains(cut));
        cuts.sort_unstable();
        cuts.dedup();
        // Between two cuts nothing changes, so its first instant speaks for the whole stretch.
        let stretches = cuts.windows(2).map(|pair| (pair[0], pair[1])).filter(|&(at, _)| {
            !is_warmup(run, at) && !others.iter().any(|f| (f.from_ns..f.to_ns).contains(&at))
        });
        Self { stretches: stretches.collect() }
    }

    /// Length of all stretches, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        self.stretches.iter().map(|(from, to)| to - from).sum::<u64>() as f64 / NS_PER_S
    }

    /// Attempts at one of `targets`, and at all deployments, that `caller` admits.
    pub(crate) fn attempts(
        &self,
        ledger: &Ledger,
        targets: &[usize],
        caller: Option<usize>,
    ) -> (u64, u64) {
        let (mut at_target, mut all) = (0, 0);
        for &(from, to) in &self.stretches {
            let first = ledger.attempts.partition_point(|attempt| attempt.arrived_ns < from);
            let inside = ledger.attempts[first..].iter().take_while(|a| a.arrived_ns < to);
            for attempt in inside.filter(|a| caller.is_none_or(|caller| a.gateway == caller)) {
                all += 1;
                at_target += u64::from(targets.contains(&attempt.deployment));
            }
        }
        (at_target, all)
    }
}

/// How long a target must be left alone to count as left: `max(1 s, 15/λ)`, in nanoseconds.
/// `None` where λ × `lasts_s` is under 15: too few attempts to tell silence from chance.
pub(crate) fn quiet_ns(attempts_per_s: f64, lasts_s: f64) -> Option<u64> {
    (attempts_per_s * lasts_s >= EXPECTED_MIN).then(|| window_ns(attempts_per_s)).flatten()
}

/// The same window without the condition; `None` without any attempt before.
pub(crate) fn window_ns(attempts_per_s: f64) -> Option<u64> {
    (attempts_per_s > 0.0).then(|| {
        let ns = (EXPECTED_MIN / attempts_per_s * NS_PER_S).round() as u64;
        ns.max(QUIET_NS_MIN)
    })
}
