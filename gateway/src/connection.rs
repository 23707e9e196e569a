//! One client's connection: HTTP/1 with bounds on how slow a client may be, and an orderly end.
//!
//! Gateway and balancer share it. It knows requests and answers as bytes only.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::timeout;
use wire::openai::MAX_BODY_BYTES;
use world::{Conn, ServeOptions};

use crate::chunk_buf::ChunkBuf;
use crate::send_limit::SendLimit;
use crate::shutdown::Shutdown;

/// Longest time between two arrivals of a request's body: nginx' `client_body_timeout`.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a request's body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is larger than any request may be.
    TooLarge,
    /// It stopped coming.
    Slow,
    /// The connection broke.
    Cut,
}

/// Serves `conn` until it ends, which is the client's to notice, or until `shutdown` is over and the
/// last words are out.
pub(crate) async fn serve<H, F, B>(conn: Conn, shutdown: &Shutdown, handler: H)
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body<Data = Bytes> + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let service = service_fn(move |request| {
        let answer = handler(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let options = ServeOptions::default();
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(options.head_bytes_max)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(SendLimit::new(conn)), service);
    let mut served = pin!(served);
    tokio::select! {
        biased;
        _ = served.as_mut() => return,
        () = shutdown.begun() => served.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        biased;
        _ = served.as_mut() => return,
        () = shutdown.over() => {}
    }
    // What is still open sees that it is over by being polled once more.
    let _ = served.await;
}

/// The whole body of a request. One that came in one piece is not copied.
pub(crate) async fn whole(body: Incoming) -> Result<Bytes, Unread> {
    let mut body = body;
    let mut pieces = ChunkBuf::default();
    // Bounded by MAX_BODY_BYTES.
    while pieces.len() <= MAX_BODY_BYTES {
        match timeout(BODY_TIMEOUT, body.frame()).await {
            Err(_) => return Err(Unread::Slow),
            Ok(None) => return Ok(pieces.take()),
            Ok(Some(Err(_))) => return Err(Unread::Cut),
            Ok(Some(Ok(frame))) => pieces.push(frame.into_data().unwrap_or_default()),
        }
    }
    Err(Unread::TooLarge)
}
