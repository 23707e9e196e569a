//! The open connections of a host, by which a fault that begins finds them, and how many there are.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use world::{Clock, Control};

use super::Connection;
use crate::schedule::{AttemptFacts, ConnectionBreak};

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
        let connection = Arc::new(Connection::new(peer, control, clock, dial_rules));
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

    /// Breaks every open connection as `judge` says to the attempts that it carries.
    pub(crate) fn break_open(
        &self,
        judge: impl Fn(Option<&AttemptFacts>) -> Option<ConnectionBreak>,
    ) {
        self.all().iter().for_each(|connection| connection.meet(&judge));
    }

    /// Resets every black hole that began under a rule which is no more, or which has no end by itself.
    pub(crate) fn give_back(&self) {
        self.all().iter().for_each(|connection| connection.give_back());
    }

    /// Outside the lock: a broken connection may leave the register at once.
    fn all(&self) -> Vec<Arc<Connection>> {
        self.open().connections.values().cloned().collect()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
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
