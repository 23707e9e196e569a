//! Clients that close their direction of a socket once their request is sent, as `nc -N` and some proxies do, and wait for
//! the answer: they get it. Whoever leaves closes a socket the same way, and must not be worked for, so that the two are
//! told apart: a client that left answers whatever reaches it with a reset.
//!
//! Before the head of an answer that is an interim response, which every client of HTTP/1.1 has to expect any number of
//! times (RFC 9110, section 15.2). Within an answer it is the answer itself; whoever closes then while nothing is said has
//! most likely left. It must never know what is asked.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Version};
use http_body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::{Busy, Conn, Seat};

/// What a client that waits must read over.
const PROBE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Time from one probe to the next: a client may leave long after it has closed its direction.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// First look for a reset after a probe, then twice as long each time: in one machine it comes at once.
const LOOK_MIN: Duration = Duration::from_millis(1);

/// Longest time between two looks.
const LOOK_MAX: Duration = Duration::from_millis(250);

/// How long a client that closed within an answer counts as waiting while nothing is written to it.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// How long an idle connection that was asked to leave may take.
const LEAVE_MAX: Duration = Duration::from_millis(50);

const NONE: u8 = 0;
const ASKING: u8 = 1;
const WAITS: u8 = 2;
/// As [`WAITS`], for a client of HTTP/1.0, which knows no interim responses.
const WAITS_UNPROBED: u8 = 3;

/// How far the request on a connection is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange(Arc<Progress>);

#[derive(Debug, Default)]
struct Progress {
    state: AtomicU8,
    /// Whether anything was written since the request came.
    spoken: AtomicBool,
    /// Whether what was written may not have left.
    unflushed: AtomicBool,
    seat: Option<Arc<Seat>>,
}

/// Stands in the extensions of a request: whoever has read its body to the end says so.
#[derive(Clone, Debug)]
pub struct RequestEnd {
    exchange: Exchange,
    waits: u8,
}

/// A request that is answered, until this is dropped.
#[derive(Debug)]
pub(crate) struct Answering {
    exchange: Exchange,
    _busy: Option<Busy>,
}

impl Exchange {
    /// On a connection with this seat.
    pub(crate) fn at(seat: Option<&Arc<Seat>>) -> Self {
        Self(Arc::new(Progress { seat: seat.cloned(), ..Progress::default() }))
    }

    /// A request has come, perhaps not yet all of it.
    pub(crate) fn begin<B: Body>(&self, request: &mut Request<B>) -> Answering {
        let waits = if request.version() < Version::HTTP_11 { WAITS_UNPROBED } else { WAITS };
        let whole = request.body().is_end_stream();
        self.0.state.store(if whole { waits } else { ASKING }, Ordering::Relaxed);
        self.0.spoken.store(false, Ordering::Relaxed);
        request.extensions_mut().insert(RequestEnd { exchange: self.clone(), waits });
        Answering { exchange: self.clone(), _busy: self.0.seat.as_ref().map(Seat::busy) }
    }

    fn state(&self) -> u8 {
        self.0.state.load(Ordering::Relaxed)
    }

    /// Whether something was written that may not have left.
    fn is_unflushed(&self) -> bool {
        self.0.unflushed.load(Ordering::Relaxed)
    }

    /// Waits until the connection was asked to make room, and some time later is idle still, with nothing left to send: a
    /// head that never becomes whole is not worth a seat.
    pub(crate) async fn overstays(&self) {
        let Some(seat) = &self.0.seat else { return std::future::pending().await };
        seat.is_wanted().await;
        loop {
            tokio::time::sleep(LEAVE_MAX).await;
            if seat.is_idle() && !self.is_unflushed() {
                return;
            }
        }
    }

    fn has_spoken(&self) -> bool {
        self.0.spoken.load(Ordering::Relaxed)
    }
}

impl RequestEnd {
    /// All of the request was read: a client that closes its direction now has said what it had to say.
    pub fn is_reached(&self) {
        self.exchange.0.state.store(self.waits, Ordering::Relaxed);
    }
}

impl Answering {
    /// The answer's body, with whose end the client waits no more.
    pub(crate) fn until_sent<B>(self, body: B) -> AnsweringBody<B> {
        AnsweringBody { body, _answering: self }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.exchange.0.state.store(NONE, Ordering::Relaxed);
    }
}

/// The body of an answer, as it is.
#[derive(Debug)]
pub(crate) struct AnsweringBody<B> {
    body: B,
    _answering: Answering,
}

impl<B: Body<Data = Bytes> + Unpin> Body for AnsweringBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection whose client may close its direction before the answer.
#[derive(Debug)]
pub(crate) struct HalfClose {
    conn: Conn,
    exchange: Exchange,
    closed: Option<Closed>,
}

/// A client that has closed its direction.
#[derive(Debug)]
struct Closed {
    /// Whether the answer had begun.
    within: Within,
    /// When something was last written, or the client closed its direction.
    heard: Instant,
    look: Pin<Box<Sleep>>,
    pause: Duration,
    probed: Option<Instant>,
    /// What is left to write of a probe.
    rest: &'static [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Answer,
    Wait,
}

impl HalfClose {
    pub(crate) fn new(conn: Conn, exchange: Exchange) -> Self {
        Self { conn, exchange, closed: None }
    }

    /// The end of a request that is not whole, once whoever reads it has had the time to find that it is.
    fn poll_cut_short(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(closed) = &mut self.closed else { return Poll::Ready(Ok(())) };
        while closed.heard.elapsed() < LOOK_MAX {
            ready!(closed.look.as_mut().poll(cx));
            closed.look.as_mut().reset(Instant::now() + LOOK_MIN);
        }
        Poll::Ready(Ok(()))
    }

    /// Whether the client has gone, once its direction has ended.
    fn poll_gone(&mut self, cx: &mut Context<'_>, may_probe: bool) -> Poll<()> {
        let Some(closed) = &mut self.closed else { return Poll::Ready(()) };
        // A probe would come between what has not left.
        let may_probe = may_probe && !self.exchange.is_unflushed() && !self.exchange.has_spoken();
        // Each turn waits for the next look.
        loop {
            if self.conn.has_broken() {
                return Poll::Ready(());
            }
            match closed.within {
                Within::Answer => {
                    if closed.heard.elapsed() >= SILENCE_MAX {
                        return Poll::Ready(());
                    }
                }
                Within::Wait => {
                    let due = closed.probed.is_none_or(|at| at.elapsed() >= PROBE_EVERY);
                    if may_probe && due && closed.rest.is_empty() {
                        closed.rest = PROBE;
                        closed.probed = Some(Instant::now());
                        closed.pause = LOOK_MIN;
                        closed.look.as_mut().reset(Instant::now() + LOOK_MIN);
                    }
                    if closed.poll_probe(&mut self.conn, cx).is_err() {
                        return Poll::Ready(());
                    }
                }
            }
            ready!(closed.look.as_mut().poll(cx));
            closed.pause = (closed.pause * 2).min(LOOK_MAX);
            closed.look.as_mut().reset(Instant::now() + closed.pause);
        }
    }
}

impl Closed {
    fn new(within: Within) -> Self {
        Self {
            within,
            heard: Instant::now(),
            look: Box::pin(tokio::time::sleep(LOOK_MIN)),
            pause: LOOK_MIN,
            probed: None,
            rest: &[],
        }
    }

    /// Writes what is left of a probe; the other end's reset may show by it.
    fn poll_probe(&mut self, conn: &mut Conn, cx: &mut Context<'_>) -> io::Result<()> {
        while !self.rest.is_empty() {
            match Pin::new(&mut *conn).poll_write(cx, self.rest) {
                Poll::Ready(written) => self.rest = self.rest.get(written?..).unwrap_or_default(),
                Poll::Pending => return Ok(()),
            }
        }
        match Pin::new(conn).poll_flush(cx) {
            Poll::Ready(flushed) => flushed,
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for HalfClose {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.closed.is_none() {
            let filled = buf.filled().len();
            ready!(Pin::new(&mut this.conn).poll_read(cx, buf))?;
            if buf.filled().len() > filled || buf.remaining() == 0 || !this.conn.is_socket() {
                return Poll::Ready(Ok(()));
            }
            let spoken = this.exchange.has_spoken();
            let within = if spoken { Within::Answer } else { Within::Wait };
            this.closed = Some(Closed::new(within));
        }
        match this.exchange.state() {
            WAITS => {
                ready!(this.poll_gone(cx, true));
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            WAITS_UNPROBED => {
                ready!(this.poll_gone(cx, false));
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            // The end may have come together with the last of the body, which nobody has looked at yet.
            ASKING => this.poll_cut_short(cx),
            // Nothing is owed.
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for HalfClose {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(closed) = &mut this.closed {
            closed.poll_probe(&mut this.conn, cx)?;
            if !closed.rest.is_empty() {
                return Poll::Pending;
            }
            closed.heard = Instant::now();
        }
        this.exchange.0.unflushed.store(true, Ordering::Relaxed);
        this.exchange.0.spoken.store(true, Ordering::Relaxed);
        Pin::new(&mut this.conn).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.conn.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.conn).poll_flush(cx))?;
        this.exchange.0.unflushed.store(false, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().conn).poll_shutdown(cx)
    }
}
