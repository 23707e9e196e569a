//! Anthropic's requests: path, key and version, and the translation of OpenAI's chat completions to
//! Messages and back.
//!
//! What has no counterpart is refused by its name, never left out in silence; [`members`] is the table.

mod citations;
mod conversation;
pub(super) mod members;
mod model;
mod passed;
mod reply;
mod request;
mod stream;
mod thought;
mod vertex;

pub(super) use model::Model;
pub(super) use passed::{Passed, REFUSAL};
pub(super) use reply::{reply as chat_reply, usage as chat_usage};
pub(super) use request::request as chat_request;
pub(super) use stream::translator as chat_stream;
pub(super) use thought::Thought;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};
use wire::framing::Framing;

use super::count::TokenCount;
use super::dialect::Dialect;
use super::forwarded::{self, CONTENT_FILTER};
use super::provider::{Call, Headers, Provider};
use super::tool_names::Rule;
use super::translated::{Marks, ThroughChat, Translated};
use super::{RouteError, credential};
use crate::config::{Deployment, Platform};
use crate::endpoint::{Endpoint, Wording};

/// Anthropic's own API.
#[derive(Debug)]
pub(super) struct Anthropic;

impl Provider for Anthropic {
    fn dialect(&self, endpoint: Endpoint, _: Platform) -> Option<&'static dyn Dialect> {
        match endpoint.row().wording {
            Wording::Anthropic => Some(forwarded::as_it_is(endpoint)),
            Wording::OpenAi | Wording::Events | Wording::Google | Wording::Aws => {
                THROUGH_CHAT.dialect(endpoint)
            }
        }
    }

    /// Accepts an `api_base` with and without `/v1` or the whole path, as LiteLLM does.
    fn path(&self, deployment: &Deployment, call: Call<'_>) -> String {
        if deployment.platform == Platform::Vertex {
            return vertex::path(deployment, call);
        }
        let base = deployment.base_path.trim_end_matches('/');
        let base = base.strip_suffix("/messages").unwrap_or(base);
        let base = base.strip_suffix("/v1").unwrap_or(base);
        let below = match call.endpoint.counts() {
            true => wire::anthropic::COUNT_TOKENS_PATH,
            false => wire::anthropic::MESSAGES_PATH,
        };
        format!("{base}{below}")
    }

    fn headers(&self, deployment: &Deployment) -> Result<Headers, RouteError> {
        if deployment.platform == Platform::Vertex {
            return vertex::headers(deployment);
        }
        let version = HeaderValue::from_static(wire::anthropic::VERSION_2023_06_01);
        let mut headers = vec![(HeaderName::from_static(wire::anthropic::VERSION), version)];
        if let Some(key) = &deployment.api_key {
            let name = match deployment.platform {
                Platform::Foundry => wire::azure::API_KEY,
                Platform::Own | Platform::Vertex | Platform::Invoke => wire::anthropic::API_KEY,
            };
            headers.push((HeaderName::from_static(name), credential(key.reveal())?));
        }
        Ok(headers)
    }

    fn finished(&self, deployment: &Deployment, call: Call<'_>, body: Bytes) -> Bytes {
        match deployment.platform {
            Platform::Vertex => vertex::body(call.endpoint, body),
            Platform::Own | Platform::Foundry | Platform::Invoke => body,
        }
    }
}

/// Chat completions in the words of Messages.
static CHAT: Translated = Translated {
    provider: "Anthropic",
    names: Rule::ANTHROPIC,
    members: members::CHAT,
    marks: |_| Marks::Kept,
    request: request::request,
    reply: reply::reply,
    framing: Framing::Sse,
    stream: stream::translator,
};

/// What is served by means of these.
static THROUGH_CHAT: ThroughChat = ThroughChat::new(&CHAT).counted_by(COUNT);

/// How tokens are counted: of a message, without what asks for an answer.
const COUNT: TokenCount = TokenCount {
    members: Some(&COUNTED),
    question: |_, message| Some(Value::Object(message.clone())),
    tokens: counted,
};

/// Members of a message that a count takes.
const COUNTED: [&str; 6] = ["messages", "model", "system", "thinking", "tool_choice", "tools"];

fn counted(answer: &[u8]) -> Option<u64> {
    let reply: Map<String, Value> = serde_json::from_slice(answer).ok()?;
    reply.get("input_tokens")?.as_u64()
}

/// OpenAI's finish reason of an answer that calls.
const TOOL_CALLS: &str = "tool_calls";

/// OpenAI's word for why an answer ended.
fn finish_reason(stop_reason: &str) -> &'static str {
    match stop_reason {
        "max_tokens" | "model_context_window_exceeded" => "length",
        "tool_use" => TOOL_CALLS,
        "refusal" => CONTENT_FILTER,
        // `end_turn`, `stop_sequence`, `pause_turn`, and what later versions add.
        _ => "stop",
    }
}

/// Anthropic's own word, where OpenAI has none like it.
fn native_finish(stop_reason: &str) -> Option<&str> {
    let usual = matches!(stop_reason, "end_turn" | "stop_sequence");
    (finish_reason(stop_reason) == "stop" && !usual).then_some(stop_reason)
}
