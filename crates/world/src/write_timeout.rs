//! A stream whose peer must keep reading.
//!
//! A client that no longer takes what is sent to it would hold its answer, whatever stands behind it
//! and a place in every count for as long as it likes; hyper asks for no more of an answer while it
//! cannot write, so that no time limit within the answer would ever be looked at.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// Fails a write or a flush that could not go on for a while. Costs nothing while writes go through.
#[derive(Debug)]
pub(crate) struct WriteTimeout<T> {
    io: T,
    /// `None` waits for ever.
    limit: Option<Duration>,
    stuck: Stuck,
    blocked: Blocked,
}

/// Whether something that was written could not leave yet. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocked(Arc<AtomicBool>);

impl Blocked {
    pub(crate) fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
struct Stuck {
    /// Made by the first write that has to wait.
    timer: Option<Pin<Box<Sleep>>>,
    waits: Option<Waits>,
}

/// What could not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    /// A write, perhaps after a flush.
    Write,
    /// Only a flush.
    Flush,
}

impl<T> WriteTimeout<T> {
    /// Watches over writes to `io`.
    pub(crate) fn new(io: T, limit: Option<Duration>) -> Self {
        Self { io, limit, stuck: Stuck::default(), blocked: Blocked::default() }
    }

    /// Says for as long as this stands whether its peer keeps something from leaving.
    pub(crate) fn blocked(&self) -> Blocked {
        self.blocked.clone()
    }

    fn note(&self) {
        self.blocked.0.store(self.stuck.waits.is_some(), Ordering::Relaxed);
    }
}

impl Stuck {
    /// A write was polled.
    fn wrote<R>(
        &mut self,
        cx: &mut Context<'_>,
        limit: Option<Duration>,
        polled: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if polled.is_ready() {
            self.waits = None;
            return polled;
        }
        self.wait(cx, limit, Waits::Write)
    }

    /// A flush was polled. It says nothing about whether the last write went through.
    fn flushed(
        &mut self,
        cx: &mut Context<'_>,
        limit: Option<Duration>,
        polled: Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        if polled.is_ready() {
            self.waits = self.waits.filter(|&waits| waits == Waits::Write);
            return polled;
        }
        self.wait(cx, limit, self.waits.unwrap_or(Waits::Flush))
    }

    fn wait<R>(
        &mut self,
        cx: &mut Context<'_>,
        limit: Option<Duration>,
        waits: Waits,
    ) -> Poll<io::Result<R>> {
        let begins = self.waits.replace(waits).is_none();
        let Some(limit) = limit else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if begins {
            timer.as_mut().reset(Instant::now() + limit);
        }
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for WriteTimeout<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.io).poll_write(cx, buf);
        let polled = this.stuck.wrote(cx, this.limit, polled);
        this.note();
        polled
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.io).poll_write_vectored(cx, bufs);
        let polled = this.stuck.wrote(cx, this.limit, polled);
        this.note();
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.io).poll_flush(cx);
        let polled = this.stuck.flushed(cx, this.limit, polled);
        this.note();
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;
    use std::time::Duration;

    use super::Stuck;

    const LIMIT: Option<Duration> = Some(Duration::from_secs(60));

    /// One poll of a write (`true`) or a flush that can go on, or cannot; whether it has failed.
    async fn fails(stuck: &mut Stuck, write: bool, goes_on: bool) -> bool {
        let polled = || if goes_on { Poll::Ready(Ok(())) } else { Poll::Pending };
        let done = |stuck: &mut Stuck, cx: &mut std::task::Context<'_>| match write {
            true => stuck.wrote(cx, LIMIT, polled()),
            false => stuck.flushed(cx, LIMIT, polled()),
        };
        poll_fn(|cx| Poll::Ready(matches!(done(stuck, cx), Poll::Ready(Err(_))))).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_flush_that_went_through_leaves_no_clock_running() {
        let mut stuck = Stuck::default();
        assert!(!fails(&mut stuck, false, false).await, "a flush waits");
        assert!(!fails(&mut stuck, false, true).await, "and goes through");
        tokio::time::sleep(Duration::from_secs(61)).await;
        assert!(!fails(&mut stuck, true, false).await, "a write has its whole time");
        tokio::time::sleep(Duration::from_secs(61)).await;
        assert!(fails(&mut stuck, true, false).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_flush_says_nothing_about_a_write_that_waits() {
        let mut stuck = Stuck::default();
        assert!(!fails(&mut stuck, true, false).await, "a write waits");
        tokio::time::sleep(Duration::from_secs(61)).await;
        assert!(!fails(&mut stuck, false, true).await, "a flush has nothing to do");
        assert!(fails(&mut stuck, true, false).await, "the write still waits");
    }
}
