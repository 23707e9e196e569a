//! Dispatches requests: reads one, resolves its target, opens its attempt and finds its luck.
//!
//! Order: target (host, key, path, model), then, for a request for an answer, `in_flight.rs`:
//! faults of the request, rate limits, a slot, faults before the first token. It must never know a
//! provider's JSON.

mod resolve_target;
mod whose;

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use record::{AttemptEnd, AttemptKind, Stage};
use vocab::{PromptId, mark};

use crate::answer::Answer;
use crate::attempt_record::Opening;
use crate::connection::Exchange;
use crate::dispatch::resolve_target::{ResolvedTarget, resolve_target};
use crate::in_flight::InFlight;
use crate::index::HostIndex;
use crate::journal::Call;
use crate::limits::Reading;
use crate::persona::OwnedContext;
use crate::schedule::{AttemptFacts, DrawKey};
use crate::state::{Deployment, State};

/// Where a request came in.
#[derive(Clone, Debug)]
pub(crate) struct Dispatch {
    pub(crate) state: Arc<State>,
    /// Position of the host.
    pub(crate) host: HostIndex,
    pub(crate) exchange: Arc<Exchange>,
    /// How it came here.
    pub(crate) whereabouts: world::Whereabouts,
}

impl Dispatch {
    /// Answers one request. Where a fault breaks the connection before the head, this never returns:
    /// it is dropped with the connection.
    pub(crate) async fn answer(self, request: Request<Incoming>) -> Response<Answer> {
        let (parts, body) = request.into_parts();
        let state = &*self.state;
        let Some(read) = state.body_limits.read(&parts, body).await else {
            // The client broke off before its request was whole: no attempt reached the provider.
            return std::future::pending().await;
        };
        let body = read.body.clone();
        let (index, meant) = resolve_target(state, self.host, &parts, body.as_deref());
        let Some(deployment) = state.deployment(index) else {
            // A resolved target is always one of the host's deployments.
            return std::future::pending().await;
        };
        let body = body.unwrap_or_default();
        let (mut in_flight, facts) = self.open(deployment, &parts, &meant, &body);
        if let Some(rule) = self.exchange.muted() {
            in_flight.attempt.record().met(&rule);
            return in_flight.unheard().await;
        }
        if state.journal.is_some() {
            let model = match &meant {
                ResolvedTarget::Prompt(prompt, _) => prompt.model.as_deref(),
                ResolvedTarget::Models
                | ResolvedTarget::Model(_)
                | ResolvedTarget::Health
                | ResolvedTarget::Nothing(_) => None,
            };
            in_flight.attempt.record().called(Call::of(&parts, model));
        }
        match meant {
            ResolvedTarget::Prompt(prompt, asked) => {
                in_flight.asked = asked;
                in_flight.prompt(&prompt, &facts, &body).await
            }
            ResolvedTarget::Models => {
                let models = self.models(&deployment.config.key);
                let list = deployment.persona.models(&models, in_flight.context.unix_s);
                in_flight.whole(
                    StatusCode::OK,
                    ("application/json", list),
                    None,
                    AttemptEnd::Complete,
                )
            }
            ResolvedTarget::Model(model) => {
                let body = deployment.persona.model(&model, in_flight.context.unix_s);
                in_flight.whole(
                    StatusCode::OK,
                    ("application/json", body),
                    None,
                    AttemptEnd::Complete,
                )
            }
            ResolvedTarget::Health => {
                let body = Bytes::from_static(br#"{"status":"ok"}"#);
                in_flight.whole(
                    StatusCode::OK,
                    ("application/json", body),
                    None,
                    AttemptEnd::Complete,
                )
            }
            ResolvedTarget::Nothing(refusal) => in_flight.refuse(&refusal),
        }
    }

    /// The models that `key` may ask for here.
    fn models(&self, key: &str) -> Vec<&str> {
        let deployments = self.state.behind(self.host);
        deployments
            .filter(|other| other.config.key == key && !other.config.model.contains('*'))
            .map(|other| other.config.model.as_str())
            .collect()
    }

    /// Opens the attempt and finds its luck.
    fn open<'d>(
        &'d self,
        deployment: &'d Deployment,
        parts: &Parts,
        meant: &ResolvedTarget,
        body: &Bytes,
    ) -> (InFlight<'d>, AttemptFacts) {
        let state = &self.state;
        let arrived = state.clock.now();
        let prompt_id = (parts.method == Method::POST).then(|| mark::prompt_id(body)).flatten();
        let request = prompt_id.map(|prompt| whose::request_of(prompt, body));
        let numbers =
            request.map(|request| state.book.count(request, deployment.index)).unwrap_or_default();
        let draw_key = match request {
            Some(request) => DrawKey { request, visit: numbers.visit },
            None => DrawKey { request: deployment.next_probe(), visit: 0 },
        };
        let (asks, stream, prompt_tokens) = match meant {
            ResolvedTarget::Prompt(prompt, _) => (true, prompt.stream, prompt.prompt_tokens),
            ResolvedTarget::Models
            | ResolvedTarget::Model(_)
            | ResolvedTarget::Health
            | ResolvedTarget::Nothing(_) => (false, false, 0),
        };
        let attempt = state.book.open(Opening {
            request,
            numbers,
            kind: if prompt_id.is_some() { AttemptKind::Request } else { AttemptKind::Probe },
            stage: Stage::Request,
            deployment: deployment.config.id.clone(),
            gateway: self.exchange.peer().to_owned(),
            prompt_tokens,
            inference: asks || prompt_id.is_some(),
        });
        attempt.record().came_by(state.passages.of(&self.whereabouts));
        let facts = AttemptFacts {
            deployment: deployment.index,
            at: arrived,
            draw_key,
            attempt: numbers.attempt,
            stream,
            prompt_tokens,
        };
        let idle = self.exchange.begin(facts, Arc::clone(attempt.record()));
        let draw = state.seed.draw("id").of(deployment.config.id.as_str());
        let draw = draw.n(draw_key.request).n(u64::from(draw_key.visit));
        let context = OwnedContext {
            persona: deployment.persona,
            id: format!("{:016x}{:016x}", draw.bits(), draw.clone().n(1).bits()),
            model: asked_of(deployment, meant),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            client_id: client_id(&parts.headers),
            unix_s: state.clock.unix_seconds(),
            took: std::time::Duration::ZERO,
        };
        let (head_only, reading) = (parts.method == Method::HEAD, Reading::default());
        let in_flight = InFlight {
            state: &self.state,
            exchange: &self.exchange,
            deployment,
            context,
            attempt,
            arrived,
            draw_key,
            // Who names no prompt hears the ordinal of its call.
            prompt: prompt_id.unwrap_or(PromptId(draw_key.request)),
            numbers,
            reading,
            plain_type: "application/json",
            head_only,
            asked: None,
            idle,
        };
        (in_flight, facts)
    }
}

/// The model that answers: the deployment's own, or that of its pattern which is asked for.
fn asked_of(deployment: &Deployment, meant: &ResolvedTarget) -> String {
    let own = &deployment.config.model;
    match meant {
        ResolvedTarget::Prompt(prompt, _) if own.contains('*') => {
            prompt.model.as_ref().unwrap_or(own).clone()
        }
        ResolvedTarget::Prompt(..)
        | ResolvedTarget::Models
        | ResolvedTarget::Model(_)
        | ResolvedTarget::Health
        | ResolvedTarget::Nothing(_) => own.clone(),
    }
}

/// Longest client id that is repeated, in bytes.
const CLIENT_ID_BYTES_MAX: usize = 128;

/// The id that a client gave its request.
fn client_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-ms-client-request-id")?.to_str().ok()?;
    (id.len() <= CLIENT_ID_BYTES_MAX).then(|| id.to_owned())
}
