//! One attempt under way, as whoever deals with it may see and mark it, and the row that it becomes.
//!
//! What is billed is decided here and nowhere else: nothing before a 2xx head, afterwards all input
//! and every token that was generated.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use record::{AttemptEnd, AttemptKind, AttemptRow, Stage};
use vocab::At;
use world::Passage;

use crate::journal::Call;

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
    /// Whether it is an inference call, with a prompt id or without.
    pub(crate) inference: bool,
}

/// An attempt under way, as others may see and mark it.
#[derive(Debug)]
pub(crate) struct AttemptRecord {
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

impl AttemptRecord {
    /// An attempt that arrived at an instant.
    pub(crate) fn new(opening: Opening, arrived: At) -> Self {
        Self {
            opening,
            arrived,
            tokens: AtomicU64::new(0),
            silent: AtomicBool::new(false),
            over: AtomicBool::new(false),
            way: OnceLock::new(),
            progress: Mutex::default(),
        }
    }

    /// Where it failed or was answered.
    pub(crate) const fn stage(&self) -> Stage {
        self.opening.stage
    }

    /// Whose it is.
    pub(crate) const fn request(&self) -> Option<u64> {
        self.opening.request
    }

    /// Where it stands among its request's attempts.
    pub(crate) const fn numbers(&self) -> Numbers {
        self.opening.numbers
    }

    /// The deployment that it reached, if it calls a model there.
    pub(crate) fn calls(&self) -> Option<&vocab::DeploymentId> {
        self.opening.inference.then_some(&self.opening.deployment)
    }

    /// Its row is about to be written.
    pub(crate) fn close(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// What was called; taken once.
    pub(crate) fn take_call(&self) -> Option<Call> {
        self.progress().call.take()
    }

    /// How it ends if nobody says: it was doomed, or the client hung up.
    pub(crate) fn fate(&self) -> AttemptEnd {
        self.progress().fate.unwrap_or(AttemptEnd::HungUp)
    }

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

    /// Whether a fault or a link has done anything to it until `now`.
    pub(crate) fn has_met(&self, now: At) -> bool {
        let mut way = self.way.get().into_iter().flat_map(|way| way.met(self.arrived, now));
        !self.progress().faults.is_empty() || way.next().is_some()
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

    /// Its row, if it ends now.
    pub(crate) fn row(&self, ended: AttemptEnd, now: At) -> AttemptRow {
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
