//! An exchange: one request and its answer. With HTTP/1 it has a connection for itself while it lasts,
//! with HTTP/2 it is a stream beside others, and what would break its connection breaks the stream.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use vocab::At;
use world::{Clock, ResetCode};

use super::{Carried, Connection, NO_CHUNK, sleep};
use crate::attempt_record::AttemptRecord;
use crate::schedule::AttemptFacts;

/// What one attempt comes over. Dropped, its connection carries it no more.
#[derive(Debug)]
pub(crate) struct Exchange {
    connection: Arc<Connection>,
    stream: Option<Arc<Stream>>,
    /// Its place on the connection, once it carries its attempt.
    place: OnceLock<u64>,
}

/// What happens to a stream.
#[derive(Debug, Default)]
pub(super) struct Stream {
    state: Mutex<StreamState>,
    changed: Notify,
}

#[derive(Clone, Copy, Debug, Default)]
struct StreamState {
    fate: Option<Fate>,
    /// Whether what breaks it comes as something that cannot be framed.
    unframed: bool,
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Reset(ResetCode),
    /// A black hole until then.
    Silent(At),
}

/// How a stream ends that a fault ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamFate {
    /// Its client is told.
    Reset(ResetCode),
    /// Its client is not.
    Silent,
}

impl Exchange {
    /// One that has `connection` for itself.
    pub(crate) fn alone(connection: Arc<Connection>) -> Self {
        Self { connection, stream: None, place: OnceLock::new() }
    }

    /// A stream of `connection`.
    pub(crate) fn stream(connection: Arc<Connection>) -> Self {
        Self { connection, stream: Some(Arc::default()), place: OnceLock::new() }
    }

    /// From here on it carries this attempt; only one.
    ///
    /// Returns for how long its connection was idle since the attempt before; `None` if this is its
    /// first, or if it was not idle.
    pub(crate) fn begin(
        &self,
        facts: AttemptFacts,
        record: Arc<AttemptRecord>,
    ) -> Option<Duration> {
        let stream = self.stream.clone();
        let (place, idle) = self.connection.begin_attempt(Carried { facts, record, stream });
        // One attempt: it has no place yet.
        let _ = self.place.set(place);
        idle
    }

    /// Who is at the other end.
    pub(crate) fn peer(&self) -> &str {
        &self.connection.peer
    }

    /// The rule by which nothing that is said over it is heard.
    pub(crate) fn muted(&self) -> Option<Arc<str>> {
        self.connection.muted()
    }

    /// Whether a body of a wrong length can end in order: streams have an end of their own.
    pub(crate) const fn has_own_end(&self) -> bool {
        self.stream.is_some()
    }

    /// Resets it.
    pub(crate) fn reset(&self) {
        match &self.stream {
            Some(stream) => stream.reset(ResetCode::Internal),
            None => self.connection.reset(),
        }
    }

    /// Resets it before anybody has begun to work on it.
    pub(crate) fn refuse(&self) {
        match &self.stream {
            Some(stream) => stream.reset(ResetCode::Refused),
            None => self.connection.reset(),
        }
    }

    /// Resets its connection, with all that it carries.
    pub(crate) fn reset_connection(&self) {
        self.connection.reset();
    }

    /// Closes its connection in order, as soon as somebody looks. A stream is refused, the connection
    /// takes no other, and ends with those under way.
    pub(crate) fn close(&self) {
        match &self.stream {
            Some(stream) => {
                self.connection.drain();
                stream.reset(ResetCode::Refused);
            }
            None => self.connection.close(),
        }
    }

    /// Says these bytes as its connection's last and closes it in order; nothing can be said between
    /// the frames of streams.
    pub(crate) fn close_with(&self, last_words: Bytes) {
        if self.stream.is_none() {
            self.connection.control.say_at_end(last_words);
        }
        self.close();
    }

    /// What breaks it off comes with what cannot be framed: no chunk size where one should come.
    pub(crate) fn break_framing(&self) {
        match &self.stream {
            Some(stream) => stream.state().unframed = true,
            None => self.connection.control.say_at_end(Bytes::from_static(NO_CHUNK)),
        }
    }

    /// Turns it into a black hole, which is over at `until`; its client hears nothing of that.
    pub(crate) fn silence(&self, until: At) {
        match &self.stream {
            Some(stream) => stream.silence(until),
            None => self.connection.silence(until),
        }
    }

    /// Returns when a fault ends it before its answer; never, if it is no stream.
    pub(crate) async fn ended(&self) -> StreamFate {
        match &self.stream {
            Some(stream) => stream.ended(self.connection.clock).await,
            None => std::future::pending().await,
        }
    }

    /// With which code a body ends that breaks off.
    pub(crate) fn reset_code(&self) -> ResetCode {
        let state = self.stream.as_ref().map(|stream| *stream.state()).unwrap_or_default();
        match state.fate {
            Some(Fate::Reset(code)) => code,
            Some(Fate::Silent(_)) | None if state.unframed => ResetCode::Protocol,
            Some(Fate::Silent(_)) | None => ResetCode::NoError,
        }
    }
}

impl Stream {
    /// The first fate is the one that it has.
    fn meet(&self, fate: Fate) {
        self.state().fate.get_or_insert(fate);
        self.changed.notify_one();
    }

    pub(super) fn reset(&self, code: ResetCode) {
        self.meet(Fate::Reset(code));
    }

    pub(super) fn silence(&self, until: At) {
        self.meet(Fate::Silent(until));
    }

    /// Is reset, if it is a black hole.
    pub(super) fn give_back(&self) {
        if let Some(fate @ Fate::Silent(_)) = &mut self.state().fate {
            *fate = Fate::Reset(ResetCode::Internal);
        }
        self.changed.notify_one();
    }

    async fn ended(&self, clock: Clock) -> StreamFate {
        // Each turn waits for a fate, or for its time.
        loop {
            let fate = self.state().fate;
            let until = match fate {
                Some(Fate::Reset(code)) => return StreamFate::Reset(code),
                Some(Fate::Silent(until)) => Some(until).filter(|until| *until != At::NEVER),
                None => None,
            };
            tokio::select! {
                biased;
                () = self.changed.notified() => {}
                () = sleep(clock, until) => return StreamFate::Silent,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, StreamState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(place) = self.place.get() {
            self.connection.end_attempt(*place);
        }
    }
}
