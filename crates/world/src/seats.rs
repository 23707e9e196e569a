//! The connections of a server: how many there may be, and which of them are idle, so that those leave first when there
//! is no room for another. It must never know a protocol.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpSocket;
use tokio::sync::Notify;

/// The connections of one server. Clones are the same.
#[derive(Clone, Debug)]
pub struct Seats {
    max: usize,
    hall: Arc<Mutex<Hall>>,
}

#[derive(Debug, Default)]
struct Hall {
    /// Counts changes from busy to idle.
    turn: u64,
    /// Connections with a seat.
    taken: usize,
    /// Idle connections, the one that has been so for longest first; at most one for each connection.
    idle: BTreeMap<u64, Arc<Wanted>>,
}

/// Whether a seat is wanted for another connection.
#[derive(Debug, Default)]
struct Wanted {
    is: AtomicBool,
    changed: Notify,
}

/// Of the idle as many leave at a time as this part of them, and at most so many: as nginx drains its reusable
/// connections. One that is slow to leave does not keep the door.
const LEAVE_PART: usize = 8;
const LEAVE_MAX: usize = 32;

/// The place of one connection.
#[derive(Debug)]
pub struct Seat {
    hall: Arc<Mutex<Hall>>,
    state: Mutex<State>,
    wanted: Arc<Wanted>,
}

#[derive(Debug)]
struct State {
    /// Requests under way.
    busy: usize,
    /// Whether there was any so far.
    asked: bool,
    /// Its key among the idle.
    turn: Option<u64>,
}

/// A request under way, until this is dropped.
#[derive(Debug)]
pub struct Busy(Arc<Seat>);

impl Seats {
    /// Room for `max` connections.
    pub fn new(max: usize) -> Self {
        Self { max, hall: Arc::default() }
    }

    /// Connections at a time.
    pub fn max(&self) -> usize {
        self.max
    }

    /// Whether every seat is taken.
    pub(crate) fn are_taken(&self) -> bool {
        lock(&self.hall).taken >= self.max
    }

    /// Asks those connections that have been idle for longest to leave; `false` if none is idle.
    pub(crate) fn make_room(&self) -> bool {
        let mut hall = lock(&self.hall);
        let most = (hall.idle.len() / LEAVE_PART).clamp(1, LEAVE_MAX);
        let mut asked = false;
        for (_, wanted) in (0..most).map_while(|_| hall.idle.pop_first()) {
            wanted.is.store(true, Ordering::Release);
            wanted.changed.notify_waiters();
            asked = true;
        }
        asked
    }

    /// A place for a connection that was let in, and has asked nothing yet.
    pub(crate) fn take(&self) -> Arc<Seat> {
        lock(&self.hall).taken += 1;
        let state = Mutex::new(State { busy: 0, asked: false, turn: None });
        let seat = Seat { hall: Arc::clone(&self.hall), state, wanted: Arc::default() };
        seat.idle();
        Arc::new(seat)
    }
}

impl Seat {
    /// A request has come.
    pub fn busy(self: &Arc<Self>) -> Busy {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.busy += 1;
        state.asked = true;
        if let Some(turn) = state.turn.take() {
            lock(&self.hall).idle.remove(&turn);
        }
        drop(state);
        Busy(Arc::clone(self))
    }

    /// Waits until this connection, while it was idle, was asked to make room.
    pub async fn is_wanted(&self) {
        loop {
            let changed = self.wanted.changed.notified();
            if self.wanted.is.load(Ordering::Acquire) {
                return;
            }
            changed.await;
        }
    }

    /// Whether no request is under way.
    pub fn is_idle(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).busy == 0
    }

    /// Whether any request has come so far.
    pub fn has_asked(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).asked
    }

    fn idle(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hall = lock(&self.hall);
        hall.turn += 1;
        let turn = hall.turn;
        state.turn = Some(turn);
        hall.idle.insert(turn, Arc::clone(&self.wanted));
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.busy -= 1;
        let rests = state.busy == 0;
        drop(state);
        if rests {
            self.0.idle();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut hall = lock(&self.hall);
        hall.taken -= 1;
        if let Some(turn) = state.turn {
            hall.idle.remove(&turn);
        }
    }
}

fn lock(hall: &Mutex<Hall>) -> MutexGuard<'_, Hall> {
    hall.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The process has no descriptor left (`EMFILE`), or the machine (`ENFILE`): the same numbers on every Unix.
const NO_DESCRIPTORS: [i32; 2] = [24, 23];

/// Whether something failed for want of file descriptors: nobody at the other end is to blame. A resolver hides why it
/// failed, so that then one is tried.
pub(crate) fn lacks_descriptors(error: &io::Error) -> bool {
    match error.raw_os_error() {
        Some(number) => NO_DESCRIPTORS.contains(&number),
        None if has_a_name(error.kind()) => false,
        None => TcpSocket::new_v4().is_err_and(|error| {
            error.raw_os_error().is_some_and(|number| NO_DESCRIPTORS.contains(&number))
        }),
    }
}

/// Whether an error says by itself what went wrong at the other end.
fn has_a_name(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::NotFound
            | io::ErrorKind::TimedOut
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidData
    )
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{Seats, lacks_descriptors};

    #[test]
    fn whoever_has_been_idle_for_longest_is_asked_to_leave() {
        let seats = Seats::new(3);
        let (first, second) = (seats.take(), seats.take());
        let asked = |seat: &super::Seat| {
            let waits = std::pin::pin!(seat.is_wanted());
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            waits.poll(&mut cx).is_ready()
        };
        let busy = (first.busy(), first.busy());
        assert!(seats.make_room());
        assert!(asked(&second) && !asked(&first), "the first is busy");
        assert!(!seats.make_room(), "nobody else is idle");
        drop(busy.0);
        assert!(!seats.make_room(), "it answers another request still");
        drop(busy.1);
        assert!(seats.make_room() && asked(&first));
        drop((first, second, seats.take()));
        assert!(!seats.make_room(), "who has gone is not asked");
    }

    #[test]
    fn whoever_leaves_gives_the_seat_back() {
        let seats = Seats::new(1);
        let seat = seats.take();
        assert!(seats.are_taken() && seat.is_idle() && !seat.has_asked());
        let busy = seat.busy();
        assert!(!seat.is_idle() && seat.has_asked());
        drop(seat);
        assert!(seats.are_taken(), "its answer is not sent yet");
        drop(busy);
        assert!(!seats.are_taken() && !seats.make_room());
    }

    #[test]
    fn a_want_of_descriptors_is_told_from_what_others_do() {
        assert!(lacks_descriptors(&io::Error::from_raw_os_error(24)));
        assert!(lacks_descriptors(&io::Error::from_raw_os_error(23)));
        assert!(!lacks_descriptors(&io::Error::from_raw_os_error(111)));
        assert!(!lacks_descriptors(&io::ErrorKind::ConnectionRefused.into()));
        assert!(!lacks_descriptors(&io::Error::other("no such host")), "one can be had");
    }
}
