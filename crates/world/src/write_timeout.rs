//! A stream whose peer must keep reading.
//!
//! A client that no longer takes what is sent to it would hold its answer, whatever stands behind it
//! and a place in every count for as long as it likes; hyper asks for no more of an answer while it
//! cannot write, so that no time limit within the answer would ever be looked at.

use std::future::Future;
use std::io;
use std::pin::Pin;
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
}

#[derive(Debug, Default)]
struct Stuck {
    /// Made by the first write that has to wait.
    timer: Option<Pin<Box<Sleep>>>,
    waits: bool,
}

impl<T> WriteTimeout<T> {
    /// Watches over writes to `io`.
    pub(crate) fn new(io: T, limit: Option<Duration>) -> Self {
        Self { io, limit, stuck: Stuck::default() }
    }
}

impl Stuck {
    fn watch<R>(
        &mut self,
        cx: &mut Context<'_>,
        limit: Option<Duration>,
        polled: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        let Some(limit) = limit else { return polled };
        if polled.is_ready() {
            self.waits = false;
            return polled;
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if !std::mem::replace(&mut self.waits, true) {
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
        this.stuck.watch(cx, this.limit, polled)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.io).poll_write_vectored(cx, bufs);
        this.stuck.watch(cx, this.limit, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.io).poll_flush(cx) {
            // A flush says nothing about whether the last write went through.
            Poll::Ready(flushed) => Poll::Ready(flushed),
            Poll::Pending => this.stuck.watch(cx, this.limit, Poll::Pending),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
