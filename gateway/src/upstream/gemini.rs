//! Google's Gemini API: the model and the method stand in the path, and chat completions are translated to
//! generateContent and back.

mod conversation;
mod embeddings;
mod kinds;
pub(super) mod members;
mod passed;
mod reply;
mod request;
mod stream;

pub(super) use passed::{Passed, passed};

use std::borrow::Cow;

use http::HeaderName;
use serde_json::{Map, Value, json};
use wire::framing::Framing;

use super::count::TokenCount;
use super::dialect::Dialect;
use super::forwarded::{self, CONTENT_FILTER};
use super::provider::{Call, Delivery, Headers, Placed, Provider};
use super::tool_names::Rule;
use super::translated::{Marks, ThroughChat, Translated};
use super::{RouteError, bearer, credential};
use crate::config::{Deployment, Platform};
use crate::endpoint::Endpoint;

/// The Gemini API.
#[derive(Debug)]
pub(super) struct Gemini;

impl Provider for Gemini {
    fn dialect(&self, endpoint: Endpoint, platform: Platform) -> Option<&'static dyn Dialect> {
        match (endpoint, platform) {
            (Endpoint::Embeddings, Platform::Vertex) => Some(&embeddings::AT_VERTEX),
            (Endpoint::Embeddings, Platform::Own | Platform::Foundry | Platform::Invoke) => {
                Some(&embeddings::AT_GEMINI)
            }
            (Endpoint::GenerateContent, _) => Some(forwarded::as_it_is(endpoint)),
            (Endpoint::CountContent, Platform::Vertex) => Some(&passed::COUNT_AT_VERTEX),
            (Endpoint::CountContent, Platform::Own | Platform::Foundry) => {
                Some(&passed::COUNT_AT_GEMINI)
            }
            (_, Platform::Vertex) => AT_VERTEX.dialect(endpoint),
            (_, Platform::Own | Platform::Foundry | Platform::Invoke) => {
                THROUGH_CHAT.dialect(endpoint)
            }
        }
    }

    /// How to answer stands in `generationConfig`; names are written together.
    fn placed<'n>(&self, name: &'n str) -> Placed<'n> {
        const AT_THE_TOP: &[&str] = &[
            "cachedContent",
            "generationConfig",
            "labels",
            "safetySettings",
            "systemInstruction",
            "toolConfig",
            "tools",
        ];
        let name = written_together(name);
        let within = (!AT_THE_TOP.contains(&&*name)).then_some("generationConfig");
        Placed { within, name }
    }

    /// `api_base` names the version; a stream without `alt=sse` would be one JSON array.
    fn path(&self, deployment: &Deployment, call: Call<'_>) -> String {
        let method = match (call.endpoint, call.delivery) {
            (Endpoint::CountTokens | Endpoint::CountContent, _) => "countTokens",
            (Endpoint::Embeddings, _) => match deployment.platform {
                Platform::Vertex => "predict",
                Platform::Own | Platform::Foundry | Platform::Invoke => "batchEmbedContents",
            },
            (_, Delivery::Whole) => "generateContent",
            (_, Delivery::Stream) => "streamGenerateContent?alt=sse",
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

/// `top_k` as Google writes it: `topK`.
fn written_together(name: &str) -> Cow<'_, str> {
    if !name.contains('_') {
        return Cow::Borrowed(name);
    }
    let mut parts = name.split('_');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut chars = part.chars();
        whole.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        whole.push_str(chars.as_str());
    }
    Cow::Owned(whole)
}

/// Chat completions in the words of generateContent.
static CHAT: Translated = Translated {
    provider: "Gemini",
    names: Rule::GOOGLE,
    members: members::CHAT,
    marks: Marks::left_out,
    request: request::request,
    reply: reply::reply,
    framing: Framing::Sse,
    stream: stream::translator,
};

/// What is served by means of these.
static THROUGH_CHAT: ThroughChat = ThroughChat::new(&CHAT).counted_by(COUNT);

/// The same on Vertex AI.
static AT_VERTEX: ThroughChat = ThroughChat::new(&CHAT).counted_by(COUNT_AT_VERTEX);

/// How tokens are counted: of a whole request, which names its model again.
const COUNT: TokenCount = TokenCount { members: None, question: count_of, tokens: counted };

/// The same on Vertex AI, where the question is the request.
const COUNT_AT_VERTEX: TokenCount = TokenCount {
    members: None,
    question: |_, request| Some(Value::Object(request.clone())),
    tokens: counted,
};

fn count_of(model: &str, request: &Map<String, Value>) -> Option<Value> {
    let mut request = request.clone();
    request.insert("model".to_owned(), json!(format!("models/{model}")));
    Some(json!({ "generateContentRequest": request }))
}

fn counted(answer: &[u8]) -> Option<u64> {
    let reply: wire::gemini::CountTokensReply = serde_json::from_slice(answer).ok()?;
    Some(reply.total_tokens)
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

/// Gemini's own word, where OpenAI has none like it.
fn native_finish(reason: &str) -> Option<&str> {
    (finish_reason(reason, false) == "stop" && reason != "STOP").then_some(reason)
}

/// The data URL of a picture that was said; of other media nobody knows how they are told.
fn picture(inline_data: &Value) -> Option<String> {
    let text = |name: &str, other: &str| {
        inline_data.get(name).or_else(|| inline_data.get(other)).and_then(Value::as_str)
    };
    let kind = text("mimeType", "mime_type").filter(|kind| kind.starts_with("image/"))?;
    Some(format!("data:{kind};base64,{}", text("data", "data")?))
}
