//! The clients' table: one contender's `requests.csv` in memory, in order of the intended instant.
//!
//! It holds what the numbers need and nothing else (about 120 bytes a request). Everything derived
//! from a request alone (its first-token time, whether it is good) is said here, once.

use std::collections::BTreeMap;
use std::path::Path;

use record::run::PhaseInfo;
use record::slo::{Metric, Slo};
use record::{ReadError, RequestRow};
use vocab::{FailureKind, Outcome};

use crate::reading;
use crate::words::figures::counted;

/// Nanoseconds per millisecond.
const NS_PER_MS: f64 = 1e6;

/// All offered requests of one contender.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// In order of the intended instant, ties by request.
    pub(crate) rows: Vec<Request>,
    /// Position in `rows` by request id.
    by_id: BTreeMap<u64, usize>,
    /// Ids that stand in the table more than once.
    pub(crate) repeated: u64,
}

/// One offered request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) id: u64,
    /// Position of its phase in `run.json`.
    pub(crate) phase: Option<usize>,
    pub(crate) warmup: bool,
    pub(crate) stream: bool,
    pub(crate) intended_ns: u64,
    pub(crate) sent_ns: Option<u64>,
    pub(crate) first_token_ns: Option<u64>,
    pub(crate) last_token_ns: Option<u64>,
    pub(crate) end_ns: Option<u64>,
    pub(crate) longest_gap_ns: Option<u64>,
    pub(crate) outcome: Outcome,
    pub(crate) failure: Option<FailureKind>,
    pub(crate) tokens: u64,
    /// Deployment and visit that served it, by the marks.
    pub(crate) served: Option<(String, u32)>,
    /// Success that meets every per-request bound.
    pub(crate) good: bool,
}

impl Requests {
    /// Reads the table; `bounds` decide what is good.
    pub(crate) fn read(
        path: &Path,
        phases: &[PhaseInfo],
        bounds: &[Slo],
    ) -> Result<Self, ReadError> {
        let phases: BTreeMap<&str, usize> =
            phases.iter().enumerate().map(|(at, phase)| (phase.name.as_str(), at)).collect();
        let mut rows = Vec::new();
        for row in reading::rows::<RequestRow>(path)? {
            let row = row?;
            let phase = phases.get(row.phase.as_str()).copied();
            let mut request = Request { phase, ..Request::from(row) };
            request.good = request.outcome == Outcome::Success && request.is_within(bounds);
            rows.push(request);
        }
        rows.sort_by_key(|request| (request.intended_ns, request.id));
        let by_id: BTreeMap<u64, usize> =
            rows.iter().enumerate().map(|(at, request)| (request.id, at)).collect();
        let repeated = (rows.len() - by_id.len()) as u64;
        Ok(Self { rows, by_id, repeated })
    }

    /// The request with this id.
    pub(crate) fn find(&self, request: u64) -> Option<&Request> {
        self.position(request).map(|at| &self.rows[at])
    }

    /// Where the request with this id stands in `rows`.
    pub(crate) fn position(&self, request: u64) -> Option<usize> {
        self.by_id.get(&request).copied()
    }

    /// What every rate and percentile is over: offered, outside warm-up, not cancelled.
    pub(crate) fn judged(&self) -> impl Iterator<Item = &Request> {
        self.rows.iter().filter(|request| request.is_judged())
    }

    /// [`Self::judged`] with an intended instant in `from_ns..to_ns`.
    pub(crate) fn judged_between(
        &self,
        from_ns: u64,
        to_ns: u64,
    ) -> impl Iterator<Item = &Request> {
        let from = self.rows.partition_point(|request| request.intended_ns < from_ns);
        let to = self.rows.partition_point(|request| request.intended_ns < to_ns).max(from);
        self.rows[from..to].iter().filter(|request| request.is_judged())
    }

    /// Why the table is wrong by itself; empty if it is not.
    pub(crate) fn mismatches(&self) -> Vec<String> {
        let stand = if self.repeated == 1 { "stands" } else { "stand" };
        let repeated = counted(self.repeated, "request id");
        let reason = format!("{repeated} {stand} in requests.csv more than once");
        (self.repeated > 0).then_some(reason).into_iter().collect()
    }

    /// The last instant that it knows; 0 if it is empty.
    pub(crate) fn last_ns(&self) -> u64 {
        let instants =
            self.rows.iter().map(|request| request.end_ns.unwrap_or(request.intended_ns));
        instants.max().unwrap_or(0)
    }
}

impl Request {
    /// Whether it is in the denominator of rates and percentiles.
    pub(crate) fn is_judged(&self) -> bool {
        !self.warmup && self.outcome != Outcome::Cancelled
    }

    /// Whether it is a complete, correct answer.
    pub(crate) fn succeeded(&self) -> bool {
        self.outcome == Outcome::Success
    }

    /// Intended instant to first token, in milliseconds.
    pub(crate) fn ttft_ms(&self) -> Option<f64> {
        self.since_intended(self.first_token_ns)
    }

    /// Intended instant to end, in milliseconds.
    pub(crate) fn e2e_ms(&self) -> Option<f64> {
        self.since_intended(self.end_ns)
    }

    /// As long as its client waited for something: to the first token, else to the end, in milliseconds.
    pub(crate) fn wait_ms(&self) -> Option<f64> {
        self.ttft_ms().or(self.e2e_ms())
    }

    /// Time per output token after the first, in milliseconds; none below two tokens.
    pub(crate) fn tpot_ms(&self) -> Option<f64> {
        let (first, last) = (self.first_token_ns?, self.last_token_ns?);
        (self.tokens >= 2)
            .then(|| last.saturating_sub(first) as f64 / (self.tokens - 1) as f64 / NS_PER_MS)
    }

    /// Longest silence inside the stream, in milliseconds.
    pub(crate) fn longest_gap_ms(&self) -> Option<f64> {
        self.longest_gap_ns.map(|ns| ns as f64 / NS_PER_MS)
    }

    fn since_intended(&self, at_ns: Option<u64>) -> Option<f64> {
        at_ns.map(|at| at.saturating_sub(self.intended_ns) as f64 / NS_PER_MS)
    }

    fn is_within(&self, bounds: &[Slo]) -> bool {
        bounds.iter().all(|slo| match slo.metric {
            Metric::Ttft => !self.stream || slo.is_met_by(self.ttft_ms()),
            Metric::E2e => slo.is_met_by(self.e2e_ms()),
            Metric::Tpot => !self.stream || self.tokens < 2 || slo.is_met_by(self.tpot_ms()),
            Metric::LongestGap => !self.stream || slo.is_met_by(self.longest_gap_ms()),
            Metric::Success
            | Metric::Goodput
            | Metric::Recover
            | Metric::Detect
            | Metric::Attempts
            | Metric::Cost => true,
        })
    }
}

impl From<RequestRow> for Request {
    fn from(row: RequestRow) -> Self {
        Self {
            id: row.request,
            phase: None,
            warmup: row.warmup,
            stream: row.stream,
            intended_ns: row.intended_ns,
            sent_ns: row.sent_ns,
            first_token_ns: row.first_token_ns,
            last_token_ns: row.last_token_ns,
            end_ns: row.end_ns,
            longest_gap_ns: row.longest_gap_ns,
            outcome: row.outcome,
            failure: row.failure,
            tokens: row.tokens,
            served: row.served_by.zip(row.served_visit),
            good: false,
        }
    }
}
