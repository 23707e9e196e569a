//! Getting the frames of one burst into one write, without any timer: a body yields to every other
//! ready task before it hands out what it has, until that brings nothing more.
//!
//! `wake_by_ref` would not do for the yield: hyper polls a body several times in one turn of its own.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// tokio's `yield_now` as a `poll` function; can be used again and again.
#[derive(Debug, Default)]
struct YieldNow {
    flag: Arc<Flag>,
    asked: bool,
}

#[derive(Debug, Default)]
struct Flag {
    given: AtomicBool,
    waiting: Mutex<Option<Waker>>,
}

impl YieldNow {
    /// Ready once every task that was ready at the first call has been polled, as far as tokio's
    /// `yield_now` promises that.
    fn poll_yielded(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.flag.given.swap(false, Ordering::AcqRel) {
            self.asked = false;
            return Poll::Ready(());
        }
        self.flag.wait(cx.waker());
        if !std::mem::replace(&mut self.asked, true) {
            let waker = Waker::from(Arc::clone(&self.flag));
            // The first poll leaves the waker with the runtime, which is all that is wanted.
            let _ = pin!(tokio::task::yield_now()).poll(&mut Context::from_waker(&waker));
        }
        Poll::Pending
    }
}

/// Waits until a yield brings nothing more.
#[derive(Debug, Default)]
pub struct WriteBatch {
    yielding: YieldNow,
    /// How much there was when the yield under way began.
    before: Option<usize>,
}

impl WriteBatch {
    /// Ready when `collected` has not grown during a whole yield. Ends, if the amount is bounded.
    pub fn poll_over(&mut self, cx: &mut Context<'_>, collected: usize) -> Poll<()> {
        loop {
            let before = *self.before.get_or_insert(collected);
            std::task::ready!(self.yielding.poll_yielded(cx));
            self.before = None;
            if before == collected {
                return Poll::Ready(());
            }
        }
    }
}

impl Flag {
    fn wait(&self, waker: &Waker) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *waiting {
            Some(known) if known.will_wake(waker) => {}
            other => *other = Some(waker.clone()),
        }
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.given.store(true, Ordering::Release);
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}
