//! Anthropic Messages: named events, its own envelope for errors, limits in RFC 3339.

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use wire::anthropic::{
    ErrorKind, InputBlock, InputMessage, MessagesReply, OutputBlock, RateLimits, SystemBlock, Usage,
};
use wire::{ErrorReply, TextOr, Window};

use super::{Complaint, Headers, Inquiry, Operation, Prompt, Refusal, Route, Scene, text, words};
use crate::limits::{Dimension, Gauge, Reading};
use crate::script::{Finish, Said, Uttered, Wishes};

pub(super) fn route(path: &str) -> Option<Route<'_>> {
    Some(match path {
        wire::anthropic::MESSAGES_PATH => Route::to(Operation::Chat),
        "/v1/models" => Route::to(Operation::Models),
        _ => {
            let model = path.strip_prefix("/v1/models/")?;
            Route { named: Some(model.into()), ..Route::to(Operation::Model) }
        }
    })
}

/// What a fake must know of a body. Looser than `MessagesRequest`, so that what is missing can be
/// refused by name.
#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    max_tokens: Option<u64>,
    messages: Option<Vec<InputMessage>>,
    system: Option<TextOr<SystemBlock>>,
    stream: Option<bool>,
}

/// Versions of the API that the provider accepts.
const VERSIONS: [&str; 2] = [wire::anthropic::VERSION_2023_06_01, "2026-10-21"];

pub(super) fn read(inquiry: &Inquiry<'_>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    let (version, body) = (text(&inquiry.parts.headers, wire::anthropic::VERSION), inquiry.body);
    let invalid = |message: &str| Complaint::new(message, None);
    match version {
        None => return Err(invalid("anthropic-version: header is required")),
        Some(version) if !VERSIONS.contains(&version) => {
            let message = format!("anthropic-version: \"{version}\" is not a valid version");
            return Err(invalid(&message));
        }
        Some(_) => {}
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            return invalid(&error.to_string());
        }
        invalid("The request body is not valid JSON")
    })?;
    if body.model.as_deref().unwrap_or_default().is_empty() {
        return Err(invalid("model: Field required"));
    }
    let max_tokens = body.max_tokens.ok_or_else(|| invalid("max_tokens: Field required"))?;
    if max_tokens == 0 {
        return Err(invalid("max_tokens: Input should be greater than or equal to 1"));
    }
    let messages = body.messages.ok_or_else(|| invalid("messages: Field required"))?;
    if messages.is_empty() {
        return Err(invalid(ErrorKind::InvalidRequest.usual_message()));
    }
    let system = match &body.system {
        None => 0,
        Some(TextOr::Text(text)) => words(text),
        Some(TextOr::Parts(blocks)) => blocks.iter().map(|block| words(&block.text)).sum(),
    };
    Ok(Prompt {
        operation: route.operation,
        model: body.model,
        stream: body.stream.unwrap_or(false),
        include_usage: true,
        prompt_tokens: system
            + messages.iter().map(|message| tokens(&message.content)).sum::<u64>(),
        max_tokens: Some(max_tokens),
        wishes: Wishes::default(),
    })
}

/// Depth is bounded by the JSON parser's own limit.
fn tokens(content: &TextOr<InputBlock>) -> u64 {
    match content {
        TextOr::Text(text) => words(text),
        TextOr::Parts(blocks) => blocks
            .iter()
            .map(|block| match block {
                InputBlock::Text { text } => words(text),
                InputBlock::ToolResult { content, .. } => content.as_ref().map_or(0, tokens),
                InputBlock::Thinking { thinking, .. } => words(thinking),
                InputBlock::Image { .. } | InputBlock::ToolUse { .. } | InputBlock::Unknown => 0,
            })
            .sum(),
    }
}

pub(super) fn refuse(refusal: &Refusal, scene: &Scene<'_>) -> ErrorReply {
    let id = request_id(scene);
    let usual = |kind: ErrorKind| kind.reply(kind.usual_message(), &id);
    match refusal {
        Refusal::NoKey => ErrorKind::Authentication.reply("x-api-key header is required", &id),
        Refusal::WrongKey => usual(ErrorKind::Authentication),
        Refusal::Route { .. } => ErrorKind::NotFound.reply("Not Found", &id),
        Refusal::Model(model) => ErrorKind::NotFound.reply(&format!("model: {model}"), &id),
        Refusal::TooLarge => usual(ErrorKind::RequestTooLarge),
        Refusal::TooLong { window, requested } => {
            let message = ErrorKind::prompt_too_long(*requested, *window);
            ErrorKind::InvalidRequest.reply(&message, &id)
        }
        Refusal::Blocked => usual(ErrorKind::InvalidRequest),
        Refusal::Invalid(complaint) => ErrorKind::InvalidRequest.reply(&complaint.message, &id),
        Refusal::Failed(failure) => {
            let kind = ErrorKind::of_status(failure.status);
            let reason = StatusCode::from_u16(failure.status).ok();
            let reason = reason.and_then(|status| status.canonical_reason());
            let message = if kind.status() == failure.status {
                kind.usual_message()
            } else {
                reason.unwrap_or("Unknown error")
            };
            kind.reply_under(failure.status, message, &id)
        }
        Refusal::Exceeded(excess) => {
            let unit = match excess.dimension {
                Dimension::Requests => "requests",
                Dimension::Tokens => "input tokens",
                Dimension::OutputTokens => "output tokens",
            };
            let message = format!(
                "This request would exceed your organization's rate limit of {} {unit} per minute \
                 (model: {}). Please reduce the prompt length or the maximum tokens requested, or \
                 try again later.",
                excess.gauge.limit, scene.model
            );
            ErrorKind::RateLimit.reply(&message, &id)
        }
        Refusal::Overloaded => usual(ErrorKind::Overloaded),
    }
}

/// 500 in its words.
pub(super) fn api_error(scene: &Scene<'_>) -> ErrorReply {
    ErrorKind::Api.reply(ErrorKind::Api.usual_message(), &request_id(scene))
}

/// Besides the three meters Anthropic shows `tokens`, the most restrictive of the two token limits.
pub(super) fn headers(scene: &Scene<'_>, reading: &Reading) -> Headers {
    let window = |gauge: Option<Gauge>| match gauge {
        Some(gauge) => Window {
            limit: Some(gauge.limit),
            remaining: Some(gauge.remaining),
            reset: Some(scene.unix_s + gauge.reset.as_nanos().div_ceil(1_000_000_000) as u64),
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
    headers.push((wire::anthropic::REQUEST_ID, request_id(scene)));
    headers.push(("anthropic-organization-id", "brownout".to_owned()));
    headers
}

pub(super) fn reply(scene: &Scene<'_>, prompt: &Prompt, said: &Said) -> Bytes {
    let usage = usage(prompt.prompt_tokens, said.tally.tokens);
    let mut reply = MessagesReply::begun(&answer_id(scene), scene.model, usage);
    let (mut calls, choice) = (0, said.choices.first());
    for block in choice.into_iter().flatten() {
        reply.content.push(match block {
            Uttered::Thinking(words) => {
                let (thinking, signature) = (words.clone(), signature(scene));
                OutputBlock::Thinking { thinking, signature }
            }
            Uttered::Text(words) | Uttered::Refusal(words) => {
                OutputBlock::Text { text: words.clone() }
            }
            Uttered::Call { name, arguments } => {
                calls += 1;
                OutputBlock::ToolUse {
                    id: call_id(scene.id, calls - 1),
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
pub(super) fn signature(scene: &Scene<'_>) -> String {
    format!("Brownout{}==", scene.id)
}

fn model_value(id: &str) -> Value {
    json!({
        "type": "model",
        "id": id,
        "display_name": id,
        "created_at": "2024-10-22T00:00:00Z",
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

pub(super) fn answer_id(scene: &Scene<'_>) -> String {
    format!("msg_{}", scene.id)
}

pub(super) fn request_id(scene: &Scene<'_>) -> String {
    format!("req_{}", scene.id)
}

pub(super) const fn finish_word(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter | Finish::Refusal => "refusal",
    }
}
