//! Calm: the time in which no row's window is open. What was normal is measured in it.
//!
//! An `apply` takes no time, but who was open at its instant did not live in calm time. It must never know a request.

use record::RunInfo;

use super::fault_row::FaultRow;
use crate::tables::ledger::is_warmup;

/// Nanoseconds per second.
pub(crate) const NS_PER_S: f64 = 1e9;

/// How far back "before" reaches: 60 s.
pub(crate) const BEFORE_NS: u64 = 60_000_000_000;

/// When it was calm for one contender.
#[derive(Debug)]
pub(crate) struct Calm {
    /// Windows of rows, joined where they overlap, in order; instants as windows of one nanosecond.
    open: Vec<(u64, u64)>,
    /// Calm time outside warm-up, in pieces, in order.
    steady: Vec<(u64, u64)>,
}

impl Calm {
    /// The calm of a contender with these rows.
    pub(crate) fn new(run: &RunInfo, rows: &[FaultRow]) -> Self {
        let windows = rows.iter().filter(|row| row.is_here()).map(|row| (row.from_ns, row.to_ns));
        let windows: Vec<(u64, u64)> = windows.collect();
        let open = joined(windows.iter().map(|&(from, to)| (from, to.max(from.saturating_add(1)))));
        let busy = windows.into_iter().filter(|(from, to)| from < to).chain(warmups(run));
        let steady = gaps(&joined(busy), run.scenario.duration_ns);
        Self { open, steady }
    }

    /// Whether who lived from `from_ns` to `to_ns`, both included, lived wholly in calm time.
    pub(crate) fn lived(&self, from_ns: u64, to_ns: u64) -> bool {
        let next = self.open.partition_point(|(_, to)| *to <= from_ns);
        self.open.get(next).is_none_or(|(from, _)| *from > to_ns)
    }

    /// The pieces of calm time outside warm-up in the 60 s before `start_ns`.
    pub(crate) fn steady_before(&self, start_ns: u64) -> Vec<(u64, u64)> {
        let from_ns = start_ns.saturating_sub(BEFORE_NS);
        let first = self.steady.partition_point(|(_, to)| *to <= from_ns);
        let near = self.steady[first..].iter().take_while(|(from, _)| *from < start_ns);
        near.map(|(from, to)| (*from.max(&from_ns), *to.min(&start_ns))).collect()
    }
}

/// Times that belong to warm-up and to no measured phase.
fn warmups(run: &RunInfo) -> Vec<(u64, u64)> {
    let mut cuts: Vec<u64> =
        run.phases.iter().flat_map(|phase| [phase.from_ns, phase.to_ns]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    // Between two cuts nothing changes, so the first instant speaks for all.
    let pieces = cuts.windows(2).map(|pair| (pair[0], pair[1]));
    pieces.filter(|(from, _)| is_warmup(run, *from)).collect()
}

/// The same time in windows that neither overlap nor touch, in order.
fn joined(windows: impl IntoIterator<Item = (u64, u64)>) -> Vec<(u64, u64)> {
    let mut windows: Vec<(u64, u64)> = windows.into_iter().collect();
    windows.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::with_capacity(windows.len());
    for (from, to) in windows {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            Some(_) | None => joined.push((from, to)),
        }
    }
    joined
}

/// What lies between these windows, from the start to `end_ns`.
fn gaps(windows: &[(u64, u64)], end_ns: u64) -> Vec<(u64, u64)> {
    let ends = std::iter::once(0).chain(windows.iter().map(|(_, to)| *to));
    let starts = windows.iter().map(|(from, _)| *from).chain(std::iter::once(end_ns));
    let gaps = ends.zip(starts).map(|(from, to)| (from, to.min(end_ns)));
    gaps.filter(|(from, to)| from < to).collect()
}

#[cfg(test)]
mod tests {
    use super::{Calm, gaps, joined};

    #[test]
    fn windows_that_touch_are_one_and_the_rest_is_between_them() {
        let windows = joined([(30, 40), (10, 20), (20, 25), (12, 15)]);
        assert_eq!(windows, [(10, 25), (30, 40)]);
        assert_eq!(gaps(&windows, 50), [(0, 10), (25, 30), (40, 50)]);
        assert_eq!(gaps(&windows, 35), [(0, 10), (25, 30)]);
    }

    #[test]
    fn who_touches_a_window_did_not_live_in_calm_time() {
        let calm = Calm { open: vec![(10, 20), (30, 31)], steady: Vec::new() };
        for (from, to, lived) in [
            (0, 9, true),
            (0, 10, false),
            (5, 25, false),
            (19, 19, false),
            (20, 29, true),
            (25, 30, false),
            (31, 99, true),
        ] {
            assert_eq!(calm.lived(from, to), lived, "{from} to {to}");
        }
    }

    #[test]
    fn before_is_the_last_minute_of_it() {
        let s = 1_000_000_000;
        let steady = vec![(0, 10 * s), (20 * s, 50 * s), (60 * s, 75 * s), (90 * s, 99 * s)];
        let calm = Calm { open: Vec::new(), steady };
        assert_eq!(calm.steady_before(80 * s), [(20 * s, 50 * s), (60 * s, 75 * s)]);
        assert_eq!(calm.steady_before(70 * s), [(20 * s, 50 * s), (60 * s, 70 * s)]);
        assert_eq!(calm.steady_before(5 * s), [(0, 5 * s)]);
        assert_eq!(calm.steady_before(0), []);
    }
}
