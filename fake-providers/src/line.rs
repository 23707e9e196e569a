//! Open connections, so that a fault can break, silence or close them while somebody else serves
//! them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use record::AttemptEnd;
use tokio::sync::Notify;
use vocab::At;
use world::{Clock, Control};

use crate::action::Break;
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
    clock: Clock,
    state: Mutex<State>,
    /// It was silenced or closed.
    doomed: Notify,
    /// It began to carry an attempt, or to be idle.
    stirred: Notify,
}

#[derive(Debug)]
struct State {
    /// The attempt it carries, or carried last.
    carries: Option<(Ask, Arc<Entry>)>,
    /// Attempts so far.
    carried: u64,
    /// Rules that its dial met, until an attempt can be told.
    owed: Vec<Arc<str>>,
    /// Since when it is idle; `None` while it carries an attempt.
    idle_since: Option<At>,
    /// When a doomed line is taken down; [`At::NEVER`] while it is not doomed.
    ends: At,
}

/// The open connections of one host; bounded by the door.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    open: Mutex<Open>,
    berths: Arc<Berths>,
}

/// Places at a host that are taken.
#[derive(Debug, Default)]
struct Berths {
    taken: AtomicUsize,
    /// One was given back.
    left: Notify,
}

/// A place at a host, from the moment when its dial was let in; given back when dropped.
#[derive(Debug)]
pub(crate) struct Berth(Arc<Berths>);

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
    /// Registers a connection whose dial met `owed`.
    pub(crate) fn register(
        &self,
        peer: String,
        control: Control,
        clock: Clock,
        owed: Vec<Arc<str>>,
    ) -> Registered<'_> {
        let state = State {
            carries: None,
            carried: 0,
            owed,
            idle_since: Some(clock.now()),
            ends: At::NEVER,
        };
        let line = Arc::new(Line {
            peer,
            control,
            clock,
            state: Mutex::new(state),
            doomed: Notify::new(),
            stirred: Notify::new(),
        });
        let mut open = self.open();
        let key = open.next_key;
        open.next_key += 1;
        open.lines.insert(key, Arc::clone(&line));
        Registered { lines: self, key, line }
    }

    /// Takes a place for a dial that is let in: it counts before anybody serves it.
    pub(crate) fn berth(&self) -> Berth {
        self.berths.taken.fetch_add(1, Ordering::Relaxed);
        Berth(Arc::clone(&self.berths))
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.berths.taken.load(Ordering::Relaxed)
    }

    /// Returns when a connection was closed since the last time that somebody was told.
    pub(crate) async fn one_left(&self) {
        self.berths.left.notified().await;
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
    ///
    /// Returns for how long it was idle since the attempt before; `None` if this is its first.
    pub(crate) fn carry(&self, ask: Ask, entry: Arc<Entry>) -> Option<Duration> {
        let mut state = self.state();
        for rule in state.owed.drain(..) {
            entry.met(&rule);
        }
        let idle = state.idle_since.take().map(|since| self.clock.now().since(since));
        let idle = idle.filter(|_| state.carried > 0);
        state.carried += 1;
        state.carries = Some((ask, entry));
        drop(state);
        self.stirred.notify_one();
        idle
    }

    /// It carries nothing any more.
    pub(crate) fn rest(&self) {
        self.state().idle_since = Some(self.clock.now());
        self.stirred.notify_one();
    }

    /// Breaks it with a reset.
    pub(crate) fn reset(&self) {
        self.control.reset();
    }

    /// Closes it in order (FIN), as soon as somebody looks.
    pub(crate) fn close(&self) {
        self.state().ends = self.clock.now();
        self.doomed.notify_one();
    }

    /// Says no chunk size where one should come, as soon as it is closed.
    pub(crate) fn break_framing(&self) {
        self.control.say_at_end(Bytes::from_static(NO_CHUNK));
    }

    /// Says these bytes as its last and is closed in order.
    pub(crate) fn close_with(&self, last_words: Bytes) {
        self.control.say_at_end(last_words);
        self.close();
    }

    /// Turns it into a black hole, whose serving ends at `until`; its client hears nothing of that.
    pub(crate) fn silence(&self, until: At) {
        self.state().ends = until;
        self.control.silence();
        self.doomed.notify_one();
    }

    /// Returns when it was silenced or closed and its time has come.
    pub(crate) async fn buried(&self) {
        self.doomed.notified().await;
        let ends = self.state().ends;
        self.clock.sleep_until(ends).await;
    }

    /// Returns when it was idle for as long as `limit` allows; that says when an idleness since an
    /// instant ends.
    pub(crate) async fn neglected(&self, limit: impl Fn(At) -> Option<At>) {
        // Each turn waits for the line to stir, or for the end of an idleness.
        loop {
            let since = self.state().idle_since;
            let end = since.and_then(&limit);
            let stirred = self.stirred.notified();
            tokio::select! {
                biased;
                () = stirred => {}
                () = sleep(self.clock, end) => {
                    if self.state().idle_since == since {
                        return;
                    }
                }
            }
        }
    }

    /// Returns when a client has used it for nothing for [`PATIENCE`], give or take a quarter: no
    /// attempt under way, and no request that became whole. A silenced line is left alone.
    pub(crate) async fn wasted(&self) {
        let (mut idle, mut seen) = (Duration::ZERO, 0);
        // Ends a few turns after the last attempt.
        while idle < PATIENCE {
            self.clock.sleep(PATIENCE / 4).await;
            let state = self.state();
            let busy = state.carries.as_ref().is_some_and(|(_, entry)| !entry.is_over());
            let used = busy || state.carried != seen || state.ends != At::NEVER;
            idle = if used { Duration::ZERO } else { idle + PATIENCE / 4 };
            seen = state.carried;
        }
    }

    fn meet(&self, strike: &Strike, entry: Option<&Arc<Entry>>) {
        if let Some(entry) = entry {
            entry.met(&strike.rule);
        }
        match strike.how {
            Break::Blackhole => {
                entry.inspect(|entry| entry.fall_silent());
                self.silence(strike.until);
            }
            Break::Reset => {
                entry.inspect(|entry| entry.doom(AttemptEnd::Reset));
                self.reset();
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No size of a chunk.
const NO_CHUNK: &[u8] = b"no-size\r\n";

/// Until `end`; for ever, if there is none.
async fn sleep(clock: Clock, end: Option<At>) {
    match end {
        Some(end) => clock.sleep_until(end).await,
        None => std::future::pending().await,
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.lines.open().lines.remove(&self.key);
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
        self.0.left.notify_waiters();
    }
}
