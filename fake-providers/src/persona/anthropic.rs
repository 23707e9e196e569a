//! Anthropic Messages: named events, its own envelope for errors, limits in RFC 3339.

mod read;
mod refuse;
mod vertex;

use bytes::Bytes;
use serde_json::{Value, json};
use wire::anthropic::{ErrorKind, MessagesReply, OutputBlock, RateLimits, Usage};
use wire::{ErrorReply, Window};

use super::{Complaint, Headers, IncomingRequest, Operation, Prompt, RequestContext, Route};
use crate::limits::{Gauge, Reading};
use crate::script::{Finish, Transcript, Uttered};
pub(super) use refuse::refuse;

pub(super) fn route(path: &str) -> Option<Route<'_>> {
    vertex::route(path).or_else(|| own_route(path))
}

fn own_route(path: &str) -> Option<Route<'_>> {
    Some(match path {
        wire::anthropic::MESSAGES_PATH => Route::to(Operation::Chat),
        "/v1/messages/count_tokens" => Route::to(Operation::CountTokens),
        "/v1/models" => Route::to(Operation::Models),
        _ => {
            let model = path.strip_prefix("/v1/models/").filter(|model| !model.is_empty())?;
            Route { named: Some(model.into()), ..Route::to(Operation::Model) }
        }
    })
}

/// Understands a body and the header that says of which version it is.
pub(super) fn read(incoming: &IncomingRequest<'_>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    match &route.named {
        Some(model) => vertex::read(incoming, route, model),
        None if vertex::counts(incoming.parts.uri.path()) => vertex::read_count(incoming, route),
        None => read::read(incoming, route),
    }
}

/// 500 in its words.
pub(super) fn api_error(context: &RequestContext<'_>) -> ErrorReply {
    ErrorKind::Api.reply(ErrorKind::Api.usual_message(), &request_id(context))
}

/// Besides the three meters Anthropic shows `tokens`, the most restrictive of the two token limits.
pub(super) fn headers(context: &RequestContext<'_>, reading: &Reading) -> Headers {
    let window = |gauge: Option<Gauge>| match gauge {
        Some(gauge) => Window {
            limit: Some(gauge.limit),
            remaining: Some(gauge.remaining),
            reset: Some(context.unix_s + gauge.reset.as_nanos().div_ceil(1_000_000_000) as u64),
        },
        None => Window::default(),
    };
    let both = [reading.tokens, reading.output_tokens];
    let tightest = both.into_iter().flatten().min_by_key(|gauge| gauge.remaining);
    let limits = RateLimits {
        requests: window(reading.requests),
        tokens: window(tightest),
        input_tokens: window(reading.tokens),
        output_tokens: window(reading.output_tokens),
    };
    let mut headers = limits.to_headers();
    headers.push((wire::anthropic::REQUEST_ID, request_id(context)));
    headers.push(("anthropic-organization-id", "brownout".to_owned()));
    headers
}

pub(super) fn reply(context: &RequestContext<'_>, prompt: &Prompt, said: &Transcript) -> Bytes {
    if prompt.operation == Operation::CountTokens {
        return Bytes::from(json!({ "input_tokens": prompt.prompt_tokens }).to_string());
    }
    let usage = usage(prompt.prompt_tokens, said.tally.tokens);
    let mut reply = MessagesReply::begun(&answer_id(context), context.model, usage);
    let (mut calls, choice) = (0, said.choices.first());
    for block in choice.into_iter().flatten() {
        reply.content.push(match block {
            Uttered::Thinking(words) => {
                let (thinking, signature) = (words.clone(), signature(context));
                OutputBlock::Thinking { thinking, signature }
            }
            Uttered::Text(words) | Uttered::Refusal(words) => {
                OutputBlock::Text { text: words.clone() }
            }
            Uttered::Call { name, arguments } => {
                calls += 1;
                OutputBlock::ToolUse {
                    id: call_id(context.id, calls - 1),
                    name: name.clone(),
                    // Cut short, they are no JSON.
                    input: serde_json::from_str(arguments).unwrap_or_else(|_| json!({})),
                }
            }
        });
    }
    reply.stop_reason = Some(finish_word(said.finish).to_owned());
    reply.to_json()
}

/// The id of call number `ordinal`.
pub(super) fn call_id(id: &str, ordinal: u32) -> String {
    format!("toolu_{}{ordinal:02}", id.get(..22).unwrap_or(id))
}

/// What proves a thought to be the model's own: opaque to clients.
pub(super) fn signature(context: &RequestContext<'_>) -> String {
    format!("Brownout{}==", context.id)
}

fn model_value(id: &str) -> Value {
    json!({
        "type": "model",
        "id": id,
        "display_name": id,
        "created_at": "2024-10-22T00:00:00Z",
        "lifecycle": "active",
    })
}

pub(super) fn model(model: &str) -> Bytes {
    Bytes::from(model_value(model).to_string())
}

pub(super) fn models(models: &[&str]) -> Bytes {
    let data: Vec<Value> = models.iter().map(|id| model_value(id)).collect();
    let list = json!({
        "data": data,
        "has_more": false,
        "first_id": models.first(),
        "last_id": models.last(),
    });
    Bytes::from(list.to_string())
}

pub(super) fn usage(input_tokens: u64, output_tokens: u64) -> Usage {
    Usage {
        input_tokens,
        output_tokens,
        cache_creation_input_tokens: Some(0),
        cache_read_input_tokens: Some(0),
        service_tier: Some("standard".to_owned()),
    }
}

pub(super) fn answer_id(context: &RequestContext<'_>) -> String {
    format!("msg_{}", context.id)
}

pub(super) fn request_id(context: &RequestContext<'_>) -> String {
    format!("req_{}", context.id)
}

pub(super) const fn finish_word(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter | Finish::Refusal => "refusal",
    }
}
