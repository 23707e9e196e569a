//! An HTTP/1 client with warm connections: hyper's connection, our pool.
//!
//! hyper-util's pooled client hides what a gateway under test must say (was the connection new? did
//! anything reach the other end?) and costs more per request. Here a request takes an idle
//! connection or dials one, the body gives it back when it was read to its end, and everything else
//! closes it. Retries are the caller's business, with one exception: a request that found a reused
//! connection closed before a single byte was written is sent again, because nobody has seen it.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::seats::lacks_descriptors;
use crate::{Authority, Conn, Connector, Dial};

/// Bounds of a pool.
#[derive(Clone, Copy, Debug)]
pub struct PoolOptions {
    /// Idle connections kept per host; more are closed.
    pub idle_per_host_max: usize,
    /// An idle connection older than this is not used again. Below the 60 to 400 s after which
    /// providers' edges close theirs.
    pub idle_timeout: Duration,
    /// How long a dial may take.
    pub connect_timeout: Duration,
}

impl Default for PoolOptions {
    /// 1,024 idle connections per host, 50 s idle, 5 s to connect (LiteLLM's and the SDKs' value).
    fn default() -> Self {
        Self {
            idle_per_host_max: 1024,
            idle_timeout: Duration::from_secs(50),
            connect_timeout: Duration::from_secs(5),
        }
    }
}

/// Bytes of an answer that are read ahead of whoever reads it, and the largest head of an answer: hyper's own bound is six
/// times as much, and a stream whose client reads nothing would hold all of it.
const READ_AHEAD_MAX: usize = 64 * 1024;

/// A pool of connections to named hosts. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Pool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    connector: Arc<dyn Connector>,
    options: PoolOptions,
    idle: Mutex<BTreeMap<Authority, VecDeque<Idle>>>,
}

/// Why no response head came.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The process, or the machine, has no file descriptor left for a connection: nobody else is to blame. Idle
    /// connections were closed for it in vain.
    #[error("no file descriptor is left for a connection: {0}")]
    NoDescriptors(#[source] io::Error),
    /// The connection could not be opened; the request was not sent.
    #[error("failed to connect: {0}")]
    Connect(#[source] io::Error),
    /// The dial took longer than [`PoolOptions::connect_timeout`].
    #[error("failed to connect within {0:?}")]
    ConnectTimeout(Duration),
    /// The connection ended, or broke HTTP, before a response head.
    #[error("connection ended before the response head: {0}")]
    Closed(#[source] hyper::Error),
    /// The same of a connection that had been used before: most likely its other end had closed it for being idle, when
    /// the request was on its way. The others that are idle are dropped with it.
    #[error("a connection that was kept open ended before the response head: {0}")]
    Stale(#[source] hyper::Error),
}

/// A body that gives its connection back at its end, and closes it when dropped before.
#[derive(Debug)]
pub struct PooledBody {
    source: Source,
    live: Option<Live>,
}

/// Where a body comes from.
#[derive(Debug)]
enum Source {
    /// A connection.
    Incoming(Incoming),
    /// Nowhere: it is here.
    Made(Full<Bytes>),
}

#[derive(Debug)]
struct Idle {
    line: Line,
    since: Instant,
}

/// One connection: its sending half, and the task that drives it.
#[derive(Debug)]
struct Line {
    sender: SendRequest<Full<Bytes>>,
    _task: AbortOnDrop,
}

#[derive(Debug)]
struct AbortOnDrop(AbortHandle);

#[derive(Debug)]
struct Live {
    line: Line,
    to: Authority,
    pool: Arc<Shared>,
}

impl Pool {
    /// A pool that dials through `connector`.
    pub fn new(connector: Arc<dyn Connector>, options: PoolOptions) -> Self {
        Self { shared: Arc::new(Shared { connector, options, idle: Mutex::default() }) }
    }

    /// Sends one request and waits for the response head. `request` has an origin-form URI and a
    /// `host` header; `on_behalf_of` labels the dial, if one is needed.
    ///
    /// # Errors
    /// [`SendError`]; there is no timeout here but that of the dial.
    pub async fn send(
        &self,
        to: &Authority,
        request: Request<Full<Bytes>>,
        on_behalf_of: &str,
    ) -> Result<Response<PooledBody>, SendError> {
        let mut request = request;
        // Each turn uses up one idle connection, so the loop is bounded by `idle_per_host_max`.
        while let Some(mut line) = self.shared.take(to) {
            if line.sender.ready().await.is_err() {
                continue;
            }
            match line.sender.try_send_request(request).await {
                Ok(response) => return Ok(self.attach(response, line, to)),
                Err(mut failed) => match failed.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(self.shared.broke(to, failed.into_error())),
                },
            }
        }
        let mut line = self.dial(to, on_behalf_of).await?;
        line.sender.ready().await.map_err(SendError::Closed)?;
        let response = line.sender.send_request(request).await.map_err(SendError::Closed)?;
        Ok(self.attach(response, line, to))
    }

    fn attach(
        &self,
        response: Response<Incoming>,
        line: Line,
        to: &Authority,
    ) -> Response<PooledBody> {
        let live = Live { line, to: to.clone(), pool: Arc::clone(&self.shared) };
        response.map(|incoming| {
            let mut body = PooledBody { source: Source::Incoming(incoming), live: Some(live) };
            if body.source.is_end_stream() {
                body.give_back();
            }
            body
        })
    }

    async fn dial(&self, to: &Authority, on_behalf_of: &str) -> Result<Line, SendError> {
        let conn = match self.connect(to, on_behalf_of).await {
            Err(SendError::NoDescriptors(_)) if self.shared.close_idle() => {
                // Their tasks close them.
                tokio::task::yield_now().await;
                self.connect(to, on_behalf_of).await?
            }
            connected => connected?,
        };
        let (sender, connection) = Builder::new()
            .max_buf_size(READ_AHEAD_MAX)
            .handshake(TokioIo::new(conn))
            .await
            .map_err(SendError::Closed)?;
        let task = tokio::spawn(async move {
            // What goes wrong here reaches the request through its response or body.
            let _ = connection.await;
        });
        Ok(Line { sender, _task: AbortOnDrop(task.abort_handle()) })
    }
}

impl Pool {
    async fn connect(&self, to: &Authority, on_behalf_of: &str) -> Result<Conn, SendError> {
        let limit = self.shared.options.connect_timeout;
        let dial = self.shared.connector.connect(Dial { to, on_behalf_of });
        let dialled = tokio::time::timeout(limit, dial).await;
        dialled.map_err(|_| SendError::ConnectTimeout(limit))?.map_err(|error| {
            match lacks_descriptors(&error) {
                true => SendError::NoDescriptors(error),
                false => SendError::Connect(error),
            }
        })
    }
}

impl Shared {
    /// Closes every idle connection; `false` if there was none.
    fn close_idle(&self) -> bool {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        idle.into_values().any(|queue| !queue.is_empty())
    }

    /// The most recently used idle connection that is young enough.
    fn take(&self, to: &Authority) -> Option<Line> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = idle.get_mut(to)?;
        while let Some(Idle { line, since }) = queue.pop_back() {
            if since.elapsed() > self.options.idle_timeout {
                queue.clear();
                return None;
            }
            if !line.sender.is_closed() {
                return Some(line);
            }
        }
        None
    }

    /// A reused connection broke with a request on it.
    fn broke(&self, to: &Authority, error: hyper::Error) -> SendError {
        if error.is_parse() {
            return SendError::Closed(error);
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).remove(to);
        SendError::Stale(error)
    }

    fn put(&self, to: &Authority, line: Line) {
        if line.sender.is_closed() || self.options.idle_per_host_max == 0 {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = match idle.get_mut(to) {
            Some(queue) => queue,
            None => idle.entry(to.clone()).or_default(),
        };
        if queue.len() >= self.options.idle_per_host_max {
            queue.pop_front();
        }
        queue.push_back(Idle { line, since: Instant::now() });
    }
}

impl PooledBody {
    /// A body that no connection brings.
    pub fn made(bytes: Bytes) -> Self {
        Self { source: Source::Made(Full::new(bytes)), live: None }
    }

    fn give_back(&mut self) {
        if let Some(Live { line, to, pool }) = self.live.take() {
            pool.put(&to, line);
        }
    }
}

impl Body for PooledBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.source).poll_frame(cx);
        match &polled {
            Poll::Ready(None) => this.give_back(),
            Poll::Ready(Some(Ok(_))) if this.source.is_end_stream() => this.give_back(),
            Poll::Ready(Some(Err(_))) => this.live = None,
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.source.size_hint()
    }
}

impl Body for Source {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Incoming(incoming) => Pin::new(incoming).poll_frame(cx),
            Self::Made(made) => {
                let polled = Pin::new(made).poll_frame(cx);
                polled.map(|frame| frame.map(|frame| frame.map_err(|never| match never {})))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Incoming(incoming) => incoming.is_end_stream(),
            Self::Made(made) => made.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Incoming(incoming) => incoming.size_hint(),
            Self::Made(made) => made.size_hint(),
        }
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
