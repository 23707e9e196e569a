//! One attempt at one deployment: connection, deadlines, and a verdict.
//!
//! An attempt ends when there is something to commit to (a whole answer, or a stream that has begun to
//! speak) or when it failed. It is cancelled by dropping it: the connection closes and the lease says
//! that it was abandoned. What follows a failure is not decided here.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use tokio::time::timeout;
use world::pool::{PooledBody, SendError};

use crate::classify::{ErrorClass, Failure, Trouble, classify};
use crate::config::{Deployment, Personality};
use crate::exchange::Exchange;
use crate::fleet::Target;
use crate::instance::Instance;
use crate::joined::Joined;
use crate::lease::Lease;
use crate::patience::Patience;
use crate::stream::{Break, Ending, Held, Reader};
use crate::upstream::{Dialect, EncodeError, whole_answer};

/// Largest whole answer, in bytes: twice the largest request, since providers bound tokens.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Largest part of an error's body that is read, in bytes; the rest says nothing new.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// An attempt about to be made.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) instance: &'a Arc<Instance>,
    pub(crate) exchange: &'a Exchange,
    pub(crate) target: &'a Target,
    pub(crate) deployment: usize,
    pub(crate) patience: Patience,
    pub(crate) call_id: &'a str,
}

/// An attempt that was answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) lease: Lease,
    /// The provider's response headers.
    pub(crate) headers: HeaderMap,
    pub(crate) reply: Reply,
}

/// What there is to commit to.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A whole answer; its lease has ended.
    Whole(Bytes),
    /// A stream that has begun to speak, or has ended properly without a word.
    Stream(Box<Held>),
}

/// An attempt that failed.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) lease: Lease,
    pub(crate) failure: Failure,
    /// The provider's response headers; empty if none came.
    pub(crate) headers: HeaderMap,
    /// Whether a stream had been promised (status 200) before it failed.
    pub(crate) in_stream: bool,
}

impl Attempt<'_> {
    /// Sends the request and waits for something to commit to.
    pub(crate) async fn run(&self, lease: Lease) -> Result<Answered, Box<Fault>> {
        let mut lease = lease;
        // Dropped when there is an answer: LiteLLM too counts a stream only up to its head.
        let _slot = match &self.instance.fleet[self.deployment].slots {
            Some(slots) => slots.acquire().await.ok(),
            None => None,
        };
        lease.begin();
        let config = self.config();
        let model = self.target.upstream_model(config);
        let route = &self.instance.fleet[self.deployment].route;
        let request = match route.encode(self.exchange, config, &model) {
            Ok(request) => request,
            Err(error) => return Err(fault(lease, untranslatable(&error), HeaderMap::new())),
        };
        let head = self.instance.pool.send(&config.authority, request, self.call_id);
        let failure = match timeout(self.patience.head, head).await {
            Ok(Ok(response)) if !response.status().is_success() => {
                return Err(self.refused(lease, response).await);
            }
            Ok(Ok(response)) if self.exchange.head.stream => {
                return self.begin_stream(lease, response).await;
            }
            Ok(Ok(response)) => return self.read_whole(lease, response).await,
            Ok(Err(error)) => self.unanswered(&error),
            Err(_) => timed_out(self.patience.head),
        };
        Err(fault(lease, failure, HeaderMap::new()))
    }

    fn config(&self) -> &Deployment {
        &self.instance.config.deployments[self.deployment]
    }

    /// No head came.
    fn unanswered(&self, error: &SendError) -> Failure {
        match (error, self.instance.config.personality) {
            (SendError::Connect(_), _) | (SendError::ConnectTimeout(_), Personality::Brownout) => {
                Failure::broken(Trouble::Connect, &format!("Connection error: {error}"))
            }
            // LiteLLM's client says the same for a dial and for a read that took too long.
            (SendError::ConnectTimeout(limit), Personality::Litellm1106) => timed_out(*limit),
            (SendError::Closed(_), _) => {
                Failure::broken(Trouble::Reset, &format!("Connection error: {error}"))
            }
        }
    }

    /// A head came that says no.
    async fn refused(&self, lease: Lease, response: Response<PooledBody>) -> Box<Fault> {
        let (head, body) = response.into_parts();
        // An error whose body does not come, or does not end, is the error that its status says.
        let text = collect(body, self.patience.gap, ERROR_BYTES_MAX).await.unwrap_or_default();
        let now = self.instance.clock.unix_seconds();
        let protocol = self.config().protocol;
        let failure = classify(protocol, head.status.as_u16(), &head.headers, &text, now);
        fault(lease, failure, head.headers)
    }

    async fn begin_stream(
        &self,
        lease: Lease,
        response: Response<PooledBody>,
    ) -> Result<Answered, Box<Fault>> {
        let (head, body) = response.into_parts();
        let clock = self.instance.clock;
        let include_usage = self.exchange.head.include_usage;
        let dialect = Dialect::of(self.config().protocol, clock.unix_seconds(), include_usage);
        let reader = Reader::new(body, dialect, clock, self.patience.silence);
        let by = self.patience.first_word.map(|limit| (lease.begun().plus(limit), limit));
        let held = reader.hold(by, self.patience.gap).await;
        let said = held.reader.seen().outputs > 0;
        let failure = match (&held.ending, self.instance.config.personality) {
            // LiteLLM forwards word by word, so that these had been sent before the stream broke.
            (Some(Ending::Broken(_)), Personality::Litellm1106) if said => None,
            (Some(Ending::Broken(broken)), _) => Some(broken.failure()),
            (Some(Ending::Complete) | None, _) => None,
        };
        let headers = head.headers;
        match failure {
            Some(failure) => Err(Box::new(Fault { lease, failure, headers, in_stream: true })),
            None => Ok(Answered { lease, headers, reply: Reply::Stream(Box::new(held)) }),
        }
    }

    async fn read_whole(
        &self,
        mut lease: Lease,
        response: Response<PooledBody>,
    ) -> Result<Answered, Box<Fault>> {
        let (head, body) = response.into_parts();
        let body = match collect(body, self.patience.gap, ANSWER_BYTES_MAX).await {
            Ok(body) => body,
            Err(broken) => return Err(fault(lease, broken.failure(), head.headers)),
        };
        let created = self.instance.clock.unix_seconds();
        match whole_answer(self.config().protocol, body, created) {
            Some((body, usage)) => {
                lease.answered(usage);
                Ok(Answered { lease, headers: head.headers, reply: Reply::Whole(body) })
            }
            None => Err(fault(lease, Break::Malformed.failure(), head.headers)),
        }
    }
}

fn fault(lease: Lease, failure: Failure, headers: HeaderMap) -> Box<Fault> {
    Box::new(Fault { lease, failure, headers, in_stream: false })
}

fn timed_out(limit: Duration) -> Failure {
    let limit = limit.as_secs_f64();
    let text = format!(
        "APITimeoutError - Request timed out. Error_str: Request timed out. - timeout \
         value={limit:?}, time taken={limit:?} seconds"
    );
    Failure::broken(Trouble::Timeout, &text)
}

/// The client asked for what this provider cannot be asked.
fn untranslatable(error: &EncodeError) -> Failure {
    let broken = Failure::broken(Trouble::Malformed, &error.to_string());
    let class = ErrorClass::BadRequest;
    Failure { class, status: class.status(), reason: "bad_request", ..broken }
}

/// Reads a body to its end, `gap` between two pieces at most. One that came in one piece is not copied.
async fn collect(body: PooledBody, gap: Duration, bytes_max: usize) -> Result<Bytes, Break> {
    let mut body = body;
    let mut pieces = Joined::default();
    // Bounded by `bytes_max`.
    while pieces.len() <= bytes_max {
        match timeout(gap, body.frame()).await {
            Err(_) => return Err(Break::Stalled(gap)),
            Ok(None) => return Ok(pieces.take()),
            Ok(Some(Err(error))) => return Err(Break::Cut(error)),
            Ok(Some(Ok(frame))) => pieces.push(frame.into_data().unwrap_or_default()),
        }
    }
    Err(Break::Malformed)
}
