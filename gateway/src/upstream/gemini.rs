//! Google's Gemini API: the model and the method stand in the path, and chat completions are translated to
//! generateContent and back.

mod conversation;
pub(super) mod members;
mod reply;
mod request;
mod stream;

use http::HeaderName;
use wire::framing::Framing;

use super::dialect::Dialect;
use super::forwarded::CONTENT_FILTER;
use super::provider::{Call, Delivery, Headers, Provider};
use super::translated::Translated;
use super::{RouteError, bearer, credential};
use crate::config::{Deployment, Platform};
use crate::endpoint::Endpoint;

/// The Gemini API.
#[derive(Debug)]
pub(super) struct Gemini;

impl Provider for Gemini {
    fn dialect(&self, endpoint: Endpoint) -> Option<&'static dyn Dialect> {
        match endpoint {
            Endpoint::Chat => Some(&CHAT),
            Endpoint::Completions
            | Endpoint::Embeddings
            | Endpoint::Moderations
            | Endpoint::Responses
            | Endpoint::ImageGenerations
            | Endpoint::Speech
            | Endpoint::Transcriptions
            | Endpoint::AudioTranslations
            | Endpoint::Messages
            | Endpoint::CountTokens => None,
        }
    }

    /// `api_base` names the version; a stream without `alt=sse` would be one JSON array.
    fn path(&self, deployment: &Deployment, call: Call<'_>) -> String {
        let method = match call.delivery {
            Delivery::Whole => "generateContent",
            Delivery::Stream => "streamGenerateContent?alt=sse",
        };
        format!("{}/models/{}:{method}", deployment.base_path, wire::percent::segment(call.model))
    }

    fn headers(&self, deployment: &Deployment) -> Result<Headers, RouteError> {
        let Some(key) = &deployment.api_key else { return Ok(Headers::new()) };
        if deployment.platform == Platform::Vertex {
            return Ok(vec![bearer(key)?]);
        }
        let name = HeaderName::from_static(wire::gemini::API_KEY);
        Ok(vec![(name, credential(key.reveal())?)])
    }
}

/// Chat completions in the words of generateContent.
static CHAT: Translated = Translated {
    members: members::CHAT,
    request: request::request,
    reply: reply::reply,
    framing: Framing::Sse,
    stream: stream::translator,
};

/// OpenAI's word for why an answer ended; `calls` says whether it calls.
fn finish_reason(reason: &str, calls: bool) -> &'static str {
    match reason {
        "MAX_TOKENS" => "length",
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "IMAGE_SAFETY"
        | "LANGUAGE" | "MODEL_ARMOR" => CONTENT_FILTER,
        // `STOP`, `OTHER`, malformed calls, and what later versions add.
        _ if calls => "tool_calls",
        _ => "stop",
    }
}
