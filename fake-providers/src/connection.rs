//! Open connections, so that a fault can break, silence or close them while somebody else serves
//! them. It must never know HTTP, or why somebody breaks one.

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
use crate::attempt_record::AttemptRecord;
use crate::schedule::{AttemptFacts, ConnectionBreak};

/// How long fakes that stand alone wait for a whole request, or for the next one; in a run clients are
/// ours, and a connection in a black hole must not end because the fake gives up on it.
const UNUSED_MAX: Duration = Duration::from_secs(60);

/// One open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Who is at the other end.
    pub(crate) peer: String,
    control: Control,
    clock: Clock,
    state: Mutex<State>,
    /// It was silenced or closed.
    closing: Notify,
    /// It began to carry an attempt, or to be idle.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    /// The attempt it carries, or carried last.
    carries: Option<(AttemptFacts, Arc<AttemptRecord>)>,
    /// Attempts so far.
    carried: u64,
    /// Rules that its dial met, until an attempt can be told.
    dial_rules: Vec<Arc<str>>,
    /// Since when it is idle; `None` while it carries an attempt.
    idle_since: Option<At>,
    /// The rule that put it into a black hole while it was idle.
    muted: Option<Arc<str>>,
    /// When its serving ends, if it was silenced or closed; [`At::NEVER`] otherwise.
    ends: At,
    /// Whether it is a black hole whose serving ends then.
    silent: bool,
}

/// The open connections of one host; bounded by the listener.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    open: Mutex<Open>,
    count: Arc<OpenCount>,
}

/// How many connections a host has let in.
#[derive(Debug, Default)]
struct OpenCount {
    open: AtomicUsize,
    /// One was closed.
    closed: Notify,
}

/// Counts as open from the moment when its dial was let in until it is dropped.
#[derive(Debug)]
pub(crate) struct CountedConnection(Arc<OpenCount>);

#[derive(Debug, Default)]
struct Open {
    next_key: u64,
    connections: BTreeMap<u64, Arc<Connection>>,
}

/// Keeps a connection in the register while it lives.
#[derive(Debug)]
pub(crate) struct Registered<'c> {
    connections: &'c Connections,
    key: u64,
    pub(crate) connection: Arc<Connection>,
}

impl Connections {
    /// Registers a connection whose dial met `dial_rules`.
    pub(crate) fn register(
        &self,
        peer: String,
        control: Control,
        clock: Clock,
        dial_rules: Vec<Arc<str>>,
    ) -> Registered<'_> {
        let state = State {
            carries: None,
            carried: 0,
            dial_rules,
            idle_since: Some(clock.now()),
            muted: None,
            ends: At::NEVER,
            silent: false,
        };
        let connection = Arc::new(Connection {
            peer,
            control,
            clock,
            state: Mutex::new(state),
            closing: Notify::new(),
            changed: Notify::new(),
        });
        let mut open = self.open();
        let key = open.next_key;
        open.next_key += 1;
        open.connections.insert(key, Arc::clone(&connection));
        Registered { connections: self, key, connection }
    }

    /// Lets a dial in: it counts as open before anybody serves it.
    pub(crate) fn let_in(&self) -> CountedConnection {
        self.count.open.fetch_add(1, Ordering::Relaxed);
        CountedConnection(Arc::clone(&self.count))
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.count.open.load(Ordering::Relaxed)
    }

    /// Returns when a connection was closed since the last time that somebody was told.
    pub(crate) async fn one_closed(&self) {
        self.count.closed.notified().await;
    }

    /// Breaks every open connection as `judge` says to the attempt that it carries.
    pub(crate) fn break_open(
        &self,
        judge: impl Fn(Option<&AttemptFacts>) -> Option<ConnectionBreak>,
    ) {
        // Outside the lock: a broken connection may leave the register at once.
        let connections: Vec<Arc<Connection>> = self.open().connections.values().cloned().collect();
        for connection in connections {
            let carried =
                connection.state().carries.clone().filter(|(_, record)| !record.is_over());
            let facts = carried.as_ref().map(|(facts, _)| facts);
            if let Some(fault) = judge(facts) {
                let record = carried.as_ref().map(|(_, record)| record);
                connection.apply(&fault, record);
            }
        }
    }

    /// Ends every black hole that began under a rule which is no more, or which has no end by itself.
    pub(crate) fn give_back(&self) {
        let connections: Vec<Arc<Connection>> = self.open().connections.values().cloned().collect();
        connections.iter().for_each(|connection| connection.give_back());
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// From here on it carries this attempt.
    ///
    /// Returns for how long it was idle since the attempt before; `None` if this is its first.
    pub(crate) fn begin_attempt(
        &self,
        facts: AttemptFacts,
        record: Arc<AttemptRecord>,
    ) -> Option<Duration> {
        let mut state = self.state();
        for rule in state.dial_rules.drain(..) {
            record.met(&rule);
        }
        let idle = state.idle_since.take().map(|since| self.clock.now().since(since));
        let idle = idle.filter(|_| state.carried > 0);
        state.carried += 1;
        state.carries = Some((facts, record));
        drop(state);
        self.changed.notify_one();
        idle
    }

    /// It carries nothing any more.
    pub(crate) fn end_attempt(&self) {
        self.state().idle_since = Some(self.clock.now());
        self.changed.notify_one();
    }

    /// Breaks it with a reset.
    pub(crate) fn reset(&self) {
        self.control.reset();
    }

    /// Closes it in order (FIN), as soon as somebody looks.
    pub(crate) fn close(&self) {
        self.state().ends = self.clock.now();
        self.closing.notify_one();
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
        let mut state = self.state();
        // One that is a black hole already ends when it was to end.
        if !state.silent {
            (state.ends, state.silent) = (until, true);
        }
        drop(state);
        self.control.silence();
        self.closing.notify_one();
    }

    /// Ends its serving now, if it is a black hole.
    fn give_back(&self) {
        let mut state = self.state();
        if state.silent {
            state.ends = self.clock.now();
            drop(state);
            self.closing.notify_one();
        }
    }

    /// Turns it into a black hole while nobody uses it. Whoever uses it later hears nothing, but is heard:
    /// a request that a network has swallowed must not be missing in the ledger.
    fn mute(&self, rule: &Arc<str>) {
        self.state().muted.get_or_insert_with(|| Arc::clone(rule));
        self.control.mute();
        // It is idle for ever, and nobody closes what cannot be heard.
        self.changed.notify_one();
    }

    /// The rule by which nothing that is said over it is heard.
    pub(crate) fn muted(&self) -> Option<Arc<str>> {
        self.state().muted.clone()
    }

    /// Returns when it was silenced or closed and its time has come.
    pub(crate) async fn closed(&self) {
        // Each turn waits for another end, or for the one that is known.
        loop {
            let ends = Some(self.state().ends).filter(|ends| *ends != At::NEVER);
            tokio::select! {
                biased;
                () = self.closing.notified() => {}
                () = sleep(self.clock, ends) => return,
            }
        }
    }

    /// Returns when it was idle for as long as `limit` allows; that says when an idleness since an
    /// instant ends.
    pub(crate) async fn idle_too_long(&self, limit: impl Fn(At) -> Option<At>) {
        // Each turn waits for the connection to change, or for the end of an idleness.
        loop {
            let since = {
                let state = self.state();
                state.idle_since.filter(|_| state.muted.is_none())
            };
            let end = since.and_then(&limit);
            let changed = self.changed.notified();
            tokio::select! {
                biased;
                () = changed => {}
                () = sleep(self.clock, end) => {
                    // Who waits for a favourite knows only now whether it is this one.
                    let still = since.and_then(&limit).is_some_and(|end| end <= self.clock.now());
                    let state = self.state();
                    if still && state.idle_since == since && state.muted.is_none() {
                        return;
                    }
                }
            }
        }
    }

    /// Returns when a client has used it for nothing for [`UNUSED_MAX`], give or take a quarter: no
    /// attempt under way, and no request that became whole. A silenced connection is left alone.
    pub(crate) async fn unused(&self) {
        let (mut idle, mut seen) = (Duration::ZERO, 0);
        // Ends a few turns after the last attempt.
        while idle < UNUSED_MAX {
            self.clock.sleep(UNUSED_MAX / 4).await;
            let state = self.state();
            let busy = state.carries.as_ref().is_some_and(|(_, record)| !record.is_over());
            let used = busy || state.carried != seen || state.ends != At::NEVER;
            idle = if used { Duration::ZERO } else { idle + UNUSED_MAX / 4 };
            seen = state.carried;
        }
    }

    fn apply(&self, fault: &ConnectionBreak, record: Option<&Arc<AttemptRecord>>) {
        if self.muted().is_some() {
            // Nothing that happens to it now can be heard.
            return;
        }
        if let Some(record) = record {
            record.met(&fault.rule);
        }
        match (fault.how, record) {
            (Break::Blackhole, Some(record)) => {
                record.fall_silent();
                self.silence(fault.until);
            }
            (Break::Blackhole, None) => self.mute(&fault.rule),
            (Break::Reset, _) => {
                record.inspect(|record| record.doom(AttemptEnd::Reset));
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

/// A fatal TLS alert as a record (RFC 8446, section 6): type, version, length, level, code.
pub(crate) fn tls_alert(code: u8) -> Bytes {
    Bytes::copy_from_slice(&[21, 3, 3, 0, 2, 2, code])
}

/// Until `end`; for ever, if there is none.
async fn sleep(clock: Clock, end: Option<At>) {
    match end {
        Some(end) => clock.sleep_until(end).await,
        None => std::future::pending().await,
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.connections.open().connections.remove(&self.key);
    }
}

impl Drop for CountedConnection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.closed.notify_waiters();
    }
}
