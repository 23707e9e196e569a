//! One attempt at one deployment: connection, deadlines, and a verdict.
//!
//! An attempt ends when there is something to commit to (a whole answer, or a stream that has begun to
//! speak) or when it failed. It is cancelled by dropping it: the connection closes and the guard says
//! that it was abandoned. What follows a failure is not decided here.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use tokio::time::error::Elapsed;
use tokio::time::{timeout, timeout_at};
use world::pool::{PooledBody, SendError};
use world::{BodyError, ChunkBuf, Decoded, ReadError, collect_body, collect_body_while};

use crate::config::{Deployment, DeploymentIndex, Mock, MockAnswer, Secret};
use crate::failover::attempt_guard::AttemptGuard;
use crate::failover::client_request::ClientRequest;
use crate::failover::desertion::Presence;
use crate::failover::echoes::{passable, unsaid};
use crate::instance::Instance;
use crate::keyed_rng::KeyedRng;
use crate::policy::deadlines::{Answer, Deadlines};
use crate::policy::met::{Met, Stage};
use crate::policy::retry::Phase;
use crate::policy::{BrokenStart, EmptyAnswer, Policy, SendsAgain, Start};
use crate::upstream::Outgoing;
use crate::upstream::classify::classify;
use crate::upstream::dialect::{Dialect, Opening, Says, WholeAnswer};
use crate::upstream::failure::{ErrorClass, Failure, Trouble};
use crate::upstream::mock;
use crate::upstream::stream::{Break, Ending, Held, Reader, Reading};

/// Largest whole answer, in bytes: twice the largest request, since providers bound tokens.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Largest part of an error's body that is read, in bytes; the rest says nothing new.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// An attempt about to be made.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) instance: &'a Arc<Instance>,
    pub(crate) request: &'a ClientRequest,
    pub(crate) deployment: DeploymentIndex,
    pub(crate) deadlines: Deadlines,
    pub(crate) call_id: &'a str,
    /// Draws of this try.
    pub(crate) rng: &'a KeyedRng,
    /// Told when the client would have the head of a stream.
    pub(crate) presence: &'a Presence,
}

/// An attempt that was answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) guard: AttemptGuard,
    /// The provider's response headers.
    pub(crate) headers: HeaderMap,
    pub(crate) reply: Reply,
}

impl Answered {
    /// Ends an answer that nobody gets, though its deployment gave it.
    pub(crate) fn withdraw(mut self) {
        match self.reply {
            Reply::Whole(_) => {}
            Reply::Stream(held) => self.guard.streamed(held.reader.seen()),
        }
    }
}

/// What there is to commit to.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A whole answer; its guard has ended.
    Whole(WholeAnswer),
    /// A stream that has begun to speak, or has ended properly without a word.
    Stream(Box<Held>),
}

/// An attempt that failed.
#[derive(Debug)]
pub(crate) struct AttemptError {
    pub(crate) guard: AttemptGuard,
    pub(crate) failure: Failure,
    /// The provider's response headers; empty if none came.
    pub(crate) headers: HeaderMap,
    /// How far it had come.
    pub(crate) phase: Phase,
    /// Frames of a stream that broke, for a client that gets nothing better.
    pub(crate) frames: Option<ChunkBuf>,
}

/// What a deployment says by itself.
#[derive(Debug)]
enum Mocks<'a> {
    Answer(Opening<'a>, Bytes),
    Error(ErrorClass),
    Refusal(&'a str),
    Timeout,
}

impl Attempt<'_> {
    /// Sends the request, which was put into the deployment's words, and waits for something to commit
    /// to.
    pub(crate) async fn run(
        mut self,
        mut guard: AttemptGuard,
        mut outgoing: Outgoing,
    ) -> Result<Answered, Box<AttemptError>> {
        let chosen = self.instance.clock.now();
        if let Err(failure) = guard.permitted(self.deadlines.left).await {
            return Err(self.unanswered(guard, failure));
        }
        let waited = self.instance.clock.now().since(chosen);
        self.deadlines = self.deadlines.after(waited);
        guard.begin();
        let config = self.config();
        if let Some(mock) = &config.mock
            && let Some(says) = self.says(mock, &outgoing)
        {
            return Box::pin(self.mocked(guard, (mock.delay, says))).await;
        }
        if let Err(failure) = self.authorize(&mut outgoing).await {
            return Err(self.unanswered(guard, failure));
        }
        let opening = self.opening(&outgoing);
        let Outgoing { request, dialect, names, body: _, .. } = outgoing;
        let opening = Opening { names: Some(&names), ..opening };
        let sends_again = self.policy().sends_again(config.protocol);
        let again = match sends_again {
            SendsAgain::No => None,
            SendsAgain::Once | SendsAgain::AfterStale => Some(request.clone()),
        };
        let mut sent = self.send(request).await;
        if let (Ok(Err(error)), Some(request)) = (&sent, again)
            && sends_again.after(error)
        {
            sent = self.send(request).await;
        }
        let failure = match sent {
            Ok(Ok(response)) => return self.heard(guard, (dialect, opening), response).await,
            Ok(Err(error)) => self.no_head(&error),
            Err(_) => Failure::timed_out(self.deadlines.head),
        };
        Err(self.unanswered(guard, failure))
    }

    /// A head came; what follows it is read without the coding that it names.
    async fn heard(
        &self,
        guard: AttemptGuard,
        read: (&dyn Dialect, Opening<'_>),
        response: Response<PooledBody>,
    ) -> Result<Answered, Box<AttemptError>> {
        let (mut head, body) = response.into_parts();
        head.headers = passable(head.headers, (self.config(), &self.fetched()));
        guard.heard(&head.headers);
        let is_answer = head.status.is_success();
        let body = match Decoded::new(&mut head.headers, body) {
            Ok(body) => body,
            // The status of an error says enough.
            Err(_) if !is_answer => PooledBody::made(Bytes::new()).into(),
            Err(unknown) => {
                let met = self.met(Stage::Whole, self.deadlines.gap, &[]);
                let text = format!("The provider's answer cannot be read: {unknown}");
                let failure = Failure::broken(Trouble::Malformed, &text);
                return Err(self.failed(guard, (failure, &met), head.headers));
            }
        };
        let response = Response::from_parts(head, body);
        match is_answer {
            false => Err(self.refused(guard, response).await),
            true if self.request.body.head.stream => self.begin_stream(guard, read, response).await,
            true => self.read_whole(guard, read, response).await,
        }
    }

    /// Shows the request to be this deployment's, with credentials that are fetched first where it has none.
    async fn authorize(&self, outgoing: &mut Outgoing) -> Result<(), Failure> {
        let member = &self.instance.members[self.deployment];
        let shown = match &member.source {
            None => None,
            Some(source) => {
                let fetched = timeout(self.deadlines.head, Box::pin(source.get())).await;
                let fetched = fetched.map_err(|_| Failure::timed_out(self.deadlines.head))?;
                Some(fetched.map_err(|error| Failure::without_credentials(&error.to_string()))?)
            }
        };
        let (config, now) = (self.config(), self.instance.clock.unix_seconds());
        let authorized = member.route.authorize((config, shown.as_ref()), outgoing, now);
        authorized.map_err(|error| Failure::without_credentials(&error.to_string()))
    }

    /// What nobody else may hear of what was fetched for this deployment.
    fn fetched(&self) -> Vec<Secret> {
        self.instance.members[self.deployment].fetched()
    }

    /// What a deployment says by itself; `None` where its provider is asked all the same.
    fn says<'m>(&'m self, mock: &'m Mock, outgoing: &Outgoing) -> Option<Mocks<'m>> {
        let (endpoint, stream) = (self.request.endpoint, self.request.body.head.stream);
        match &mock.answer {
            MockAnswer::Error(class) => Some(Mocks::Error(*class)),
            MockAnswer::Refusal(words) => Some(Mocks::Refusal(words)),
            MockAnswer::Timeout => Some(Mocks::Timeout),
            MockAnswer::Words(_) | MockAnswer::Members(_) | MockAnswer::Vector(_) => {
                let opening = self.opening(outgoing);
                let asked = mock::Asked { endpoint, stream, at: opening };
                Some(Mocks::Answer(opening, mock::body(&mock.answer, asked)?))
            }
        }
    }

    /// A deployment's own answer, in the place of its provider's.
    async fn mocked(
        &self,
        guard: AttemptGuard,
        (delay, says): (Duration, Mocks<'_>),
    ) -> Result<Answered, Box<AttemptError>> {
        self.instance.clock.sleep(delay).await;
        let class = match says {
            Mocks::Answer(opening, body) => {
                let read = (mock::dialect(self.request.endpoint), opening);
                let response = Response::new(PooledBody::made(body).into());
                return match self.request.body.head.stream {
                    true => self.begin_stream(guard, read, response).await,
                    false => self.read_whole(guard, read, response).await,
                };
            }
            Mocks::Error(class) => class,
            Mocks::Refusal(words) => {
                let mut response = Response::new(PooledBody::made(mock::refusal(words)).into());
                *response.status_mut() = StatusCode::BAD_REQUEST;
                return Err(self.refused(guard, response).await);
            }
            Mocks::Timeout => {
                self.instance.clock.sleep(self.deadlines.head).await;
                ErrorClass::Timeout
            }
        };
        let met = self.met(Stage::Mocked, self.deadlines.head, &[]);
        Err(self.failed(guard, (mock::failure(class), &met), HeaderMap::new()))
    }

    /// Sends the request over a connection of its deployment, and waits for a head as long as one may take.
    async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Result<Response<PooledBody>, SendError>, Elapsed> {
        let (authority, pool) =
            (&self.config().authority, &self.instance.members[self.deployment].pool);
        timeout(self.deadlines.head, pool.send(authority, request, self.call_id)).await
    }

    fn policy(&self) -> &'static dyn Policy {
        self.instance.config.personality.policy
    }

    fn opening(&self, outgoing: &Outgoing) -> Opening<'_> {
        Opening {
            created: self.instance.clock.unix_seconds(),
            include_usage: outgoing.include_usage,
            in_json: outgoing.in_json,
            base64: self.request.body.head.base64,
            functions: outgoing.functions,
            names: None,
            call_id: self.call_id,
            model: &self.config().model,
        }
    }

    fn config(&self) -> &Deployment {
        &self.instance.config.deployments[self.deployment]
    }

    /// Why no head came.
    fn no_head(&self, error: &SendError) -> Failure {
        let detail = format!("Connection error: {error}");
        match error {
            SendError::NoDescriptors(_) => Failure::no_descriptors(),
            SendError::Connect(_) => Failure::broken(Trouble::Connect, &detail),
            SendError::ConnectTimeout(limit) => self.policy().dial_timed_out(*limit, &detail),
            SendError::Closed(_) | SendError::Stale(_) => Failure::broken(Trouble::Reset, &detail),
        }
    }

    /// No head came.
    fn unanswered(&self, guard: AttemptGuard, failure: Failure) -> Box<AttemptError> {
        let met = self.met(Stage::Unanswered, self.deadlines.head, &[]);
        self.failed(guard, (failure, &met), HeaderMap::new())
    }

    /// A head came that says no.
    async fn refused(&self, guard: AttemptGuard, response: Response<Decoded>) -> Box<AttemptError> {
        let (head, body) = response.into_parts();
        // An error whose body does not come, or does not end, is the error that its status says.
        let text = collect_body(body, ERROR_BYTES_MAX, self.deadlines.gap).await;
        let text = text.unwrap_or_default();
        let now = self.instance.clock.unix_seconds();
        let protocol = self.config().protocol;
        let failure = classify(protocol, head.status.as_u16(), &head.headers, &text, now);
        let met = self.met(Stage::Refused, self.deadlines.gap, &text);
        self.failed(guard, (failure, &met), head.headers)
    }

    async fn begin_stream(
        &self,
        guard: AttemptGuard,
        (dialect, opening): (&dyn Dialect, Opening<'_>),
        response: Response<Decoded>,
    ) -> Result<Answered, Box<AttemptError>> {
        let (head, body) = response.into_parts();
        let clock = self.instance.clock;
        let reading = Reading {
            interpreter: dialect.interpreter(opening),
            framing: dialect.framing(),
            clean_end: self.policy().clean_end(),
            sign_of_life: self.policy().sign_of_life(),
            alarm: self.deadlines.alarm,
        };
        let reader = Reader::new(body, reading, clock, self.deadlines.silence);
        let by = self.deadlines.first_word.map(|limit| (guard.begun().plus(limit), limit));
        let mut held = reader.hold(by, self.deadlines.gap, || self.presence.answer_begins()).await;
        if let Some(at) = held.reader.seen().first_output {
            guard.first_token(at);
        }
        if held.reader.seen().nothing && self.policy().empty_answer() == EmptyAnswer::Fails {
            held.ending = Some(Ending::Broken(Break::Empty));
        }
        let headers = head.headers;
        let Some(Ending::Broken(broken)) = &held.ending else {
            return Ok(Answered { guard, headers, reply: Reply::Stream(Box::new(held)) });
        };
        let met = self.met(Stage::Stream, broken.limit(), broken.said());
        let failure =
            unsaid(self.policy().named(broken.failure(), &met), (self.config(), &self.fetched()));
        let (words, silence) = (held.reader.seen().outputs, held.reader.silence());
        let start = Start { words, bytes: held.out.len(), silence, failure: &failure };
        let (phase, frames) = match self.policy().broken_start(&start, self.rng) {
            BrokenStart::Commit => {
                return Ok(Answered { guard, headers, reply: Reply::Stream(Box::new(held)) });
            }
            BrokenStart::Show => (Phase::InStream, Some(std::mem::take(&mut held.out))),
            BrokenStart::Withdraw => (Phase::InStream, None),
            BrokenStart::Unbegun => (Phase::Unbegun, None),
        };
        let frames = frames.filter(|frames| !frames.is_empty());
        Err(Box::new(AttemptError { guard, failure, headers, phase, frames }))
    }

    async fn read_whole(
        &self,
        mut guard: AttemptGuard,
        (dialect, opening): (&dyn Dialect, Opening<'_>),
        response: Response<Decoded>,
    ) -> Result<Answered, Box<AttemptError>> {
        let (head, body) = response.into_parts();
        let gap = self.deadlines.gap;
        let mut room = self.request.answers.room();
        let body = collect_body_while(body, ANSWER_BYTES_MAX, gap, |bytes| room.holds(bytes));
        let body = match self.deadlines.whole {
            None => body.await,
            Some(limit) => {
                let by = self.instance.clock.instant(guard.begun().plus(limit));
                let Ok(body) = timeout_at(by, body).await else {
                    let met = self.met(Stage::Whole, limit, &[]);
                    let failure = Failure::timed_out(limit);
                    return Err(self.failed(guard, (failure, &met), head.headers));
                };
                body
            }
        };
        let body = match body {
            Ok(body) => body,
            Err(BodyError::NoRoom) => {
                let (failure, phase) = (Failure::no_memory(), Phase::BeforeStream);
                let (headers, frames) = (HeaderMap::new(), None);
                return Err(Box::new(AttemptError { guard, failure, headers, phase, frames }));
            }
            Err(error) => {
                let met = self.met(Stage::Whole, gap, &[]);
                return Err(self.failed(guard, (broken(error, gap).failure(), &met), head.headers));
            }
        };
        match dialect.whole(body.clone(), opening) {
            Some(WholeAnswer { says: Says::Nothing, .. })
                if self.policy().empty_answer() == EmptyAnswer::Fails =>
            {
                let met = self.met(Stage::Whole, gap, &body);
                Err(self.failed(guard, (Break::Empty.failure(), &met), head.headers))
            }
            Some(answer) => {
                guard.answered(answer.usage);
                let answer = WholeAnswer { body: room.around(answer.body), ..answer };
                Ok(Answered { guard, headers: head.headers, reply: Reply::Whole(answer) })
            }
            None => {
                let met = self.met(Stage::Whole, gap, &body);
                Err(self.failed(guard, (Break::Malformed.failure(), &met), head.headers))
            }
        }
    }

    fn met<'m>(&'m self, stage: Stage, limit: Duration, said: &'m [u8]) -> Met<'m> {
        let answer = Answer::of(self.request.body.head.stream);
        Met { deployment: self.config(), answer, stage, limit, said }
    }

    fn failed(
        &self,
        guard: AttemptGuard,
        (failure, met): (Failure, &Met<'_>),
        headers: HeaderMap,
    ) -> Box<AttemptError> {
        let failure = unsaid(self.policy().named(failure, met), (self.config(), &self.fetched()));
        let phase = Phase::BeforeStream;
        Box::new(AttemptError { guard, failure, headers, phase, frames: None })
    }
}

impl SendsAgain {
    /// Whether a request is sent once more after this.
    fn after(self, error: &SendError) -> bool {
        match self {
            Self::No => false,
            Self::Once => was_cut_off(error),
            Self::AfterStale => matches!(error, SendError::Stale(_)),
        }
    }
}

/// Whether a connection could not be made, or was reset; an orderly end is neither.
fn was_cut_off(error: &SendError) -> bool {
    match error {
        SendError::Connect(_) => true,
        SendError::NoDescriptors(_) | SendError::ConnectTimeout(_) => false,
        SendError::Closed(error) | SendError::Stale(error) => {
            let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
            cause.is_some_and(|cause| cause.kind() == io::ErrorKind::ConnectionReset)
        }
    }
}

/// A body that broke off, as a stream that did.
fn broken(error: BodyError<ReadError>, gap: Duration) -> Break {
    match error {
        BodyError::TooLarge | BodyError::NoRoom => Break::Malformed,
        BodyError::Stalled => Break::Stalled(gap),
        BodyError::Broken(error) => Break::Cut(error),
    }
}
