//! Serving HTTP/2 over a [`Conn`]: with prior knowledge on a plain socket, by ALPN under TLS. Memory
//! speaks HTTP/1 only: virtual time measures policies, not framings.
//!
//! All streams of a connection run in its own task. They end with it, need no executor, and take turns
//! with it, so that what a stream has said has left before the stream is reset. It must never know why
//! a stream is reset.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use h2::Reason;
use http::{HeaderValue, Request, Response, header};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::write_timeout::WriteTimeout;
use crate::{Conn, ServeOptions};

/// Streams of a connection at a time, as its clients are told: what providers' edges allow, and the
/// least that RFC 9113, section 6.5.2, recommends.
const STREAMS_MAX: u32 = 100;

/// Which HTTP a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1 or 1.0.
    Http1,
    /// HTTP/2.
    Http2,
}

/// Why a stream is reset: the error codes of RFC 9113, section 7, that servers use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetCode {
    /// `NO_ERROR`: for no reason that the client is told.
    NoError,
    /// `PROTOCOL_ERROR`: something came that cannot be framed.
    Protocol,
    /// `INTERNAL_ERROR`: whoever worked on it is gone.
    Internal,
    /// `REFUSED_STREAM`: nobody has begun to work on it, so that it may be tried again.
    Refused,
}

/// The end of a stream before its time.
#[derive(Debug, thiserror::Error)]
#[error("the stream is reset")]
pub struct StreamReset(#[source] h2::Error);

impl From<ResetCode> for StreamReset {
    fn from(code: ResetCode) -> Self {
        let reason = match code {
            ResetCode::NoError => Reason::NO_ERROR,
            ResetCode::Protocol => Reason::PROTOCOL_ERROR,
            ResetCode::Internal => Reason::INTERNAL_ERROR,
            ResetCode::Refused => Reason::REFUSED_STREAM,
        };
        Self(reason.into())
    }
}

impl Conn {
    /// Which HTTP its client speaks: under TLS what both agreed on, on a plain socket what the first
    /// bytes say, which stay unread. Waits for these bytes.
    pub async fn http_version(&self) -> HttpVersion {
        let mut first = [0; PREFACE.len()];
        // Ends with what the client says first, or with the client.
        while let Some(peeked) = self.peek(&mut first).await {
            match first.get(..peeked) {
                Some(said) if said == PREFACE => return HttpVersion::Http2,
                Some(said) if !said.is_empty() && PREFACE.starts_with(said) => {
                    tokio::time::sleep(PREFACE_LOOK).await;
                }
                Some(_) | None => return HttpVersion::Http1,
            }
        }
        match self.agreed_protocol() {
            Some(H2) => HttpVersion::Http2,
            Some(_) | None => HttpVersion::Http1,
        }
    }
}

/// How ALPN calls HTTP/2 (RFC 9113, section 3.2).
pub(crate) const H2: &[u8] = b"h2";

/// How a client of HTTP/2 begins (RFC 9113, section 3.4); no method of HTTP/1 does.
const PREFACE: &[u8] = b"PRI";

/// How often the beginning of a preface is looked at for the rest: clients send it in one piece.
const PREFACE_LOOK: Duration = Duration::from_millis(20);

/// Serves `conn` until it ends. When `drain` is ready its client is told (`GOAWAY`), no further stream
/// is taken, and it ends with those under way. With a write timeout in `options`, a client that leaves
/// an answer unread for so long ends it. When `leave` is ready it ends as soon as no stream is under way, and all that was
/// said has left, whether its client has heard of that or not. A request without `host` gets what its address says there.
///
/// # Errors
/// When the connection breaks, or the client does not speak HTTP/2; `TimedOut`.
pub async fn serve_http2<H, F, B>(
    conn: Conn,
    options: ServeOptions,
    (drain, leave): (impl Future<Output = ()>, impl Future<Output = ()>),
    handler: H,
) -> io::Result<()>
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Result<Response<B>, StreamReset>> + Send + 'static,
    B: Body<Data = Bytes, Error = StreamReset> + Unpin + Send + 'static,
{
    let (streams, progress) = (Streams::default(), Arc::new(Progress::default()));
    let service = service_fn(|request| {
        let (answer, progress) = (handler(with_host(request)), Arc::clone(&progress));
        async move { answer.await.map(|answer| answer.map(|body| TurnBody::new(body, progress))) }
    });
    let conn = WriteTimeout::new(conn, options.write_timeout);
    let blocked = conn.blocked();
    let headers_max = u32::try_from(options.head_bytes_max).unwrap_or(u32::MAX);
    let served = http2::Builder::new(streams.clone())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(headers_max)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(conn), service);
    let (mut served, mut drain, mut draining) = (pin!(served), pin!(drain), false);
    let (mut leave, mut leaving) = (pin!(leave), false);
    let mut readers = options.write_timeout.map(Readers::new);
    let mut under_way = FuturesUnordered::new();
    poll_fn(|cx| {
        progress.next_turn();
        if !draining && drain.as_mut().poll(cx).is_ready() {
            draining = true;
            served.as_mut().graceful_shutdown();
        }
        let ended = served.as_mut().poll(cx).map_err(io::Error::other);
        under_way.extend(streams.begun());
        // Ends: streams that can go on at once wait for the next turn after two.
        while let Poll::Ready(Some(())) = under_way.poll_next_unpin(cx) {}
        leaving = leaving || leave.as_mut().poll(cx).is_ready();
        if leaving && under_way.is_empty() && !blocked.is() {
            return Poll::Ready(Ok(()));
        }
        match (ended, &mut readers) {
            (Poll::Pending, Some(readers)) => readers.poll(cx, &progress),
            (ended, _) => ended,
        }
    })
    .await
}

/// HTTP/1 names the host in a header, HTTP/2 in the address; whoever reads it looks into the header.
fn with_host(mut request: Request<Incoming>) -> Request<Incoming> {
    let authority = request.uri().authority().map(|authority| authority.as_str());
    if let Some(host) = authority.and_then(|host| HeaderValue::from_str(host).ok())
        && !request.headers().contains_key(header::HOST)
    {
        request.headers_mut().insert(header::HOST, host);
    }
    request
}

type BoxedStream = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Streams that have begun and that nobody has polled yet; at most [`STREAMS_MAX`].
#[derive(Clone, Default)]
struct Streams(Arc<Mutex<Vec<BoxedStream>>>);

impl Streams {
    fn begun(&self) -> Vec<BoxedStream> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Future<Output = ()> + Send + 'static> Executor<S> for Streams {
    fn execute(&self, stream: S) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Box::pin(stream));
    }
}

/// How far a connection and its streams have come.
#[derive(Debug, Default)]
struct Progress {
    /// In each turn the connection is polled first, and then its streams.
    turn: AtomicU64,
    bodies: AtomicU64,
    /// Bodies whose last piece waits for its reader, and since when; at most one for each stream.
    unread: Mutex<BTreeMap<u64, Instant>>,
}

impl Progress {
    fn next_turn(&self) {
        self.turn.fetch_add(1, Ordering::Relaxed);
    }

    fn turn(&self) -> u64 {
        self.turn.load(Ordering::Relaxed)
    }

    fn said(&self, body: u64) {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner).insert(body, Instant::now());
    }

    fn heard(&self, body: u64) {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner).remove(&body);
    }

    fn oldest_unread(&self) -> Option<Instant> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner).values().min().copied()
    }
}

/// Looks for readers that do not read. A flow-controlled body is not polled while its client takes
/// nothing, so that neither the body nor the socket could tell.
#[derive(Debug)]
struct Readers {
    limit: Duration,
    look: Interval,
}

impl Readers {
    fn new(limit: Duration) -> Self {
        let mut look = tokio::time::interval((limit / 4).max(Duration::from_millis(1)));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { limit, look }
    }

    fn poll(&mut self, cx: &mut Context<'_>, progress: &Progress) -> Poll<io::Result<()>> {
        // Each turn waits for a tick.
        loop {
            ready!(self.look.poll_tick(cx));
            if progress.oldest_unread().is_some_and(|since| since.elapsed() >= self.limit) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
    }
}

/// A body whose reset waits for the next turn of its connection: a reset discards what still waits to
/// be sent on its stream.
#[derive(Debug)]
struct TurnBody<B> {
    body: B,
    number: u64,
    progress: Arc<Progress>,
    /// How it breaks off, and in which turn it did.
    broken: Option<(StreamReset, u64)>,
}

impl<B> TurnBody<B> {
    fn new(body: B, progress: Arc<Progress>) -> Self {
        let number = progress.bodies.fetch_add(1, Ordering::Relaxed);
        Self { body, number, progress, broken: None }
    }
}

impl<B> Body for TurnBody<B>
where
    B: Body<Data = Bytes, Error = StreamReset> + Unpin,
{
    type Data = Bytes;
    type Error = StreamReset;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamReset>>> {
        let this = self.get_mut();
        this.progress.heard(this.number);
        if this.broken.is_none() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Err(reset)) => this.broken = Some((reset, this.progress.turn())),
                Some(Ok(frame)) => {
                    this.progress.said(this.number);
                    return Poll::Ready(Some(Ok(frame)));
                }
                None => return Poll::Ready(None),
            }
        }
        let turn = this.progress.turn();
        match this.broken.take_if(|(_, since)| *since != turn) {
            Some((reset, _)) => Poll::Ready(Some(Err(reset))),
            None => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.broken.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for TurnBody<B> {
    fn drop(&mut self) {
        self.progress.heard(self.number);
    }
}
