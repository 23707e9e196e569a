//! The journal of fakes that stand: the last attempts with what their clients said of themselves,
//! counters over all, and listeners who follow along.
//!
//! Bounded in every direction: rows, the length of what a client may write into a row, listeners,
//! and what waits for a slow one. No header that could carry a secret is ever read, and no query of
//! a URI is kept.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Version;
use http::request::Parts;
use record::{AttemptEnd, AttemptRow};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use vocab::At;

/// Rows that are kept; older ones are forgotten, and counted as lost. At most about 1 kB each.
pub const JOURNAL_ROWS_MAX: usize = 100_000;

/// Listeners at a time; each may be behind by [`BEHIND_MAX`] rows.
const LISTENERS_MAX: usize = 32;

/// Rows that wait for a slow listener; then rows are left out, and it is told how many.
const BEHIND_MAX: usize = 1024;

/// Counters: a deployment has a few dozen kinds of ending, a timeline up to 10,000 rules. Beyond it
/// new kinds are not counted.
const COUNTERS_MAX: usize = 20_000;

/// Longest path or model that is kept, in bytes; then it is cut.
const WORDS_BYTES_MAX: usize = 200;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalRow {
    /// Position in the journal, from 1; no two rows share one, not even after a reset.
    pub seq: u64,
    /// Where the timeline stood when the attempt ended, in nanoseconds; absent before its zero.
    pub timeline_ns: Option<u64>,
    /// Ids of the rules that it met; `asked:NAME` is a fault that the model's name asked for.
    pub faults: Vec<String>,
    /// The ledger's row; instants are those of the fakes' own clock (`GET /time`).
    pub attempt: AttemptRow,
    /// What was called; absent for a dial that was turned away.
    pub call: Option<Call>,
}

/// What an attempt called, and what its SDK said of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// HTTP's version: `1.0`, `1.1` or `2`.
    #[serde(default)]
    pub http: String,
    /// HTTP method.
    pub method: String,
    /// Path without its query.
    pub path: String,
    /// Model that body or path named.
    pub model: Option<String>,
    /// `x-stainless-retry-count` (OpenAI, Anthropic): retries before this one.
    pub retry_count: Option<String>,
    /// `x-stainless-read-timeout` (OpenAI, Anthropic), in seconds.
    pub read_timeout: Option<String>,
    /// `amz-sdk-invocation-id` (AWS): the same for all attempts of one call.
    pub invocation_id: Option<String>,
    /// `amz-sdk-request` (AWS): `attempt=2; max=5`.
    pub sdk_request: Option<String>,
}

/// Which rows somebody wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Of this deployment.
    pub(crate) deployment: Option<String>,
    /// That met this rule.
    pub(crate) fault: Option<String>,
    /// With this status.
    pub(crate) status: Option<u16>,
    /// Of this request.
    pub(crate) request: Option<u64>,
    /// After this position.
    pub(crate) since: u64,
}

/// A part of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// The rows, oldest first.
    pub(crate) rows: Vec<Arc<JournalRow>>,
    /// `since` for the next page.
    pub(crate) next: u64,
    /// Rows after `since` that were forgotten before anybody asked.
    pub(crate) lost: u64,
}

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// A row.
    Row(Arc<JournalRow>),
    /// So many rows were left out, because it was slow.
    Behind(u64),
}

/// Counted over all rows since the last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// By deployment, status (0 for none) and ending.
    pub(crate) endings: BTreeMap<(String, u16, &'static str), u64>,
    /// By rule.
    pub(crate) faults: BTreeMap<String, u64>,
    /// Billed tokens by deployment: in, out.
    pub(crate) tokens: BTreeMap<String, (u64, u64)>,
}

/// The journal of one set of fakes.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last_seq: u64,
    /// Where it began anew.
    base: u64,
    rows: VecDeque<Arc<JournalRow>>,
    counts: Counts,
    listeners: Vec<Listener>,
}

#[derive(Debug)]
struct Listener {
    rows: mpsc::Sender<Told>,
    behind: u64,
}

impl Call {
    /// What a request says of itself.
    pub(crate) fn of(parts: &Parts, model: Option<&str>) -> Self {
        let header = |name: &str| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some(cut(value, HEADER_BYTES_MAX))
        };
        Self {
            http: version(parts.version).to_owned(),
            method: cut(parts.method.as_str(), HEADER_BYTES_MAX),
            path: cut(parts.uri.path(), WORDS_BYTES_MAX),
            model: model.map(|model| cut(model, WORDS_BYTES_MAX)),
            retry_count: header("x-stainless-retry-count"),
            read_timeout: header("x-stainless-read-timeout"),
            invocation_id: header("amz-sdk-invocation-id"),
            sdk_request: header("amz-sdk-request"),
        }
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "2",
        Version::HTTP_10 => "1.0",
        // No server here takes any other.
        _ => "1.1",
    }
}

/// Longest method or value of an SDK's header, in bytes.
const HEADER_BYTES_MAX: usize = 64;

fn cut(text: &str, max: usize) -> String {
    text.get(..text.floor_char_boundary(max)).unwrap_or_default().to_owned()
}

impl Filter {
    /// Whether `row` is wanted.
    pub(crate) fn wants(&self, row: &JournalRow) -> bool {
        let attempt = &row.attempt;
        row.seq > self.since
            && self.deployment.as_ref().is_none_or(|wanted| *wanted == attempt.deployment)
            && self.fault.as_ref().is_none_or(|wanted| row.faults.contains(wanted))
            && self.status.is_none_or(|wanted| attempt.status == Some(wanted))
            && self.request.is_none_or(|wanted| attempt.request == Some(wanted))
    }
}

impl Journal {
    /// Enters an attempt that has ended.
    pub(crate) fn enter(&self, attempt: AttemptRow, call: Option<Call>, timeline: Option<At>) {
        let mut state = self.state();
        state.last_seq += 1;
        let faults = attempt
            .fault
            .as_deref()
            .map_or_else(Vec::new, |ids| ids.split('+').map(str::to_owned).collect());
        let timeline_ns = timeline.map(At::ns);
        let row = JournalRow { seq: state.last_seq, timeline_ns, faults, attempt, call };
        state.counts.add(&row);
        let row = Arc::new(row);
        state.listeners.retain_mut(|listener| listener.tell(&row));
        if state.rows.len() >= JOURNAL_ROWS_MAX {
            state.rows.pop_front();
        }
        state.rows.push_back(row);
    }

    /// At most `max` rows, the oldest that `filter` wants.
    pub(crate) fn page(&self, filter: &Filter, max: usize) -> Page {
        let state = self.state();
        let oldest = state.rows.front().map_or(state.last_seq + 1, |row| row.seq);
        let after = filter.since.saturating_add(1);
        let skip = usize::try_from(after.saturating_sub(oldest)).unwrap_or(usize::MAX);
        let wanted = state.rows.iter().skip(skip).filter(|row| filter.wants(row));
        let rows: Vec<_> = wanted.take(max).cloned().collect();
        let next = match rows.last() {
            Some(last) if rows.len() == max => last.seq,
            Some(_) | None => state.last_seq.max(filter.since),
        };
        Page { rows, next, lost: oldest.saturating_sub(after.max(state.base + 1)) }
    }

    /// Follows along from here on; `None` if there are too many listeners.
    pub(crate) fn follow(&self) -> Option<mpsc::Receiver<Told>> {
        let mut state = self.state();
        state.listeners.retain(|listener| !listener.rows.is_closed());
        if state.listeners.len() >= LISTENERS_MAX {
            return None;
        }
        let (rows, hears) = mpsc::channel(BEHIND_MAX);
        state.listeners.push(Listener { rows, behind: 0 });
        Some(hears)
    }

    /// Everything counted so far.
    pub(crate) fn counts(&self) -> Counts {
        self.state().counts.clone()
    }

    /// Forgets rows and counters; positions go on.
    pub(crate) fn reset(&self) {
        let mut state = self.state();
        state.rows.clear();
        state.base = state.last_seq;
        state.counts = Counts::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Whether it still listens.
    fn tell(&mut self, row: &Arc<JournalRow>) -> bool {
        if self.behind > 0 {
            match self.rows.try_send(Told::Behind(self.behind)) {
                Ok(()) => self.behind = 0,
                Err(mpsc::error::TrySendError::Full(_)) => {
                    self.behind += 1;
                    return true;
                }
                Err(mpsc::error::TrySendError::Closed(_)) => return false,
            }
        }
        match self.rows.try_send(Told::Row(Arc::clone(row))) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.behind += 1;
                true
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }
}

impl Counts {
    fn add(&mut self, row: &JournalRow) {
        let attempt = &row.attempt;
        let key = (attempt.deployment.clone(), attempt.status.unwrap_or(0), name_of(attempt.ended));
        if self.endings.len() < COUNTERS_MAX || self.endings.contains_key(&key) {
            *self.endings.entry(key).or_default() += 1;
        }
        for fault in &row.faults {
            if self.faults.len() < COUNTERS_MAX || self.faults.contains_key(fault) {
                *self.faults.entry(fault.clone()).or_default() += 1;
            }
        }
        // As many as there are deployments.
        let tokens = self.tokens.entry(attempt.deployment.clone()).or_default();
        tokens.0 += attempt.tokens_in;
        tokens.1 += attempt.tokens_out;
    }
}

/// The word that `attempts.csv` uses.
const fn name_of(end: AttemptEnd) -> &'static str {
    match end {
        AttemptEnd::Complete => "complete",
        AttemptEnd::Error => "error",
        AttemptEnd::Refused => "refused",
        AttemptEnd::Reset => "reset",
        AttemptEnd::Closed => "closed",
        AttemptEnd::Truncated => "truncated",
        AttemptEnd::ErrorEvent => "error_event",
        AttemptEnd::Silent => "silent",
        AttemptEnd::HungUp => "hung_up",
    }
}
