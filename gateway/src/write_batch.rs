//! Letting everybody else who is ready have a turn, from within a `poll` function.
//!
//! A body that waits for such a turn before it hands out what it has gets frames of one burst into one
//! write, without any timer. `wake_by_ref` would not do: hyper polls a body several times in one turn
//! of its own.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// A turn of everybody else; can be taken again and again.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    flag: Arc<Flag>,
    asked: bool,
}

#[derive(Debug, Default)]
struct Flag {
    given: AtomicBool,
    waiting: Mutex<Option<Waker>>,
}

impl Turn {
    /// Ready once every task that was ready at the first call has been polled, as far as tokio's
    /// `yield_now` promises that.
    pub(crate) fn poll_given(&mut self, cx: &mut Context<'_>) -> Poll<()> {
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

/// Waits until a turn of everybody else brings nothing more.
#[derive(Debug, Default)]
pub(crate) struct WriteBatch {
    turn: Turn,
    /// How much there was when the turn under way began.
    before: Option<usize>,
}

impl WriteBatch {
    /// Ready when `collected` has not grown during a whole turn. Ends, if the amount is bounded.
    pub(crate) fn poll_over(&mut self, cx: &mut Context<'_>, collected: usize) -> Poll<()> {
        loop {
            let before = *self.before.get_or_insert(collected);
            std::task::ready!(self.turn.poll_given(cx));
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
