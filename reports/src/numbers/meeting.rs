//! Which judged requests met which rows.
//!
//! A request meets a row if an attempt of its own names it; or, where the row acts on gateway instances or on a link to
//! them, if it was open at one of these while that was acted on. It must never know how a request ended.

use std::path::Path;

use record::{DecisionRow, ReadError, RunInfo};

use super::fault_row::{FaultRow, Hit, Instances, instance_named};
use crate::reading;
use crate::tables::ledger::{Ledger, is_warmup};
use crate::tables::requests::{Request, Requests};

/// Who met what, both ways.
#[derive(Debug, Default)]
pub(crate) struct Meetings {
    /// Positions of requests by row, ascending.
    by_row: Vec<Vec<usize>>,
    /// Rows by position of the request, ascending; those of position `p` are `rows[starts[p]..starts[p + 1]]`.
    rows: Vec<usize>,
    starts: Vec<usize>,
    /// Dials outside warm-up that met a row and belong to nobody known, by row.
    pub(crate) unattributed: Vec<u64>,
}

impl Meetings {
    /// Of one contender; `places` says at which instances each request was.
    pub(crate) fn of(
        run: &RunInfo,
        rows: &[FaultRow],
        (requests, ledger): (&Requests, &Ledger),
        places: &[Instances],
    ) -> Self {
        let mut unattributed = vec![0; rows.len()];
        let mut pairs = open_at(rows, requests, places);
        for attempt in ledger.attempts.iter().filter(|attempt| attempt.met_any()) {
            let faults = &ledger.fault_sets[attempt.faults];
            match attempt.request.and_then(|request| requests.position(request)) {
                Some(at) if requests.rows[at].is_judged() => {
                    pairs.extend(faults.iter().map(|row| (at, *row)));
                }
                Some(_) => {}
                None if is_warmup(run, attempt.arrived_ns) => {}
                None => faults.iter().for_each(|row| unattributed[*row] += 1),
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut by_row = vec![Vec::new(); rows.len()];
        let mut starts = vec![0; requests.rows.len() + 1];
        for &(at, row) in &pairs {
            by_row[row].push(at);
            starts[at + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let rows = pairs.into_iter().map(|(_, row)| row).collect();
        Self { by_row, rows, starts, unattributed }
    }

    /// Positions of the requests that met a row, ascending.
    pub(crate) fn requests_of(&self, row: usize) -> &[usize] {
        &self.by_row[row]
    }

    /// The rows that the request at this position met, ascending.
    pub(crate) fn rows_of(&self, position: usize) -> &[usize] {
        &self.rows[self.starts[position]..self.starts[position + 1]]
    }
}

/// Who was open at an instance while it was acted on, as pairs of request and row.
fn open_at(rows: &[FaultRow], requests: &Requests, places: &[Instances]) -> Vec<(usize, usize)> {
    if rows.iter().all(|row| row.hits().is_empty()) {
        return Vec::new();
    }
    let judged = requests.rows.iter().enumerate().filter(|(_, request)| request.is_judged());
    let mut lives: Vec<Life> = judged.filter_map(|(at, request)| Life::of(at, request)).collect();
    lives.sort_unstable_by_key(|life| life.sent_ns);
    // The latest end so far never falls, so whoever comes before its first that is late enough is over, too.
    let mut latest = 0;
    let latest_ends: Vec<u64> = lives
        .iter()
        .map(|life| {
            latest = life.end_ns.max(latest);
            latest
        })
        .collect();
    let mut pairs = Vec::new();
    for (row, hit) in
        rows.iter().enumerate().flat_map(|(at, row)| row.hits().iter().map(move |hit| (at, hit)))
    {
        let Hit { instances, from_ns, to_ns } = *hit;
        let first = latest_ends.partition_point(|end| *end < from_ns);
        let begun = lives[first..].iter().take_while(|life| life.sent_ns < to_ns);
        let open = begun.filter(|life| life.end_ns >= from_ns);
        let there = open.filter(|life| places[life.position].meets(instances));
        pairs.extend(there.map(|life| (life.position, row)));
    }
    pairs
}

/// When a request was open, both ends included.
struct Life {
    position: usize,
    sent_ns: u64,
    end_ns: u64,
}

impl Life {
    /// One that was never sent was never open.
    fn of(position: usize, request: &Request) -> Option<Self> {
        let sent_ns = request.sent_ns?;
        Some(Self { position, sent_ns, end_ns: request.end_ns.unwrap_or(u64::MAX) })
    }
}

/// At which of its contender's instances each request was, by position: those that the ledger and the decisions name; at
/// all of them where nobody names one. Without rows that act on instances nobody asks, and nothing is read.
pub(crate) fn places(
    (rows, instances): (&[FaultRow], u32),
    (requests, ledger): (&Requests, &Ledger),
    decisions: Option<&Path>,
) -> Result<Vec<Instances>, ReadError> {
    let all = Instances::all(instances);
    let mut places = vec![Instances::default(); requests.rows.len()];
    let asked = rows.iter().any(|row| !row.hits().is_empty());
    if asked && instances > 1 {
        let callers: Vec<Instances> =
            ledger.gateways.all().iter().map(|name| instance_named(name)).collect();
        let mut named = |request: Option<u64>, who: Instances| {
            if let Some(at) = request.and_then(|request| requests.position(request)) {
                places[at] = places[at].and(who);
            }
        };
        for attempt in &ledger.attempts {
            named(attempt.request, callers[attempt.gateway]);
        }
        for row in decisions.map(reading::rows::<DecisionRow>).transpose()?.into_iter().flatten() {
            let row = row?;
            named(row.request, instance_named(&row.gateway));
        }
    }
    places.iter_mut().filter(|place| place.is_empty()).for_each(|place| *place = all);
    Ok(places)
}
