//! Ollama's own API: chat completions are translated to `/api/chat` and back, whose streams are lines of JSON.
//! Embeddings and text completions go to the paths of OpenAI's that it serves as well.

pub(super) mod members;
mod reply;
mod request;
mod stream;

use bytes::Bytes;
use http::header;
use wire::framing::Framing;

use super::dialect::{Asked, Dialect, Encoded, Interpreter, Opening, Refused, WholeAnswer};
use super::forwarded;
use super::members::Member;
use super::provider::{Call, Headers, Provider};
use super::{RouteError, credential};
use crate::config::Deployment;
use crate::endpoint::Endpoint;

/// Ollama.
#[derive(Debug)]
pub(super) struct Ollama;

impl Provider for Ollama {
    fn dialect(&self, endpoint: Endpoint) -> Option<&'static dyn Dialect> {
        match endpoint {
            Endpoint::Chat => Some(&ChatAsOllamas),
            Endpoint::Completions | Endpoint::Embeddings => Some(forwarded::as_it_is(endpoint)),
            Endpoint::Moderations
            | Endpoint::Responses
            | Endpoint::ImageGenerations
            | Endpoint::Speech
            | Endpoint::Transcriptions
            | Endpoint::AudioTranslations
            | Endpoint::Messages
            | Endpoint::CountTokens => None,
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
            | Endpoint::CountTokens => format!("{base}/v1{}", call.endpoint.row().path),
        }
    }

    /// It has no keys; whatever stands in front of it may have.
    fn headers(&self, deployment: &Deployment) -> Result<Headers, RouteError> {
        let Some(key) = &deployment.api_key else { return Ok(Headers::new()) };
        let value = credential(&format!("Bearer {}", key.reveal()))?;
        Ok(vec![(header::AUTHORIZATION, value)])
    }
}

/// Chat completions in Ollama's words.
#[derive(Debug)]
struct ChatAsOllamas;

impl Dialect for ChatAsOllamas {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        request::request(asked)
    }

    fn members(&self) -> &'static [Member] {
        members::CHAT
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn whole(&self, answer: Bytes, at: Opening<'_>) -> Option<WholeAnswer> {
        reply::reply(&answer, at)
    }

    fn interpreter(&self, at: Opening<'_>) -> Box<dyn Interpreter> {
        Box::new(stream::Translator::new(at))
    }
}

/// OpenAI's word for why an answer ended; `calls` says whether it calls.
fn finish_reason(done_reason: Option<&str>, calls: bool) -> &'static str {
    match done_reason {
        _ if calls => "tool_calls",
        Some("length") => "length",
        // `stop`, `load`, and what later versions add.
        Some(_) | None => "stop",
    }
}
