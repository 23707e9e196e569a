//! An orderly end: open requests may finish within a grace, and what is open then ends with a visible
//! last word instead of in silence.
//!
//! [`Shutdown`] only says how far the end is. Connections act on it: they wake what they carry, so that
//! a request or a stream needs no more than a look at [`Shutdown::is_over`] whenever it is polled.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::Notify;

use crate::upstream::failure::{ErrorClass, Failure, Reason, Trouble};

/// How long open requests may take to end after the stop. With the last words it fits into the ten
/// seconds after which `docker stop` kills.
pub const GRACE: Duration = Duration::from_secs(8);

/// How long the last words may take to reach the clients; then connections are dropped.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(1);

/// How far the end of one server is.
#[derive(Debug, Default)]
pub(crate) struct Shutdown {
    begun: Signal,
    over: Signal,
}

impl Shutdown {
    /// Waits for `stop` and then leads through the end; ready when nothing is waited for any more.
    pub(crate) async fn conduct(&self, stop: impl Future<Output = ()>) {
        stop.await;
        self.begun.raise();
        tokio::time::sleep(GRACE).await;
        self.over.raise();
        tokio::time::sleep(LAST_WORDS).await;
    }

    /// Waits until no new request is wanted. For one task only, like every wait here.
    pub(crate) async fn begun(&self) {
        self.begun.raised().await;
    }

    /// Waits until the grace is over.
    pub(crate) async fn over(&self) {
        self.over.raised().await;
    }

    /// Whether the grace is over.
    pub(crate) fn is_over(&self) -> bool {
        self.over.is_raised()
    }

    /// Goes on with `work` until the grace is over; `None` then. Whoever polls this polls it once more
    /// when that happens.
    pub(crate) async fn unless_over<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if self.is_over() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

/// The last word for whoever is cut off.
pub(crate) fn failure() -> Failure {
    let class = ErrorClass::ServiceUnavailable;
    let text = "The gateway is shutting down; send the request again";
    let broken = Failure::broken(Trouble::Cut, text);
    Failure { class, status: class.status(), reason: Reason::ShuttingDown, ..broken }
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
