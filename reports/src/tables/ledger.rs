//! The ledger: one contender's `attempts.csv` in memory, in order of arrival.
//!
//! Names (deployments, gateways, sets of faults) are interned, so that an attempt takes about 100
//! bytes however long the ids are. Probes are counted and dropped.

use std::collections::BTreeMap;
use std::path::Path;

use record::{AttemptEnd, AttemptKind, AttemptRow, ReadError, RunInfo, Stage};

use crate::reading;

use super::requests::Requests;

/// All attempts of one contender that were meant as inference calls.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// In order of arrival.
    pub(crate) attempts: Vec<Attempt>,
    /// Deployment ids by number; those of the config first, in its order.
    pub(crate) deployments: Names,
    /// Callers by number.
    pub(crate) gateways: Names,
    /// Fault sets by number, as indices into `run.json`; number 0 is the empty set.
    pub(crate) fault_sets: Vec<Vec<usize>>,
    /// Probes outside warm-up: counted apart, in no other number.
    pub(crate) probes: u64,
}

/// One attempt.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) request: Option<u64>,
    pub(crate) visit: u32,
    pub(crate) stage: Stage,
    pub(crate) deployment: usize,
    pub(crate) gateway: usize,
    pub(crate) arrived_ns: u64,
    pub(crate) ended_ns: u64,
    pub(crate) ended: AttemptEnd,
    /// Its client left as planned, with what it had stayed for.
    pub(crate) left: bool,
    pub(crate) faults: usize,
    pub(crate) tokens_in: u64,
    pub(crate) tokens_out: u64,
}

/// Text to small numbers and back.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_number: Vec<String>,
    by_name: BTreeMap<String, usize>,
}

/// Sets of faults as the table writes them.
#[derive(Default)]
struct Sets<'r> {
    /// Their numbers.
    numbers: BTreeMap<String, usize>,
    /// Positions of faults in `run.json`, by id.
    faults: BTreeMap<&'r str, usize>,
}

impl Ledger {
    /// An empty ledger, which knows the deployments of the config: of a gateway that is somebody
    /// else's no ledger is kept.
    pub(crate) fn none(run: &RunInfo) -> Self {
        let mut ledger = Self { fault_sets: vec![Vec::new()], ..Self::default() };
        for deployment in &run.deployments {
            ledger.deployments.number(&deployment.id);
        }
        ledger
    }

    /// Reads the table.
    pub(crate) fn read(path: &Path, run: &RunInfo) -> Result<Self, ReadError> {
        let mut ledger = Self::none(run);
        let mut sets = Sets::default();
        for (at, fault) in run.faults.iter().enumerate() {
            sets.faults.entry(&fault.id).or_insert(at);
        }
        for row in reading::rows::<AttemptRow>(path)? {
            let row = row?;
            match row.kind {
                AttemptKind::Probe => {
                    ledger.probes += u64::from(!is_warmup(run, row.arrived_ns));
                }
                AttemptKind::Request => ledger.push(row, &mut sets),
            }
        }
        ledger.attempts.sort_by_key(|attempt| attempt.arrived_ns);
        Ok(ledger)
    }

    /// Marks the visits that served a success and were hung up on: only a client that leaves as planned does
    /// that.
    pub(crate) fn mark_leavers(&mut self, requests: &Requests) {
        for attempt in &mut self.attempts {
            let request = attempt.request.and_then(|request| requests.find(request));
            let served = request.filter(|request| request.succeeded());
            attempt.left = attempt.ended == AttemptEnd::HungUp
                && served.and_then(|request| request.served.as_ref()).is_some_and(|(id, visit)| {
                    *visit == attempt.visit && self.deployments.find(id) == Some(attempt.deployment)
                });
        }
    }

    /// Whether the attempt met the fault with this position in `run.json`.
    pub(crate) fn met(&self, attempt: &Attempt, fault: usize) -> bool {
        self.fault_sets[attempt.faults].contains(&fault)
    }

    /// Attempts that arrived in `[from_ns, to_ns)`, in order.
    pub(crate) fn between(&self, from_ns: u64, to_ns: u64) -> &[Attempt] {
        let from = self.attempts.partition_point(|attempt| attempt.arrived_ns < from_ns);
        let to = self.attempts.partition_point(|attempt| attempt.arrived_ns < to_ns);
        &self.attempts[from..to.max(from)]
    }

    fn push(&mut self, row: AttemptRow, sets: &mut Sets<'_>) {
        let faults = match row.fault {
            None => 0,
            Some(ids) => *sets.numbers.entry(ids).or_insert_with_key(|ids| {
                let met = ids.split('+').filter_map(|id| sets.faults.get(id).copied());
                self.fault_sets.push(met.collect());
                self.fault_sets.len() - 1
            }),
        };
        self.attempts.push(Attempt {
            request: row.request,
            visit: row.visit,
            stage: row.stage,
            deployment: self.deployments.number(&row.deployment),
            gateway: self.gateways.number(&row.gateway),
            arrived_ns: row.arrived_ns,
            ended_ns: row.ended_ns,
            ended: row.ended,
            left: false,
            faults,
            tokens_in: row.tokens_in,
            tokens_out: row.tokens_out,
        });
    }
}

impl Attempt {
    /// Tokens billed, in and out.
    pub(crate) fn billed(&self) -> u64 {
        self.tokens_in + self.tokens_out
    }

    /// Whether it met any fault.
    pub(crate) fn met_any(&self) -> bool {
        self.faults != 0
    }

    /// Whether it failed: a hang-up too, unless its client had what it had stayed for.
    pub(crate) fn failed(&self) -> bool {
        match self.ended {
            AttemptEnd::Complete => false,
            AttemptEnd::HungUp => !self.left,
            AttemptEnd::Error
            | AttemptEnd::Refused
            | AttemptEnd::Reset
            | AttemptEnd::Closed
            | AttemptEnd::Truncated
            | AttemptEnd::ErrorEvent
            | AttemptEnd::Silent => true,
        }
    }
}

impl Names {
    /// The number of a name, given on first sight.
    pub(crate) fn number(&mut self, name: &str) -> usize {
        if let Some(&number) = self.by_name.get(name) {
            return number;
        }
        let number = self.by_number.len();
        self.by_number.push(name.to_owned());
        self.by_name.insert(name.to_owned(), number);
        number
    }

    /// The number of a name that was seen.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// All names in the order of their numbers.
    pub(crate) fn all(&self) -> &[String] {
        &self.by_number
    }
}

/// Whether an instant belongs to warm-up and to no measured phase.
pub(crate) fn is_warmup(run: &RunInfo, at_ns: u64) -> bool {
    let mut covering = run.phases.iter().filter(|p| (p.from_ns..p.to_ns).contains(&at_ns));
    let mut any = false;
    covering.all(|phase| {
        any = true;
        phase.warmup
    }) && any
}
