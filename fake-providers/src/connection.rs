//! Open connections, so that a fault can break, silence or close them while somebody else serves
//! them. It must never know HTTP's words, or why somebody breaks one.

mod exchange;
mod register;

use std::collections::BTreeMap;
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
pub(crate) use exchange::{Exchange, StreamFate};
pub(crate) use register::{Connections, CountedConnection};

use exchange::Stream;

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
    /// It takes no further streams.
    draining: Notify,
}

#[derive(Debug)]
struct State {
    /// The attempts that it carries, by their order on it; with HTTP/1 one at a time.
    carries: BTreeMap<u64, Carried>,
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

/// An attempt that a connection carries.
#[derive(Clone, Debug)]
struct Carried {
    facts: AttemptFacts,
    record: Arc<AttemptRecord>,
    /// Its stream, where it shares the connection with others.
    stream: Option<Arc<Stream>>,
}

impl Connection {
    fn new(peer: String, control: Control, clock: Clock, dial_rules: Vec<Arc<str>>) -> Self {
        let state = State {
            carries: BTreeMap::new(),
            carried: 0,
            dial_rules,
            idle_since: Some(clock.now()),
            muted: None,
            ends: At::NEVER,
            silent: false,
        };
        Self {
            peer,
            control,
            clock,
            state: Mutex::new(state),
            closing: Notify::new(),
            changed: Notify::new(),
            draining: Notify::new(),
        }
    }

    /// From here on it carries this attempt.
    ///
    /// Returns the attempt's place on it, and for how long it was idle since the attempt before; `None`
    /// if this is its first, or if it was not idle.
    fn begin_attempt(&self, attempt: Carried) -> (u64, Option<Duration>) {
        let mut state = self.state();
        for rule in state.dial_rules.drain(..) {
            attempt.record.met(&rule);
        }
        let idle = state.idle_since.take().map(|since| self.clock.now().since(since));
        let idle = idle.filter(|_| state.carried > 0);
        state.carried += 1;
        let place = state.carried;
        state.carries.insert(place, attempt);
        drop(state);
        self.changed.notify_one();
        (place, idle)
    }

    /// It does not carry the attempt at `place` any more.
    fn end_attempt(&self, place: u64) {
        let mut state = self.state();
        state.carries.remove(&place);
        if state.carries.is_empty() {
            state.idle_since = Some(self.clock.now());
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Breaks it with a reset.
    fn reset(&self) {
        self.control.reset();
    }

    /// Closes it in order (FIN), as soon as somebody looks.
    fn close(&self) {
        self.state().ends = self.clock.now();
        self.closing.notify_one();
    }

    /// Lets its client know that it takes no further streams; it ends with those that are under way.
    pub(crate) fn drain(&self) {
        self.draining.notify_one();
    }

    /// Returns when it takes no further streams.
    pub(crate) async fn drained(&self) {
        self.draining.notified().await;
    }

    /// Turns it into a black hole, whose serving ends at `until`; its client hears nothing of that.
    fn silence(&self, until: At) {
        let mut state = self.state();
        // One that is a black hole already ends when it was to end.
        if !state.silent {
            (state.ends, state.silent) = (until, true);
        }
        drop(state);
        self.control.silence();
        self.closing.notify_one();
    }

    /// Resets it, if it is a black hole, and the streams of it that are some.
    fn give_back(&self) {
        let mut state = self.state();
        let streams = state.carries.values().filter_map(|carried| carried.stream.as_ref());
        streams.for_each(|stream| stream.give_back());
        if state.silent {
            state.ends = self.clock.now();
        }
        let black_hole = state.silent || state.muted.is_some();
        drop(state);
        if black_hole {
            self.control.reset_silenced();
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
            let busy = state.carries.values().any(|carried| !carried.record.is_over());
            let used = busy || state.carried != seen || state.ends != At::NEVER;
            idle = if used { Duration::ZERO } else { idle + UNUSED_MAX / 4 };
            seen = state.carried;
        }
    }

    /// Breaks it as `judge` says to the attempts that it carries: as a whole where all of them are
    /// struck, or where it is idle and struck; else only the streams that are.
    fn meet(&self, judge: impl Fn(Option<&AttemptFacts>) -> Option<ConnectionBreak>) {
        if self.muted().is_some() {
            // Nothing that happens to it now can be heard.
            return;
        }
        let carried: Vec<Carried> = {
            let state = self.state();
            state.carries.values().filter(|carried| !carried.record.is_over()).cloned().collect()
        };
        if carried.is_empty() {
            if let Some(fault) = judge(None) {
                match fault.how {
                    Break::Blackhole => self.mute(&fault.rule),
                    Break::Reset => self.reset(),
                }
            }
            return;
        }
        let struck: Vec<(&Carried, ConnectionBreak)> = carried
            .iter()
            .filter_map(|carried| Some((carried, judge(Some(&carried.facts))?)))
            .collect();
        let whole = struck.len() == carried.len();
        for (carried, fault) in struck {
            let stream = carried.stream.as_ref().filter(|_| !whole);
            carried.record.met(&fault.rule);
            match (fault.how, stream) {
                (Break::Blackhole, stream) => {
                    carried.record.fall_silent();
                    match stream {
                        Some(stream) => stream.silence(fault.until),
                        None => self.silence(fault.until),
                    }
                }
                (Break::Reset, stream) => {
                    carried.record.doom(AttemptEnd::Reset);
                    match stream {
                        Some(stream) => stream.reset(world::ResetCode::Internal),
                        None => self.reset(),
                    }
                }
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
