//! The ledger: one row per attempt, always. Also for dials that were turned away, for clients that
//! hang up, and for attempts that are still open when the world ends.
//!
//! An [`Attempt`] is a guard: whoever holds it ends it in so many words, and if it is dropped
//! instead (the connection went away) that is an ending, too. Numbers of attempts and visits are
//! counted here, because they run over all deployments. It must never know what an answer said but
//! that a request was refused as none, or who reads the rows.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::{AttemptEnd, AttemptRow, Stage};
use world::Clock;

use crate::attempt_record::{AttemptRecord, Numbers, Opening};
use crate::index::DeploymentIndex;
use crate::journal::Journal;
use crate::schedule::timeline::Timeline;

/// Where finished attempts go. Implemented by who records a run.
pub trait Ledger: Send + Sync + Debug {
    /// Takes one row. Called once per attempt, in the order of their endings.
    fn attempt(&self, row: AttemptRow);

    /// A request was none that the provider takes: its sentence, and the member that it names. Called before the
    /// row of that attempt.
    fn refused(&self, sentence: &str, member: Option<&str>) {
        let _ = (sentence, member);
    }
}

/// Requests whose attempts are counted at the same time; beyond it the longest known is forgotten,
/// and its next attempt counts as its first. Ten times the load generator's bound on requests in
/// flight.
const REQUESTS_MAX: usize = 100_000;

/// The attempts of one world.
#[derive(Debug)]
pub(crate) struct Book {
    ledger: Arc<dyn Ledger>,
    clock: Clock,
    /// Hears of every ending; a journal's rows lie on its instants.
    timeline: Arc<Timeline>,
    /// Kept by fakes that stand.
    journal: Option<Arc<Journal>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    next_key: u64,
    /// Bounded by the connections of all hosts.
    open: BTreeMap<u64, Arc<AttemptRecord>>,
    seen: BTreeMap<u64, Seen>,
    order: VecDeque<u64>,
}

#[derive(Debug, Default)]
struct Seen {
    attempts: u32,
    /// Visits by deployment; as long as the list of deployments that it met.
    visits: Vec<(DeploymentIndex, u32)>,
}

/// An attempt under way; dropped without an end, the client hung up or the connection broke.
#[derive(Debug)]
pub(crate) struct Attempt {
    book: Arc<Book>,
    key: u64,
    record: Arc<AttemptRecord>,
}

impl Book {
    pub(crate) fn new(
        ledger: Arc<dyn Ledger>,
        clock: Clock,
        (timeline, journal): (Arc<Timeline>, Option<Arc<Journal>>),
    ) -> Self {
        Self { ledger, clock, timeline, journal, state: Mutex::default() }
    }

    /// A request was none that its provider takes.
    pub(crate) fn refused(&self, sentence: &str, member: Option<&str>) {
        self.ledger.refused(sentence, member);
    }

    /// Attempts under way.
    pub(crate) fn under_way(&self) -> usize {
        self.state().open.len()
    }

    /// Forgets which requests were seen: the next attempt of each is its first.
    pub(crate) fn forget(&self) {
        let mut state = self.state();
        state.seen.clear();
        state.order.clear();
    }

    /// The numbers that the next attempt of `request` at `deployment` would get.
    pub(crate) fn next_numbers(&self, request: u64, deployment: DeploymentIndex) -> Numbers {
        let state = self.state();
        let seen = state.seen.get(&request);
        let visit = seen.and_then(|seen| seen.visits.iter().find(|(at, _)| *at == deployment));
        Numbers {
            attempt: seen.map_or(0, |seen| seen.attempts).saturating_add(1),
            visit: visit.map_or(0, |(_, visits)| *visits).saturating_add(1),
        }
    }

    /// Counts an attempt of `request` at `deployment`.
    pub(crate) fn count(&self, request: u64, deployment: DeploymentIndex) -> Numbers {
        let mut state = self.state();
        if !state.seen.contains_key(&request) {
            if state.order.len() >= REQUESTS_MAX
                && let Some(oldest) = state.order.pop_front()
            {
                state.seen.remove(&oldest);
            }
            state.order.push_back(request);
        }
        let seen = state.seen.entry(request).or_default();
        seen.attempts = seen.attempts.saturating_add(1);
        let attempt = seen.attempts;
        let visit = match seen.visits.iter_mut().find(|(at, _)| *at == deployment) {
            Some((_, visits)) => {
                *visits = visits.saturating_add(1);
                *visits
            }
            None => {
                seen.visits.push((deployment, 1));
                1
            }
        };
        Numbers { attempt, visit }
    }

    /// Begins an attempt that arrives now.
    pub(crate) fn open(self: &Arc<Self>, opening: Opening) -> Attempt {
        let record = Arc::new(AttemptRecord::new(opening, self.clock.now()));
        let mut state = self.state();
        let key = state.next_key;
        state.next_key += 1;
        if !state.closed {
            state.open.insert(key, Arc::clone(&record));
        }
        Attempt { book: Arc::clone(self), key, record }
    }

    /// Ends the world: every open request becomes a silent one, every dial that still stands a
    /// refused one, and no row follows any more.
    pub(crate) fn close(&self) {
        let open = {
            let mut state = self.state();
            state.closed = true;
            std::mem::take(&mut state.open)
        };
        for record in open.values() {
            let end = match record.stage() {
                Stage::Connect => AttemptEnd::Refused,
                Stage::Request => AttemptEnd::Silent,
            };
            self.write(record, end);
        }
    }

    fn write(&self, record: &AttemptRecord, end: AttemptEnd) {
        let now = self.clock.now();
        let row = record.row(end, now);
        if let Some(deployment) = record.calls() {
            self.timeline.ended(now, deployment, end);
        }
        if let Some(journal) = &self.journal {
            let timeline = self.timeline.snapshot().on_timeline(now);
            journal.enter(row.clone(), record.take_call(), timeline);
        }
        self.ledger.attempt(row);
    }

    /// The row leaves under the lock, so that rows come in the order of their endings.
    fn finish(&self, key: u64, end: AttemptEnd) {
        let mut state = self.state();
        if let Some(record) = state.open.remove(&key) {
            record.close();
            self.write(&record, end);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// What others may see and mark.
    pub(crate) fn record(&self) -> &Arc<AttemptRecord> {
        &self.record
    }

    /// Takes it back, without a row and without its numbers: a dial at `deployment` that was kept waiting
    /// became a connection after all, and the request that comes over it is the attempt.
    pub(crate) fn withdraw(self, deployment: DeploymentIndex) {
        let mut state = self.book.state();
        state.open.remove(&self.key);
        let seen = self.record.request().and_then(|request| state.seen.get_mut(&request));
        if let Some(seen) = seen {
            seen.attempts = seen.attempts.saturating_sub(1);
            if let Some((_, visits)) = seen.visits.iter_mut().find(|(at, _)| *at == deployment) {
                *visits = visits.saturating_sub(1);
            }
        }
    }

    /// Ends it in so many words.
    pub(crate) fn end(self, end: AttemptEnd) {
        self.book.finish(self.key, end);
    }
}

impl Drop for Attempt {
    /// Does nothing after [`Attempt::end`].
    fn drop(&mut self) {
        let fate = self.record.fate();
        self.book.finish(self.key, fate);
    }
}
