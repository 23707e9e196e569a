//! Where requests come in: reads one, finds out who is meant, opens its attempt and its luck, and
//! hands the case over.
//!
//! Order: address (host, key, path, model), then, for a request for an answer, the case: faults of
//! the request, rate limits, a slot, faults before the first token.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use record::{AttemptEnd, AttemptKind, Stage};
use vocab::{PromptId, mark};

use crate::address::{Meant, address};
use crate::answer::Answer;
use crate::case::Case;
use crate::estate::{Deployment, Estate};
use crate::journal::Call;
use crate::ledger::Opening;
use crate::limits::Reading;
use crate::line::Line;
use crate::persona::OwnedScene;
use crate::schedule::{Ask, Luck};

/// Where a request came in.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) estate: Arc<Estate>,
    /// Position of the host.
    pub(crate) site: usize,
    pub(crate) line: Arc<Line>,
    /// How the way that the request came is found.
    pub(crate) whereabouts: world::Whereabouts,
}

impl Desk {
    /// Answers one request. Where a fault breaks the connection before the head, this never returns:
    /// it is dropped with the connection.
    pub(crate) async fn answer(self, request: Request<Incoming>) -> Response<Answer> {
        let (parts, body) = request.into_parts();
        let estate = &*self.estate;
        let Some(taken) = estate.intake.take(&parts, body).await else {
            // The client broke off before its request was whole: no attempt reached the provider.
            return std::future::pending().await;
        };
        let body = taken.body.clone();
        let (index, meant) = address(estate, self.site, &parts, body.as_deref());
        let Some(deployment) = estate.deployments.get(index) else {
            // An address is always one of the site's deployments.
            return std::future::pending().await;
        };
        let body = body.unwrap_or_default();
        let (mut case, ask) = self.open(deployment, &parts, &meant, &body);
        if estate.journal.is_some() {
            let model = match &meant {
                Meant::Prompt(prompt, _) => prompt.model.as_deref(),
                Meant::Models | Meant::Model(_) | Meant::Health | Meant::Nothing(_) => None,
            };
            case.attempt.entry().called(Call::of(&parts, model));
        }
        match meant {
            Meant::Prompt(prompt, asked) => {
                case.asked = asked;
                case.prompt(&prompt, &ask, &body).await
            }
            Meant::Models => {
                let models = self.models(&deployment.config.key);
                let list = deployment.persona.models(&models, case.scene.unix_s);
                case.whole(StatusCode::OK, ("application/json", list), None, AttemptEnd::Complete)
            }
            Meant::Model(model) => {
                let body = deployment.persona.model(&model, case.scene.unix_s);
                case.whole(StatusCode::OK, ("application/json", body), None, AttemptEnd::Complete)
            }
            Meant::Health => {
                let body = Bytes::from_static(br#"{"status":"ok"}"#);
                case.whole(StatusCode::OK, ("application/json", body), None, AttemptEnd::Complete)
            }
            Meant::Nothing(refusal) => case.refuse(&refusal),
        }
    }

    /// The models that `key` may ask for here.
    fn models(&self, key: &str) -> Vec<&str> {
        let behind = self.estate.sites.get(self.site).map_or(&[][..], |site| &site.deployments);
        let deployments = behind.iter().filter_map(|index| self.estate.deployments.get(*index));
        deployments
            .filter(|other| other.config.key == key)
            .map(|other| other.config.model.as_str())
            .collect()
    }

    /// Opens the attempt and finds its luck.
    fn open<'d>(
        &'d self,
        deployment: &'d Deployment,
        parts: &Parts,
        meant: &Meant,
        body: &Bytes,
    ) -> (Case<'d>, Ask) {
        let estate = &self.estate;
        let arrived = estate.clock.now();
        let prompt_id = (parts.method == Method::POST).then(|| mark::prompt_id(body)).flatten();
        let numbers = prompt_id
            .map(|PromptId(request)| estate.book.count(request, deployment.index))
            .unwrap_or_default();
        let luck = match prompt_id {
            Some(PromptId(request)) => Luck { request, visit: numbers.visit },
            None => Luck { request: deployment.next_probe(), visit: 0 },
        };
        let (stream, prompt_tokens) = match meant {
            Meant::Prompt(prompt, _) => (prompt.stream, prompt.prompt_tokens),
            Meant::Models | Meant::Model(_) | Meant::Health | Meant::Nothing(_) => (false, 0),
        };
        let attempt = estate.book.open(Opening {
            request: prompt_id.map(|PromptId(request)| request),
            numbers,
            kind: if prompt_id.is_some() { AttemptKind::Request } else { AttemptKind::Probe },
            stage: Stage::Request,
            deployment: deployment.config.id.clone(),
            gateway: self.line.peer.clone(),
            prompt_tokens,
        });
        attempt.entry().came_by(estate.passages.of(&self.whereabouts));
        let ask = Ask {
            deployment: deployment.index,
            at: arrived,
            luck,
            attempt: numbers.attempt,
            stream,
            prompt_tokens,
        };
        let idle = self.line.carry(ask, Arc::clone(attempt.entry()));
        let draw = estate.seed.draw("id").of(deployment.config.id.as_str());
        let draw = draw.n(luck.request).n(u64::from(luck.visit));
        let scene = OwnedScene {
            persona: deployment.persona,
            id: format!("{:016x}{:016x}", draw.bits(), draw.clone().n(1).bits()),
            model: deployment.config.model.clone(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            client_id: client_id(&parts.headers),
            unix_s: estate.clock.unix_seconds(),
            took: std::time::Duration::ZERO,
        };
        let (head_only, reading) = (parts.method == Method::HEAD, Reading::default());
        let case = Case {
            desk: self,
            deployment,
            scene,
            attempt,
            arrived,
            luck,
            numbers,
            reading,
            head_only,
            asked: None,
            idle,
        };
        (case, ask)
    }
}

/// Longest client id that is repeated, in bytes.
const CLIENT_ID_BYTES_MAX: usize = 128;

/// The id that a client gave its request.
fn client_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-ms-client-request-id")?.to_str().ok()?;
    (id.len() <= CLIENT_ID_BYTES_MAX).then(|| id.to_owned())
}
