//! Ollama's own API: chat completions are translated to `/api/chat` and back, whose streams are lines of JSON.
//! Embeddings and text completions go to the paths of OpenAI's that it serves as well.

pub(super) mod members;
mod reply;
mod request;
mod stream;

use std::borrow::Cow;

use wire::framing::Framing;

use super::dialect::Dialect;
use super::forwarded;
use super::provider::{Call, Headers, Placed, Provider};
use super::tool_names::Rule;
use super::translated::{Marks, ThroughChat, Translated};
use super::{RouteError, bearer_of};
use crate::config::{Deployment, Platform};
use crate::endpoint::{Endpoint, Kind};

/// Ollama.
#[derive(Debug)]
pub(super) struct Ollama;

impl Provider for Ollama {
    fn dialect(&self, endpoint: Endpoint, _: Platform) -> Option<&'static dyn Dialect> {
        match endpoint.row().kind {
            Kind::Answer | Kind::Count => THROUGH_CHAT.dialect(endpoint),
            Kind::Text | Kind::Vectors => Some(forwarded::as_it_is(endpoint)),
            Kind::OpenAisOwn => None,
        }
    }

    /// Accepts an `api_base` with and without the whole path, as LiteLLM does, and with the `/v1` that belongs to
    /// its other API.
    fn path(&self, deployment: &Deployment, call: Call<'_>) -> String {
        const ENDS: [&str; 3] = [wire::ollama::CHAT_PATH, wire::ollama::GENERATE_PATH, "/v1"];
        let base = &*deployment.base_path;
        let base = ENDS.iter().find_map(|end| base.strip_suffix(end)).unwrap_or(base);
        match call.endpoint == Endpoint::Chat {
            true => format!("{base}{}", wire::ollama::CHAT_PATH),
            false => format!("{base}/v1{}", call.endpoint.row().path),
        }
    }

    /// `num_ctx` and its like are `options`.
    fn placed<'n>(&self, name: &'n str) -> Placed<'n> {
        const AT_THE_TOP: &[&str] = &["format", "keep_alive", "options", "think", "tools"];
        let within = (!AT_THE_TOP.contains(&name)).then_some("options");
        Placed { within, name: Cow::Borrowed(name) }
    }

    /// It has no keys; whatever stands in front of it may have.
    fn headers(&self, deployment: &Deployment) -> Result<Headers, RouteError> {
        bearer_of(deployment)
    }
}

/// Chat completions in Ollama's words.
static CHAT: Translated = Translated {
    provider: "Ollama",
    names: Rule::ANY,
    members: members::CHAT,
    marks: Marks::left_out,
    request: request::request,
    reply: reply::reply,
    framing: Framing::Lines,
    stream: stream::translator,
};

/// What is served by means of these.
static THROUGH_CHAT: ThroughChat = ThroughChat::new(&CHAT);

/// OpenAI's word for why an answer ended; `calls` says whether it calls.
fn finish_reason(done_reason: Option<&str>, calls: bool) -> &'static str {
    match done_reason {
        _ if calls => "tool_calls",
        Some("length") => "length",
        // `stop`, `load`, and what later versions add.
        Some(_) | None => "stop",
    }
}
