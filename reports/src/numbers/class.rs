//! The class of a fault: the requests that it could have hit, and those that it did, in two orders.
//!
//! By intended instant, with running sums: who was exposed, and what was normal before. By the instant at which they
//! were hit, with the number that were not good in each window of 20: where spells are looked for. Faults with the same
//! class share it. It must never know which fault asks.

use super::calm::{BEFORE_NS, Calm};
use super::spell::WINDOW;
use crate::tables::requests::{Request, Requests};

/// Fewest requests of which a share says something.
pub(crate) const REQUESTS_MIN: u64 = 20;

/// What a class needs to know of each request of a contender, by position.
#[derive(Debug)]
pub(crate) struct Lives {
    /// When it counts as hit: as intended, or when the latest row began that it met and that began later.
    pub(crate) instants: Vec<u64>,
    /// Whether it lived wholly in calm time.
    pub(crate) calm: Vec<bool>,
}

impl Lives {
    /// `hit_ns` says when the latest of the rows began that the request at a position met, if it met any.
    pub(crate) fn of(
        requests: &Requests,
        calm: &Calm,
        hit_ns: impl Fn(usize) -> Option<u64>,
    ) -> Self {
        let rows = || requests.rows.iter().enumerate();
        let instant = |(at, request): (usize, &Request)| {
            hit_ns(at).map_or(request.intended_ns, |hit| hit.max(request.intended_ns))
        };
        let lived = |(_, request): (usize, &Request)| {
            calm.lived(request.intended_ns, lived_until_ns(request))
        };
        Self { instants: rows().map(instant).collect(), calm: rows().map(lived).collect() }
    }
}

/// One that was never sent lived at its intended instant alone.
fn lived_until_ns(request: &Request) -> u64 {
    match (request.end_ns, request.sent_ns) {
        (Some(end_ns), _) => end_ns.max(request.intended_ns),
        (None, Some(_)) => u64::MAX,
        (None, None) => request.intended_ns,
    }
}

/// Requests of one class.
#[derive(Debug, Default)]
pub(crate) struct Class {
    /// Intended instants, in order, and running sums over as many requests.
    intended: Vec<u64>,
    sums: Vec<Sums>,
    /// Positions of the requests, by instant, then by number.
    pub(crate) by_instant: Vec<usize>,
    /// Their instants.
    pub(crate) instants: Vec<u64>,
    /// Whether each was not good.
    pub(crate) bad: Vec<bool>,
    /// How many of the 20 requests from each on were not good.
    pub(crate) windows: Vec<u8>,
}

/// Over the requests so far.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    succeeded: u64,
    calm: u64,
    calm_bad: u64,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) hits: u64,
    pub(crate) all: u64,
}

impl Class {
    /// The class of the requests at these positions, in ascending order.
    pub(crate) fn of(requests: &Requests, lives: &Lives, members: &[usize]) -> Self {
        let mut class = Self::default();
        let mut sums = Sums::default();
        class.sums.push(sums);
        for &at in members {
            let request = &requests.rows[at];
            sums.succeeded += u64::from(request.succeeded());
            sums.calm += u64::from(lives.calm[at]);
            sums.calm_bad += u64::from(lives.calm[at] && !request.good);
            class.intended.push(request.intended_ns);
            class.sums.push(sums);
        }
        class.by_instant = members.to_vec();
        class.by_instant.sort_by_key(|&at| (lives.instants[at], requests.rows[at].id));
        class.instants = class.by_instant.iter().map(|&at| lives.instants[at]).collect();
        class.bad = class.by_instant.iter().map(|&at| !requests.rows[at].good).collect();
        let count = |window: &[bool]| window.iter().map(|bad| u8::from(*bad)).sum();
        class.windows = class.bad.windows(WINDOW).map(count).collect();
        class
    }

    /// How many requests it has.
    pub(crate) fn len(&self) -> usize {
        self.intended.len()
    }

    /// Successes among the requests that were intended in `[from_ns, to_ns)`.
    pub(crate) fn succeeded_between(&self, from_ns: u64, to_ns: u64) -> Count {
        let (from, to) = (self.before(from_ns), self.before(to_ns));
        match from < to {
            true => Count {
                hits: self.sums[to].succeeded - self.sums[from].succeeded,
                all: (to - from) as u64,
            },
            false => Count::default(),
        }
    }

    /// Who was not good among those that lived in calm time before `start_ns`: in the last 60 s, or, where these are too
    /// few, ever. `None` where those are too few as well.
    pub(crate) fn calm_before(&self, start_ns: u64) -> Option<Count> {
        let until = &self.sums[self.before(start_ns)];
        let near = &self.sums[self.before(start_ns.saturating_sub(BEFORE_NS))];
        let ever = Sums::default();
        let between = |from: &Sums| Count {
            hits: until.calm_bad - from.calm_bad,
            all: until.calm - from.calm,
        };
        [near, &ever].into_iter().map(between).find(|count| count.all >= REQUESTS_MIN)
    }

    /// Who was not good among all that lived in calm time; `None` where these are too few.
    pub(crate) fn calm(&self) -> Option<Count> {
        let all = self.sums.last().map(|sums| Count { hits: sums.calm_bad, all: sums.calm });
        all.filter(|count| count.all >= REQUESTS_MIN)
    }

    /// End of the grace of a window that ends at `to_ns`: the later of 5 s after it and the 20th request from it on; the
    /// end of the schedule where there are fewer.
    pub(crate) fn grace_ns(&self, to_ns: u64, schedule_ns: u64) -> u64 {
        let first = self.instants.partition_point(|at| *at < to_ns);
        let twentieth = self.instants.get(first + WINDOW - 1).copied();
        twentieth.unwrap_or(schedule_ns).max(to_ns.saturating_add(GRACE_NS))
    }

    /// Requests with an instant at or after `from_ns`.
    pub(crate) fn left_from(&self, from_ns: u64) -> usize {
        self.instants.len() - self.instants.partition_point(|at| *at < from_ns)
    }

    /// Windows whose last request has its instant in `[from_ns, to_ns]`.
    pub(crate) fn windows_ending_in(&self, from_ns: u64, to_ns: u64) -> usize {
        let last = self.instants.get(WINDOW - 1..).unwrap_or_default();
        let (from, to) =
            (last.partition_point(|at| *at < from_ns), last.partition_point(|at| *at <= to_ns));
        to.saturating_sub(from)
    }

    /// Requests that were intended before an instant.
    fn before(&self, at_ns: u64) -> usize {
        self.intended.partition_point(|intended| *intended < at_ns)
    }
}

/// Shortest grace after a window: 5 s.
const GRACE_NS: u64 = 5_000_000_000;

impl Count {
    /// `hits / all`; of nobody, none.
    pub(crate) fn share(self) -> f64 {
        if self.all == 0 { 0.0 } else { self.hits as f64 / self.all as f64 }
    }
}
