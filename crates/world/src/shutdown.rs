//! Graceful shutdown of a server: open requests may finish within a grace, and what is open then ends
//! with a visible last word instead of in silence.
//!
//! [`Shutdown`] only says how far the end is. Connections act on it: they wake what they carry, so that
//! a request or a stream needs no more than a look at [`Shutdown::is_over`] whenever it is polled.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::Notify;

/// How far the end of one server is.
#[derive(Debug, Default)]
pub struct Shutdown {
    announced: Signal,
    begun: Signal,
    over: Signal,
}

/// How long the parts of an end take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phases {
    /// From the announcement until nothing new is taken.
    pub notice: Duration,
    /// For open requests, from then on.
    pub grace: Duration,
    /// For what they are told when that is over.
    pub last_words: Duration,
}

impl Shutdown {
    /// Waits for `stop` and then leads through the end. Ready when nothing is waited for any more.
    pub async fn conduct(&self, stop: impl Future<Output = ()>, phases: Phases) {
        stop.await;
        self.announced.raise();
        if !phases.notice.is_zero() {
            tokio::time::sleep(phases.notice).await;
        }
        self.begun.raise();
        tokio::time::sleep(phases.grace).await;
        self.over.raise();
        tokio::time::sleep(phases.last_words).await;
    }

    /// Whether the end was announced: whoever can go elsewhere should.
    pub fn is_announced(&self) -> bool {
        self.announced.is_raised()
    }

    /// Waits until no new request is wanted. For one task only, like every wait here.
    pub async fn begun(&self) {
        self.begun.raised().await;
    }

    /// Waits until the grace is over.
    pub async fn over(&self) {
        self.over.raised().await;
    }

    /// Whether the grace is over.
    pub fn is_over(&self) -> bool {
        self.over.is_raised()
    }

    /// Goes on with `work`, and polls it once more when the grace is over: for work that shares its task with other work,
    /// of which each is polled only when it is woken.
    pub async fn attended<T>(&self, work: impl Future<Output = T>) -> T {
        let (mut work, mut over, mut told) = (pin!(work), pin!(self.over()), false);
        poll_fn(|cx| {
            told = told || over.as_mut().poll(cx).is_ready();
            work.as_mut().poll(cx)
        })
        .await
    }

    /// Goes on with `work` until the grace is over; `None` then. Whoever polls this polls it once more
    /// when that happens.
    pub async fn unless_over<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if self.is_over() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

/// Something that happens once.
#[derive(Debug, Default)]
struct Signal {
    raised: AtomicBool,
    bell: Notify,
}

impl Signal {
    fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        self.bell.notify_waiters();
    }

    fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Acquire)
    }

    async fn raised(&self) {
        let mut bell = pin!(self.bell.notified());
        let mut listens = false;
        poll_fn(|cx: &mut Context<'_>| {
            if self.is_raised() {
                return Poll::Ready(());
            }
            // The bell has one lock for all connections, which are polled far too often to take it
            // each time. A task's waker stays the same, so once is enough.
            if !std::mem::replace(&mut listens, true) {
                ready!(bell.as_mut().poll(cx));
            }
            if self.is_raised() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
