//! Google's Gemini API: the model and the method stand in the path, and chat completions are translated to
//! generateContent and back.

mod conversation;
pub(super) mod members;
mod reply;
mod request;
mod stream;

use bytes::Bytes;
use http::{HeaderName, header};

use super::dialect::{Asked, Dialect, Encoded, Interpreter, Opening, Refused, WholeAnswer};
use super::forwarded::CONTENT_FILTER;
use super::members::Member;
use super::provider::{Call, Headers, Provider};
use super::{RouteError, credential};
use crate::config::{Deployment, Platform};
use crate::endpoint::Endpoint;
use crate::upstream::provider::Delivery;

/// The Gemini API.
#[derive(Debug)]
pub(super) struct Gemini;

impl Provider for Gemini {
    fn dialect(&self, endpoint: Endpoint) -> Option<&'static dyn Dialect> {
        match endpoint {
            Endpoint::Chat => Some(&ChatAsGenerate),
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
            let token = credential(&format!("Bearer {}", key.reveal()))?;
            return Ok(vec![(header::AUTHORIZATION, token)]);
        }
        let name = HeaderName::from_static(wire::gemini::API_KEY);
        Ok(vec![(name, credential(key.reveal())?)])
    }
}

/// Chat completions in the words of generateContent.
#[derive(Debug)]
pub(super) struct ChatAsGenerate;

impl Dialect for ChatAsGenerate {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        request::request(asked)
    }

    fn members(&self) -> &'static [Member] {
        members::CHAT
    }

    fn whole(&self, answer: Bytes, at: Opening<'_>) -> Option<WholeAnswer> {
        reply::reply(&answer, at.created)
    }

    fn interpreter(&self, at: Opening<'_>) -> Box<dyn Interpreter> {
        Box::new(stream::Translator::new(at))
    }
}

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
