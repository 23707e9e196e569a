//! Open connections, so that a fault can break or silence them while somebody else serves them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use record::AttemptEnd;
use tokio::sync::Notify;
use vocab::At;
use world::{Clock, Control};

use crate::fault::Verdict;
use crate::ledger::Entry;
use crate::schedule::{Ask, Strike};

/// How long fakes that stand alone wait for a whole request, or for the next one; in a run clients are
/// ours, and a connection in a black hole must not end because the fake loses patience.
const PATIENCE: Duration = Duration::from_secs(60);

/// One open connection.
#[derive(Debug)]
pub(crate) struct Line {
    /// Who is at the other end.
    pub(crate) peer: String,
    control: Control,
    state: Mutex<State>,
    silenced: Notify,
}

#[derive(Debug)]
struct State {
    /// The attempt it carries, or carried last.
    carries: Option<(Ask, Arc<Entry>)>,
    /// Attempts so far.
    carried: u64,
    /// When a silenced line is taken down; [`At::NEVER`] while it is not silenced.
    silent_until: At,
}

/// The open connections of one host; bounded by the door.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next_key: u64,
    lines: BTreeMap<u64, Arc<Line>>,
}

/// Keeps a line in the register while it lives.
#[derive(Debug)]
pub(crate) struct Registered<'l> {
    lines: &'l Lines,
    key: u64,
    pub(crate) line: Arc<Line>,
}

impl Lines {
    /// Registers a connection.
    pub(crate) fn register(&self, peer: String, control: Control) -> Registered<'_> {
        let state = State { carries: None, carried: 0, silent_until: At::NEVER };
        let silenced = Notify::new();
        let line = Arc::new(Line { peer, control, state: Mutex::new(state), silenced });
        let mut open = self.open();
        let key = open.next_key;
        open.next_key += 1;
        open.lines.insert(key, Arc::clone(&line));
        Registered { lines: self, key, line }
    }

    /// Open connections.
    pub(crate) fn count(&self) -> usize {
        self.open().lines.len()
    }

    /// Lets every open connection meet what `judge` says to the attempt that it carries.
    pub(crate) fn strike(&self, judge: impl Fn(Option<&Ask>) -> Option<Strike>) {
        // Outside the lock: a struck line may leave the register at once.
        let lines: Vec<Arc<Line>> = self.open().lines.values().cloned().collect();
        for line in lines {
            let carried = line.state().carries.clone().filter(|(_, entry)| !entry.is_over());
            let ask = carried.as_ref().map(|(ask, _)| ask);
            if let Some(strike) = judge(ask) {
                let entry = carried.as_ref().map(|(_, entry)| entry);
                line.meet(&strike, entry);
            }
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// From here on it carries this attempt.
    pub(crate) fn carry(&self, ask: Ask, entry: Arc<Entry>) {
        let mut state = self.state();
        state.carries = Some((ask, entry));
        state.carried += 1;
    }

    /// Breaks it with a reset.
    pub(crate) fn reset(&self) {
        self.control.reset();
    }

    /// Turns it into a black hole, to be taken down at `until`.
    pub(crate) fn silence(&self, until: At) {
        self.state().silent_until = until;
        self.control.silence();
        self.silenced.notify_one();
    }

    /// Returns when it was silenced and its time has come.
    pub(crate) async fn buried(&self, clock: Clock) {
        self.silenced.notified().await;
        let until = self.state().silent_until;
        clock.sleep_until(until).await;
    }

    /// Returns when a client has used it for nothing for [`PATIENCE`], give or take a quarter: no
    /// attempt under way, and no request that became whole. A silenced line is left alone.
    pub(crate) async fn neglected(&self, clock: Clock) {
        let (mut idle, mut seen) = (Duration::ZERO, 0);
        // Ends a few turns after the last attempt.
        while idle < PATIENCE {
            clock.sleep(PATIENCE / 4).await;
            let state = self.state();
            let busy = state.carries.as_ref().is_some_and(|(_, entry)| !entry.is_over());
            let used = busy || state.carried != seen || state.silent_until != At::NEVER;
            idle = if used { Duration::ZERO } else { idle + PATIENCE / 4 };
            seen = state.carried;
        }
    }

    fn meet(&self, strike: &Strike, entry: Option<&Arc<Entry>>) {
        if let Some(entry) = entry {
            entry.met(&strike.rule);
        }
        if strike.verdict == Verdict::Blackhole {
            entry.inspect(|entry| entry.fall_silent());
            self.silence(strike.until);
        } else {
            entry.inspect(|entry| entry.doom(AttemptEnd::Reset));
            self.reset();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.lines.open().lines.remove(&self.key);
    }
}
