//! Spreads requests over several gateway instances, as nginx does with `least_conn` and buffering
//! off.
//!
//! It speaks HTTP/1 on both sides and forwards bodies as they come. Its only state is the number of
//! requests under way per instance; what a request means, whether an answer is an error, and which
//! instance would be healthy is not its business. An instance that cannot be reached is passed over;
//! a request that was sent is never sent again, because it may have been answered.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use hyper::body::Incoming;
use vocab::Seed;
use wire::openai::MAX_BODY_BYTES;
use world::pool::{Pool, PoolOptions, PooledBody, SendError};
use world::{
    Authority, BodyError, Clock, Connector, LetIn, Listener, Seats, Shutdown, accept_until,
    collect_body, serve_connection,
};

use crate::config::Balance;
use crate::http1::{BODY_TIMEOUT, CLIENTS, CONNECTIONS_MAX, is_hop_by_hop, text};

/// A reverse proxy in front of several instances. Clones share their state.
#[derive(Clone, Debug)]
pub struct Balancer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    balance: Balance,
    instances: Vec<Instance>,
    pool: Pool,
    seed: Seed,
    clock: Clock,
    /// Requests seen so far: the turn of round robin, and the key of random draws without call id.
    turn: AtomicU64,
}

#[derive(Debug)]
struct Instance {
    authority: Authority,
    host: HeaderValue,
    under_way: AtomicUsize,
}

impl Balancer {
    /// A balancer over `instances`, in order of preference where counts are equal. An instance whose
    /// name cannot stand in a `host` header is addressed without one.
    pub fn new(
        balance: Balance,
        instances: Vec<Authority>,
        connector: Arc<dyn Connector>,
        clock: Clock,
        seed: Seed,
    ) -> Self {
        let instances = instances.into_iter().map(Instance::new).collect();
        let pool = Pool::new(connector, PoolOptions::default());
        let turn = AtomicU64::new(0);
        Self { shared: Arc::new(Shared { balance, instances, pool, seed, clock, turn }) }
    }

    /// Serves `listener` until it closes; dropping the future ends every connection.
    ///
    /// # Errors
    /// As `accept(2)`.
    pub async fn serve(&self, listener: Listener) -> io::Result<()> {
        let connect = |let_in: LetIn| {
            let shared = Arc::clone(&self.shared);
            async move {
                let Ok(conn) = let_in.greet().await else { return };
                // How a connection ends is the client's to notice.
                let _ = serve_connection(conn, CLIENTS, |request| shared.forward(request)).await;
            }
        };
        accept_until(listener, &Seats::new(CONNECTIONS_MAX), &Shutdown::default(), connect).await
    }
}

impl Shared {
    async fn forward(self: &Arc<Self>, request: Request<Incoming>) -> Response<Relay> {
        let (parts, body) = request.into_parts();
        let body = match collect_body(body, MAX_BODY_BYTES, BODY_TIMEOUT).await {
            Ok(body) => body,
            Err(BodyError::TooLarge | BodyError::NoRoom) => {
                return plain(StatusCode::PAYLOAD_TOO_LARGE);
            }
            Err(BodyError::Stalled) => return plain(StatusCode::REQUEST_TIMEOUT),
            Err(BodyError::Broken(_)) => return plain(StatusCode::BAD_REQUEST),
        };
        let call_id = text(&parts.headers, "x-litellm-call-id").to_owned();
        let mut passed_over = Vec::with_capacity(0);
        // Every turn passes over one instance more, so the loop is bounded by their number.
        while let Some(index) = self.choose(&call_id, &passed_over) {
            let under_way = UnderWay::begin(Arc::clone(self), index);
            let instance = &self.instances[index];
            let mut head = Request::new(Full::new(body.clone()));
            *head.method_mut() = parts.method.clone();
            *head.uri_mut() = parts.uri.clone();
            *head.headers_mut() = forwardable(&parts.headers);
            head.headers_mut().insert(header::HOST, instance.host.clone());
            match self.pool.send(&instance.authority, head, &call_id).await {
                Ok(response) => return relayed(response, under_way),
                Err(SendError::Connect(_) | SendError::ConnectTimeout(_)) => {
                    passed_over.push(index);
                }
                Err(SendError::NoDescriptors(_)) => return plain(StatusCode::SERVICE_UNAVAILABLE),
                Err(SendError::Closed(_) | SendError::Stale(_)) => {
                    return plain(StatusCode::BAD_GATEWAY);
                }
            }
        }
        plain(StatusCode::BAD_GATEWAY)
    }

    fn choose(&self, call_id: &str, passed_over: &[usize]) -> Option<usize> {
        let left = self.instances.len().checked_sub(passed_over.len()).filter(|&left| left > 0)?;
        let mut candidates = (0..self.instances.len()).filter(|index| !passed_over.contains(index));
        match self.balance {
            Balance::LeastConn => candidates
                .min_by_key(|&index| self.instances[index].under_way.load(Ordering::Relaxed)),
            Balance::RoundRobin => {
                let turn = self.turn.fetch_add(1, Ordering::Relaxed);
                candidates.nth((turn % left as u64) as usize)
            }
            Balance::Random => {
                let draw = self.seed.draw("balance").of(call_id).n(passed_over.len() as u64);
                let draw = match call_id {
                    "" => draw.n(self.turn.fetch_add(1, Ordering::Relaxed)).n(self.clock.now().0),
                    _ => draw,
                };
                candidates.nth(draw.below(left as u64) as usize)
            }
        }
    }
}

impl Instance {
    fn new(authority: Authority) -> Self {
        let host = HeaderValue::try_from(authority.to_string());
        let host = host.unwrap_or_else(|_| HeaderValue::from_static(""));
        Self { authority, host, under_way: AtomicUsize::new(0) }
    }
}

fn forwardable(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if !is_hop_by_hop(name) && name != header::CONTENT_LENGTH {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

fn relayed(response: Response<PooledBody>, under_way: UnderWay) -> Response<Relay> {
    let (mut parts, body) = response.into_parts();
    let hop_by_hop: Vec<_> =
        parts.headers.keys().filter(|name| is_hop_by_hop(name)).cloned().collect();
    for name in hop_by_hop {
        parts.headers.remove(name);
    }
    Response::from_parts(parts, Relay(Some((body, under_way))))
}

fn plain(status: StatusCode) -> Response<Relay> {
    let mut response = Response::new(Relay(None));
    *response.status_mut() = status;
    response
}

/// One request under way at one instance, until dropped.
#[derive(Debug)]
struct UnderWay {
    shared: Arc<Shared>,
    index: usize,
}

impl UnderWay {
    fn begin(shared: Arc<Shared>, index: usize) -> Self {
        shared.instances[index].under_way.fetch_add(1, Ordering::Relaxed);
        Self { shared, index }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.shared.instances[self.index].under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An instance's answer on its way to the client; without one, an empty body.
#[derive(Debug)]
struct Relay(Option<(PooledBody, UnderWay)>);

impl Body for Relay {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.get_mut().0 {
            Some((body, _)) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(|(body, _)| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), |(body, _)| body.size_hint())
    }
}
