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
use crate::endpoint::Endpoint;

/// Ollama.
#[derive(Debug)]
pub(super) struct Ollama;

impl Provider for Ollama {
    fn dialect(&self, endpoint: Endpoint, _: Platform) -> Option<&'static dyn Dialect> {
        match endpoint {
            Endpoint::Chat
            | Endpoint::Messages
            | Endpoint::Responses
            | Endpoint::CountTokens
            | Endpoint::GenerateContent
            | Endpoint::CountContent
            | Endpoint::Converse => THROUGH_CHAT.dialect(endpoint),
            Endpoint::Completions | Endpoint::Embeddings => Some(forwarded::as_it_is(endpoint)),
            Endpoint::Moderations
            | Endpoint::ImageGenerations
            | Endpoint::Speech
            | Endpoint::Transcriptions
            | Endpoint::AudioTranslations => None,
        }
    }

    /// Accepts an `api_base` with and without the whole path, as LiteLLM does, and with the `/v1` that belongs to
    /// its other API.
    fn path(&self, deployment: &Deployment, call: Call<'_>) -> String {
        const ENDS: [&str; 3] = [wire::ollama::CHAT_PATH, wire::ollama::GENERATE_PATH, "/v1"];
        let base = &*deployment.base_path;
        let base = ENDS.iter().find_map(|end| base.strip_suffix(end)).unwrap_or(base);
        match call.endpoint {
            Endpoint::Chat => format!("{base}{}", wire::ollama::CHAT_PATH),
            Endpoint::Completions
            | Endpoint::Embeddings
            | Endpoint::Moderations
            | Endpoint::Responses
            | Endpoint::ImageGenerations
            | Endpoint::Speech
            | Endpoint::Transcriptions
            | Endpoint::AudioTranslations
            | Endpoint::Messages
            | Endpoint::CountTokens
            | Endpoint::GenerateContent
            | Endpoint::CountContent
            | Endpoint::Converse => format!("{base}/v1{}", call.endpoint.row().path),
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
