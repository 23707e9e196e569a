//! The ledger: one row per attempt, always. Also for dials that were turned away, for clients that
//! hang up, and for attempts that are still open when the world ends.
//!
//! An [`Attempt`] is a guard: whoever holds it ends it in so many words, and if it is dropped
//! instead (the connection went away) that is an ending, too. Numbers of attempts and visits are
//! counted here, because they run over all deployments. What is billed is decided here and nowhere
//! else: nothing before a 2xx head, afterwards all input and every token that was generated.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use record::{AttemptEnd, AttemptKind, AttemptRow, Stage};
use vocab::At;
use world::{Clock, Passage};

use crate::journal::{Call, Journal};
use crate::timeline::Timeline;

/// Where finished attempts go. Implemented by who records a run.
pub trait Ledger: Send + Sync + Debug {
    /// Takes one row. Called once per attempt, in the order of their endings.
    fn attempt(&self, row: AttemptRow);
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
    /// Kept by fakes that stand.
    journal: Option<Arc<Kept>>,
    state: Mutex<State>,
}

/// A journal, and the timeline on whose instants its rows lie.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) journal: Journal,
    pub(crate) timeline: Arc<Timeline>,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    next_key: u64,
    /// Bounded by the connections of all hosts.
    open: BTreeMap<u64, Arc<Entry>>,
    seen: BTreeMap<u64, Seen>,
    order: VecDeque<u64>,
}

#[derive(Debug, Default)]
struct Seen {
    attempts: u32,
    /// Visits by deployment; as long as the list of deployments that it met.
    visits: Vec<(usize, u32)>,
}

/// Where an attempt stands among its request's attempts; both from 1, or 0 for probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) attempt: u32,
    pub(crate) visit: u32,
}

/// What is known of an attempt when it arrives.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub(crate) request: Option<u64>,
    pub(crate) numbers: Numbers,
    pub(crate) kind: AttemptKind,
    pub(crate) stage: Stage,
    pub(crate) deployment: vocab::DeploymentId,
    pub(crate) gateway: String,
    pub(crate) prompt_tokens: u64,
}

/// An attempt under way, as others may see and mark it.
#[derive(Debug)]
pub(crate) struct Entry {
    opening: Opening,
    arrived: At,
    tokens: AtomicU64,
    silent: AtomicBool,
    over: AtomicBool,
    /// What links did on its way.
    way: OnceLock<Passage>,
    progress: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    faults: Vec<Arc<str>>,
    status: Option<u16>,
    /// How it ends if it is dropped from here on.
    fate: Option<AttemptEnd>,
    /// What was called; known where a journal is kept.
    call: Option<Call>,
}

/// An attempt under way; dropped without an end, the client hung up or the connection broke.
#[derive(Debug)]
pub(crate) struct Attempt {
    book: Arc<Book>,
    key: u64,
    entry: Arc<Entry>,
}

impl Book {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, clock: Clock, journal: Option<Arc<Kept>>) -> Self {
        Self { ledger, clock, journal, state: Mutex::default() }
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
    pub(crate) fn next_numbers(&self, request: u64, deployment: usize) -> Numbers {
        let state = self.state();
        let seen = state.seen.get(&request);
        let visit = seen.and_then(|seen| seen.visits.iter().find(|(at, _)| *at == deployment));
        Numbers {
            attempt: seen.map_or(0, |seen| seen.attempts).saturating_add(1),
            visit: visit.map_or(0, |(_, visits)| *visits).saturating_add(1),
        }
    }

    /// Counts an attempt of `request` at `deployment`.
    pub(crate) fn count(&self, request: u64, deployment: usize) -> Numbers {
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
        let entry = Arc::new(Entry {
            opening,
            arrived: self.clock.now(),
            tokens: AtomicU64::new(0),
            silent: AtomicBool::new(false),
            over: AtomicBool::new(false),
            way: OnceLock::new(),
            progress: Mutex::default(),
        });
        let mut state = self.state();
        let key = state.next_key;
        state.next_key += 1;
        if !state.closed {
            state.open.insert(key, Arc::clone(&entry));
        }
        Attempt { book: Arc::clone(self), key, entry }
    }

    /// Ends the world: every open request becomes a silent one, every dial that still stands a
    /// refused one, and no row follows any more.
    pub(crate) fn close(&self) {
        let open = {
            let mut state = self.state();
            state.closed = true;
            std::mem::take(&mut state.open)
        };
        for entry in open.values() {
            let end = match entry.opening.stage {
                Stage::Connect => AttemptEnd::Refused,
                Stage::Request => AttemptEnd::Silent,
            };
            self.write(entry, end);
        }
    }

    fn write(&self, entry: &Entry, end: AttemptEnd) {
        let now = self.clock.now();
        let row = entry.row(end, now);
        if let Some(kept) = &self.journal {
            let timeline = kept.timeline.snapshot().on_timeline(now);
            kept.journal.enter(row.clone(), entry.progress().call.take(), timeline);
        }
        self.ledger.attempt(row);
    }

    /// The row leaves under the lock, so that rows come in the order of their endings.
    fn finish(&self, key: u64, end: AttemptEnd) {
        let mut state = self.state();
        if let Some(entry) = state.open.remove(&key) {
            entry.over.store(true, Ordering::Relaxed);
            self.write(&entry, end);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// What others may see and mark.
    pub(crate) fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    /// Takes it back, without a row: a dial that was kept waiting became a connection after all.
    pub(crate) fn withdraw(self) {
        self.book.state().open.remove(&self.key);
    }

    /// Ends it in so many words.
    pub(crate) fn end(self, end: AttemptEnd) {
        self.book.finish(self.key, end);
    }
}

impl Drop for Attempt {
    /// Does nothing after [`Attempt::end`].
    fn drop(&mut self) {
        let fate = self.entry.progress().fate.unwrap_or(AttemptEnd::HungUp);
        self.book.finish(self.key, fate);
    }
}

impl Entry {
    /// It came over a connection that this befalls: the rules in force until it ends count as met.
    pub(crate) fn came_by(&self, way: Passage) {
        // A request comes once.
        let _ = self.way.set(way);
    }

    /// It met fault rule `id`.
    pub(crate) fn met(&self, id: &Arc<str>) {
        let mut progress = self.progress();
        if !progress.faults.contains(id) {
            progress.faults.push(Arc::clone(id));
        }
    }

    /// What was called.
    pub(crate) fn called(&self, call: Call) {
        self.progress().call = Some(call);
    }

    /// A response head with `status` was handed to the connection.
    pub(crate) fn head(&self, status: u16) {
        self.progress().status = Some(status);
    }

    /// So many more tokens were generated.
    pub(crate) fn generated(&self, tokens: u64) {
        self.tokens.fetch_add(tokens, Ordering::Relaxed);
    }

    /// Tokens generated so far.
    pub(crate) fn tokens(&self) -> u64 {
        self.tokens.load(Ordering::Relaxed)
    }

    /// From here on the provider says nothing, whatever the client does.
    pub(crate) fn fall_silent(&self) {
        self.silent.store(true, Ordering::Relaxed);
        self.doom(AttemptEnd::Silent);
    }

    /// Whether it fell silent.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// Whether its row was written.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// How it ends when it is dropped.
    pub(crate) fn doom(&self, fate: AttemptEnd) {
        self.progress().fate = Some(fate);
    }

    fn row(&self, ended: AttemptEnd, now: At) -> AttemptRow {
        let progress = self.progress();
        let opening = &self.opening;
        let mut faults = progress.faults.clone();
        let way = self.way.get().into_iter().flat_map(|way| way.met(self.arrived, now));
        faults.extend(way.cloned());
        let billed = progress.status.is_some_and(|status| (200..300).contains(&status));
        AttemptRow {
            request: opening.request,
            attempt: opening.numbers.attempt,
            visit: opening.numbers.visit,
            kind: opening.kind,
            stage: opening.stage,
            deployment: opening.deployment.as_str().to_owned(),
            gateway: opening.gateway.clone(),
            arrived_ns: self.arrived.ns(),
            ended_ns: now.ns(),
            fault: (!faults.is_empty()).then(|| faults.join("+")),
            status: progress.status,
            tokens_in: if billed { opening.prompt_tokens } else { 0 },
            tokens_out: if billed { self.tokens() } else { 0 },
            ended,
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
