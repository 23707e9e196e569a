//! One request over the wire: sent once, never retried, read to its end, measured on one clock.
//!
//! The client is the user: it sees a status, bytes and time, and notes them in an `Observation` that
//! survives whatever ends the exchange. Deadlines count from the intended instant. It must never
//! know who is on the other side, nor read a header to learn who served it: the marks say that.

mod deadline;
mod incoming;
mod outgoing;

use std::sync::Arc;

use http::Response;
use http::header::HeaderName;
use http_body_util::BodyExt as _;
use record::RequestRow;
use tokio::sync::watch;
use world::pool::{Pool, PooledBody};
use world::{Authority, Clock};

use crate::config::{ClientConfig, Dialect, LoadConfig, Phase, Targets};
use crate::observation::Observation;
use crate::reply::{self, Reply};
use crate::schedule::Intent;
use crate::stream::{Progress, StreamReader};
use crate::verdict::End;

use deadline::Deadline;
pub(crate) use incoming::keep_connection;
use incoming::{collect, end_of_broken, end_without_head, is_stream};
use outgoing::Outgoing;
pub use outgoing::TargetError;

/// Asks the target of each phase, in the words of the phase. Shared by all requests of a run.
#[derive(Debug)]
pub(crate) struct Client {
    pool: Pool,
    clock: Clock,
    /// One per phase of the load.
    lines: Vec<Line>,
    limits: ClientConfig,
    phases: Vec<Phase>,
    names: Arc<[String]>,
}

/// The way of a phase's requests.
#[derive(Debug)]
struct Line {
    to: Authority,
    outgoing: Outgoing,
    dialect: Dialect,
}

/// What LiteLLM's proxy sets on an answer out of its cache. The marks of a repeated prompt are equal
/// either way, so this one thing a header has to say.
const CACHE_KEY: HeaderName = HeaderName::from_static("x-litellm-cache-key");

impl Client {
    /// A client of `targets` for the phases of `config`.
    pub(crate) fn new(
        config: &LoadConfig,
        targets: &Targets,
        names: Arc<[String]>,
        (pool, clock): (Pool, Clock),
    ) -> Result<Self, TargetError> {
        let line = |(index, phase): (usize, &Phase)| {
            let target = targets.of(index);
            let outgoing = Outgoing::new(phase, target)?;
            Ok(Line { to: target.to.clone(), outgoing, dialect: target.dialect })
        };
        Ok(Self {
            pool,
            clock,
            lines: config
                .phases
                .iter()
                .enumerate()
                .map(line)
                .collect::<Result<_, TargetError>>()?,
            limits: config.client,
            phases: config.phases.clone(),
            names,
        })
    }

    /// The phase of an intent of this load's schedule.
    pub(crate) fn phase(&self, intent: &Intent) -> &Phase {
        &self.phases[intent.phase]
    }

    fn line(&self, intent: &Intent) -> &Line {
        &self.lines[intent.phase]
    }

    /// Sends one request and reads its answer, until it ends or `stop` turns true. Also returns what
    /// is left of the body, for [`keep_connection`].
    pub(crate) async fn ask(
        &self,
        intent: &Intent,
        stop: &mut watch::Receiver<bool>,
    ) -> (RequestRow, Option<PooledBody>) {
        let mut seen = Observation::new(intent);
        let (end, rest) = tokio::select! {
            biased;
            ended = self.exchange(intent, &mut seen) => ended,
            _ = stop.wait_for(|stop| *stop) => (End::Interrupted, None),
        };
        seen.ended.get_or_insert_with(|| self.clock.now());
        (seen.row(intent, self.phase(intent), end, &self.names), rest)
    }

    async fn exchange(&self, intent: &Intent, seen: &mut Observation) -> (End, Option<PooledBody>) {
        let call_id = intent.request.0.to_string();
        let request = self.line(intent).outgoing.request(intent);
        let mut deadline = Deadline::new(self.clock, &self.limits, intent.intended);
        seen.sent = Some(self.clock.now());
        let response = tokio::select! {
            biased;
            response = self.pool.send(&self.line(intent).to, request, &call_id) => response,
            end = deadline.passed() => return (end, None),
        };
        let response = match response {
            Ok(response) => response,
            Err(error) => return (end_without_head(&error), None),
        };
        seen.first_byte = Some(self.clock.now());
        seen.status = Some(response.status().as_u16());
        seen.from_cache = response.headers().contains_key(CACHE_KEY);
        if !response.status().is_success() {
            return self.refused(response, &mut deadline).await;
        }
        let stream = is_stream(response.headers(), self.line(intent).dialect.framing());
        match (intent.stream, stream) {
            (true, Some(true) | None) => {
                let reader = StreamReader::new(self.line(intent).dialect, intent.leave_after);
                self.streamed(response.into_body(), reader, &mut deadline, seen).await
            }
            (false, Some(true)) => (End::Malformed, None),
            (_, Some(false) | None) => {
                self.whole(response.into_body(), intent, &mut deadline, seen).await
            }
        }
    }

    /// A status that says no. Its body is read only to keep the connection and to know when the
    /// client was told everything; whatever happens to it, the status stays the reason.
    async fn refused(
        &self,
        response: Response<PooledBody>,
        deadline: &mut Deadline,
    ) -> (End, Option<PooledBody>) {
        let end = End::Status(response.status());
        let mut body = response.into_body();
        tokio::select! {
            biased;
            _ = collect(&mut body) => {}
            _ = deadline.passed() => {}
        }
        (end, None)
    }

    async fn streamed(
        &self,
        mut body: PooledBody,
        mut reader: StreamReader,
        deadline: &mut Deadline,
        seen: &mut Observation,
    ) -> (End, Option<PooledBody>) {
        loop {
            let frame = tokio::select! {
                biased;
                frame = body.frame() => frame,
                end = deadline.passed() => return (end, None),
            };
            let chunk = match frame {
                None => return (reader.end(), None),
                Some(Err(error)) => return (end_of_broken(&error), None),
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
            let now = self.clock.now();
            match reader.push(chunk, now, &mut seen.reading) {
                Progress::More => {}
                Progress::Over(End::Whole) => {
                    seen.ended = Some(now);
                    return (End::Whole, Some(body));
                }
                Progress::Over(end) => {
                    seen.ended = Some(now);
                    return (end, None);
                }
            }
            if seen.reading.pulse.first.is_some() {
                deadline.served();
            }
        }
    }

    async fn whole(
        &self,
        mut body: PooledBody,
        intent: &Intent,
        deadline: &mut Deadline,
        seen: &mut Observation,
    ) -> (End, Option<PooledBody>) {
        let bytes = tokio::select! {
            biased;
            bytes = collect(&mut body) => bytes,
            end = deadline.passed() => return (end, None),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(end) => return (end, None),
        };
        let end = match reply::read(self.line(intent).dialect, &bytes) {
            Reply::Error => End::ErrorInside,
            // A whole body is not what was asked for: an SDK that expects events finds none.
            Reply::Malformed | Reply::Words(_) if intent.stream => End::Malformed,
            Reply::Malformed => End::Malformed,
            Reply::Words(words) => {
                seen.reading.content.read(&words);
                End::Whole
            }
        };
        (end, None)
    }
}
