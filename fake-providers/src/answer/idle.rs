//! Breaks a body off in which nothing was said for too long.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use record::AttemptEnd;
use tokio::time::{Instant, Sleep};

use super::Output;

/// How long a silence may still last.
#[derive(Debug)]
pub(super) struct IdleTimer {
    after: Duration,
    timer: Pin<Box<Sleep>>,
}

impl IdleTimer {
    /// From now on, nothing may be said for so long.
    pub(super) fn new(after: Duration) -> Self {
        Self { after, timer: Box::pin(tokio::time::sleep(after)) }
    }

    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut said: impl FnMut(&mut Context<'_>) -> Poll<Output>,
    ) -> Poll<Output> {
        if let Poll::Ready(output) = said(cx) {
            self.timer.as_mut().reset(Instant::now() + self.after);
            return Poll::Ready(output);
        }
        match self.timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Output::Broken(AttemptEnd::Closed)),
            Poll::Pending => Poll::Pending,
        }
    }
}
