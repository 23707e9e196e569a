//! What can be done to an open connection from outside the code that reads and writes it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Waker};

use bytes::Bytes;

use crate::links::Passage;

const OPEN: u8 = 0;
const SILENT: u8 = 1;
const RESET_BY_CLIENT: u8 = 2;
const RESET_BY_SERVER: u8 = 3;
const MUTED_CLIENT: u8 = 4;
const MUTED_SERVER: u8 = 5;

/// The two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// What a stream must do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Open,
    /// Nothing arrives, everything written vanishes.
    Silent,
    /// What this end writes vanishes; what arrives can be read.
    Mute,
    /// This end was reset by its owner.
    ResetHere,
    /// The other end was reset: what already arrived can still be read, then an error.
    ResetThere,
}

/// A handle that resets or silences one connection. Clones act on the same connection.
#[derive(Clone, Debug)]
pub struct Control {
    shared: Arc<Shared>,
    side: Side,
}

#[derive(Debug, Default)]
struct Shared {
    state: AtomicU8,
    /// One slot per side and direction; at most four wakers.
    wakers: Mutex<[Option<Waker>; 4]>,
    /// The toxics of its link, once they are known.
    passage: OnceLock<Passage>,
    /// What one side says when it is dropped.
    farewell: Mutex<Option<(Side, Bytes)>>,
}

impl Control {
    /// Handles for both ends of an in-memory connection.
    pub(crate) fn pair() -> (Self, Self) {
        let shared = Arc::new(Shared::default());
        (
            Self { shared: Arc::clone(&shared), side: Side::Client },
            Self { shared, side: Side::Server },
        )
    }

    /// A handle for one end of a socket; the other end is the kernel's business.
    pub(crate) fn alone(side: Side) -> Self {
        Self { shared: Arc::default(), side }
    }

    /// Breaks the connection with a reset: RST on a socket, `ConnectionReset` in memory.
    pub fn reset(&self) {
        self.set(match self.side {
            Side::Client => RESET_BY_CLIENT,
            Side::Server => RESET_BY_SERVER,
        });
    }

    /// Turns the connection into a black hole: both directions fall silent, nobody is told.
    ///
    /// The owner must keep serving the stream: dropping a silenced socket still sends FIN.
    pub fn silence(&self) {
        self.set(SILENT);
    }

    /// Lets everything that is written at this end vanish from now on, and its end too; what the other end
    /// writes still arrives.
    ///
    /// The owner must keep serving the stream until the other end leaves, as with [`Self::silence`].
    pub fn mute(&self) {
        self.set(match self.side {
            Side::Client => MUTED_CLIENT,
            Side::Server => MUTED_SERVER,
        });
    }

    /// Resets the connection even where it fell silent before: the other end hears of it after all.
    pub fn reset_silenced(&self) {
        let state = match self.side {
            Side::Client => RESET_BY_CLIENT,
            Side::Server => RESET_BY_SERVER,
        };
        let reset = [RESET_BY_CLIENT, RESET_BY_SERVER];
        let changed = |now: u8| (!reset.contains(&now)).then_some(state);
        let updated = self.shared.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, changed);
        if updated.is_ok() {
            self.wake_all();
        }
    }

    pub(crate) fn side(&self) -> Side {
        self.side
    }

    /// Lets the other end of a connection in memory know what it meets.
    pub(crate) fn travels(&self, passage: Passage) {
        // A connection is dialled once.
        let _ = self.shared.passage.set(passage);
    }

    pub(crate) fn passage(&self) -> Option<Passage> {
        self.shared.passage.get().cloned()
    }

    /// Says `bytes` as they are when the owner of this end drops it, before the connection is closed:
    /// for what no HTTP server would say. Bytes that do not fit into the connection's buffer are lost.
    pub fn say_at_end(&self, bytes: Bytes) {
        *self.farewell() = Some((self.side, bytes));
    }

    /// What this side has yet to say.
    pub(crate) fn take_farewell(&self) -> Option<Bytes> {
        self.farewell().take_if(|(side, _)| *side == self.side).map(|(_, bytes)| bytes)
    }

    fn farewell(&self) -> MutexGuard<'_, Option<(Side, Bytes)>> {
        self.shared.farewell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn mode(&self) -> Mode {
        match (self.shared.state.load(Ordering::Acquire), self.side) {
            (SILENT, _) => Mode::Silent,
            (RESET_BY_CLIENT, Side::Client) | (RESET_BY_SERVER, Side::Server) => Mode::ResetHere,
            (RESET_BY_CLIENT | RESET_BY_SERVER, _) => Mode::ResetThere,
            (MUTED_CLIENT, Side::Client) | (MUTED_SERVER, Side::Server) => Mode::Mute,
            _ => Mode::Open,
        }
    }

    /// Asks to be woken when the mode changes. `write` picks the direction's slot.
    pub(crate) fn register(&self, cx: &Context<'_>, write: bool) {
        let slot = 2 * usize::from(self.side == Side::Server) + usize::from(write);
        let mut wakers = self.shared.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut wakers[slot] {
            Some(waker) if waker.will_wake(cx.waker()) => {}
            other => *other = Some(cx.waker().clone()),
        }
    }

    /// The first change wins: a connection that was reset stays reset.
    fn set(&self, state: u8) {
        let changed =
            self.shared.state.compare_exchange(OPEN, state, Ordering::AcqRel, Ordering::Acquire);
        if changed.is_ok() {
            self.wake_all();
        }
    }

    fn wake_all(&self) {
        let wakers =
            std::mem::take(&mut *self.shared.wakers.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}
