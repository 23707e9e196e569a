//! Serving HTTP/1 over a [`Conn`], the same way in both worlds.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::task::JoinSet;

use crate::half_close::{Exchange, HalfClose};
use crate::write_timeout::WriteTimeout;
use crate::{Conn, Seat, Shutdown};

/// Bounds of a served connection.
#[derive(Clone, Copy, Debug)]
pub struct ServeOptions {
    /// How long a client may take to send a request head; `None` waits for ever (a black-holed
    /// connection must not end by itself).
    pub header_timeout: Option<Duration>,
    /// Largest request head, in bytes; also hyper's read buffer.
    pub head_bytes_max: usize,
    /// How long what was written may wait for its reader; `None` waits for ever.
    pub write_timeout: Option<Duration>,
}

impl Default for ServeOptions {
    /// 30 s for a head (hyper's own default), 64 KiB of head, no bound on readers.
    fn default() -> Self {
        let header_timeout = Some(Duration::from_secs(30));
        Self { header_timeout, head_bytes_max: 64 * 1024, write_timeout: None }
    }
}

/// How long a client that has asked nothing yet may take to do so once no more is wanted.
const FIRST_REQUEST: Duration = Duration::from_millis(500);

/// Serves `conn` until it ends. No `Date` header: it would show the machine's clock.
///
/// # Errors
/// When the connection breaks or the client does not speak HTTP/1.
pub async fn serve_connection<H, F, B>(
    conn: Conn,
    options: ServeOptions,
    handler: H,
) -> Result<(), hyper::Error>
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body<Data = Bytes> + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    serve_until(conn, options, (&Shutdown::default(), None), handler).await
}

/// As [`serve_connection`], and takes no further request once `shutdown` has begun. When it is over,
/// what is open is polled once more, to say its last words. A connection with a `seat` leaves it when it is idle and
/// asked to.
///
/// # Errors
/// As [`serve_connection`].
pub async fn serve_until<H, F, B>(
    conn: Conn,
    options: ServeOptions,
    (shutdown, seat): (&Shutdown, Option<&Arc<Seat>>),
    handler: H,
) -> Result<(), hyper::Error>
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body<Data = Bytes> + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let exchange = Exchange::at(seat);
    let conn = HalfClose::new(conn, exchange.clone());
    let asked = AtomicBool::new(false);
    let service = service_fn(|mut request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let answering = exchange.begin(&mut request);
        let answer = handler(request);
        async move { Ok::<_, Infallible>(answer.await.map(|body| answering.until_sent(body))) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(options.head_bytes_max.max(8192))
        .auto_date_header(false)
        .serve_connection(TokioIo::new(WriteTimeout::new(conn, options.write_timeout)), service);
    let mut served = pin!(served);
    tokio::select! {
        biased;
        ended = served.as_mut() => return ended,
        () = shutdown.begun() => {}
        () = is_wanted(seat) => asked.store(true, Ordering::Relaxed),
    }
    if !asked.load(Ordering::Relaxed) {
        // It was let in a moment ago, perhaps, and its request is on its way.
        tokio::select! {
            biased;
            ended = served.as_mut() => return ended,
            () = tokio::time::sleep(FIRST_REQUEST) => {}
        }
    }
    served.as_mut().graceful_shutdown();
    tokio::select! {
        biased;
        ended = served.as_mut() => return ended,
        () = exchange.overstays() => return Ok(()),
        () = shutdown.over() => {}
    }
    // What is still open sees that it is over by being polled once more.
    served.await
}

async fn is_wanted(seat: Option<&Arc<Seat>>) {
    match seat {
        Some(seat) => seat.is_wanted().await,
        None => pending().await,
    }
}

/// A bounded set of tasks that ends with its owner: dropping it aborts them all. A task that ended
/// takes no room.
#[derive(Debug)]
pub struct Tasks {
    set: JoinSet<()>,
    max: usize,
}

/// Room for one more task.
#[derive(Debug)]
pub struct Room<'t> {
    set: &'t mut JoinSet<()>,
}

impl Tasks {
    /// A set of at most `max` tasks at a time.
    pub fn new(max: usize) -> Self {
        Self { set: JoinSet::new(), max }
    }

    /// Starts a task; `false` if the set is full, and the task was not started.
    #[must_use = "a full set does not start the task"]
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) -> bool {
        self.room().map(|room| room.spawn(task)).is_some()
    }

    /// Room for one more task; `None` if the set is full.
    pub fn room(&mut self) -> Option<Room<'_>> {
        while self.set.try_join_next().is_some() {}
        (self.set.len() < self.max).then_some(Room { set: &mut self.set })
    }

    /// Waits until one of them ends; `false` if there is none.
    pub(crate) async fn one_ends(&mut self) -> bool {
        self.set.join_next().await.is_some()
    }

    /// Waits until every task has ended.
    pub async fn join_all(&mut self) {
        while self.set.join_next().await.is_some() {}
    }
}

impl Room<'_> {
    /// Starts a task.
    pub fn spawn(self, task: impl Future<Output = ()> + Send + 'static) {
        self.set.spawn(task);
    }
}
