//! OpenAI, and the part of Azure that is OpenAI: bodies, usage, limits in Go durations.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use wire::openai::{
    ApiError, ChatReply, Choice, CompletionTokensDetails, ContentPart, FunctionCall, Message,
    Model, ModelList, RateLimited, RateLimits, ReplyMessage, Role, StreamOptions, ToolCall, Usage,
};
use wire::{ErrorReply, TextOr, Window};

use super::{Complaint, Headers, Operation, Prompt, Refusal, Route, Scene, words};
use crate::limits::{self, Gauge, Reading};
use crate::script::{Finish, Said, Tally, Uttered, Wishes};

/// The paths under `https://api.openai.com`, with and without `/v1`.
pub(super) fn route(path: &str) -> Option<Route<'_>> {
    Some(match path.strip_prefix("/v1").unwrap_or(path) {
        "/chat/completions" => Route::to(Operation::Chat),
        "/models" => Route::to(Operation::Models),
        other => {
            let model = other.strip_prefix("/models/")?;
            Route { named: Some(model.into()), ..Route::to(Operation::Model) }
        }
    })
}

/// What a fake must know of a body. Looser than `ChatRequest`, so that what is missing can be
/// refused by name.
#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    messages: Option<Vec<Message>>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
}

/// Understands a body; it must name the model where the path does not.
pub(super) fn read(body: &[u8], route: &Route<'_>) -> Result<Prompt, Complaint> {
    let invalid = |message: &str, param| Complaint::new(message, param);
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            return invalid(&format!("Invalid request body: {error}."), None);
        }
        invalid(UNREADABLE, None)
    })?;
    if route.named.is_none() && body.model.as_deref().unwrap_or_default().is_empty() {
        return Err(invalid("you must provide a model parameter", None));
    }
    let messages = body.messages.unwrap_or_default();
    if messages.is_empty() {
        let message = "Invalid 'messages': empty array. Expected an array with minimum length 1, \
                       but got an empty array instead.";
        return Err(invalid(message, Some("messages")));
    }
    if let Some(at) = orphan(&messages) {
        let message = "Invalid parameter: messages with role 'tool' must be a response to a \
                       preceeding message with 'tool_calls'.";
        return Err(invalid(message, Some(&format!("messages.[{at}].role"))));
    }
    let max_tokens = body.max_completion_tokens.or(body.max_tokens);
    if max_tokens == Some(0) {
        let message = "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, \
                       but got 0 instead.";
        return Err(invalid(message, Some("max_tokens")));
    }
    Ok(Prompt {
        operation: route.operation,
        model: body.model,
        stream: body.stream.unwrap_or(false),
        include_usage: body.stream_options.and_then(|extra| extra.include_usage).unwrap_or(false),
        prompt_tokens: messages.iter().map(tokens).sum(),
        max_tokens,
        wishes: Wishes::default(),
    })
}

const UNREADABLE: &str = "We could not parse the JSON body of your request. The OpenAI API expects \
                          a JSON payload.";

/// Position of a tool's message that answers no call before it.
fn orphan(messages: &[Message]) -> Option<usize> {
    messages.iter().enumerate().position(|(at, message)| {
        message.role == Role::Tool
            && !messages[..at]
                .iter()
                .flat_map(|earlier| earlier.tool_calls.iter().flatten())
                .any(|call| Some(&call.id) == message.tool_call_id.as_ref())
    })
}

fn tokens(message: &Message) -> u64 {
    match &message.content {
        None => 0,
        Some(TextOr::Text(text)) => words(text),
        Some(TextOr::Parts(parts)) => parts.iter().map(part_tokens).sum(),
    }
}

fn part_tokens(part: &ContentPart) -> u64 {
    match part {
        ContentPart::Text { text } | ContentPart::Refusal { refusal: text } => words(text),
        ContentPart::ImageUrl { .. } | ContentPart::Other => 0,
    }
}

pub(super) fn refuse(refusal: &Refusal, scene: &Scene<'_>) -> ErrorReply {
    match refusal {
        Refusal::NoKey => ApiError::reply(
            401,
            "invalid_request_error",
            None,
            "You didn't provide an API key. You need to provide your API key in an Authorization \
             header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        ),
        Refusal::WrongKey => ApiError::invalid_api_key("sk-****"),
        Refusal::Route { method, path } => {
            let message = format!("Invalid URL ({method} {path})");
            ApiError::reply(404, "invalid_request_error", None, &message)
        }
        Refusal::Model(model) => ApiError::model_not_found(model),
        Refusal::TooLarge => ApiError::of_status(413),
        Refusal::TooLong { window, requested } => {
            ApiError::context_length_exceeded(*window, *requested)
        }
        Refusal::Blocked => ApiError::content_policy_violation(),
        Refusal::Invalid(Complaint { message, param, .. }) => {
            ApiError::invalid_request(message, param.as_deref())
        }
        Refusal::Failed(failure) if failure.status == 429 => {
            let wait = failure.retry_after_ms.or(failure.retry_after);
            throttled(scene, wait.unwrap_or(Duration::from_secs(1)))
        }
        Refusal::Failed(failure) if failure.status == 404 => ApiError::model_not_found(scene.model),
        Refusal::Failed(failure) => ApiError::of_status(failure.status),
        Refusal::Exceeded(excess) => {
            let dimension = match excess.dimension {
                limits::Dimension::Requests => wire::openai::Dimension::Requests,
                limits::Dimension::Tokens | limits::Dimension::OutputTokens => {
                    wire::openai::Dimension::Tokens
                }
            };
            let Gauge { limit, remaining, .. } = excess.gauge;
            RateLimited {
                dimension,
                model: scene.model,
                limit,
                used: limit.saturating_sub(remaining),
                requested: excess.requested,
                try_again_ms: millis_up(excess.wait),
            }
            .reply()
        }
        Refusal::Overloaded => ApiError::overloaded(),
    }
}

/// The 429 of a fault: the words of a spent limit, with the numbers of OpenAI's third tier.
fn throttled(scene: &Scene<'_>, wait: Duration) -> ErrorReply {
    RateLimited {
        dimension: wire::openai::Dimension::Requests,
        model: scene.model,
        limit: 5000,
        used: 5000,
        requested: 1,
        try_again_ms: millis_up(wait),
    }
    .reply()
}

fn millis_up(wait: Duration) -> u64 {
    u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

pub(super) fn headers(scene: &Scene<'_>, reading: &Reading, took: Duration) -> Headers {
    let mut headers = limit_headers(reading, true);
    headers.push((wire::openai::REQUEST_ID, format!("req_{}", scene.id)));
    headers.push(("openai-processing-ms", took.as_millis().to_string()));
    headers.push(("openai-version", "2020-10-01".to_owned()));
    headers.push(("openai-organization", "org-fake".to_owned()));
    headers
}

/// The six headers; Azure leaves limits and resets out.
pub(super) fn limit_headers(reading: &Reading, all: bool) -> Headers {
    let window = |gauge: Option<Gauge>| match gauge {
        Some(gauge) => Window {
            limit: all.then_some(gauge.limit),
            remaining: Some(gauge.remaining),
            // OpenAI tells milliseconds.
            reset: all.then(|| Duration::from_millis(millis_up(gauge.reset))),
        },
        None => Window::default(),
    };
    RateLimits { requests: window(reading.requests), tokens: window(reading.tokens) }.to_headers()
}

pub(super) fn reply(scene: &Scene<'_>, prompt: &Prompt, said: &Said) -> Bytes {
    let mut reply = chat_reply(scene, prompt, said);
    reply.service_tier = Some("default".to_owned());
    reply.to_json()
}

/// The reply without what only one of the two adds.
pub(super) fn chat_reply(scene: &Scene<'_>, prompt: &Prompt, said: &Said) -> ChatReply {
    let mut reply = ChatReply::text(&answer_id(scene), scene.model, scene.unix_s, "");
    let choices = (0u32..).zip(&said.choices);
    reply.choices = choices
        .map(|(index, blocks)| Choice {
            index,
            message: message(scene, index, blocks),
            logprobs: None,
            finish_reason: Some(finish_word(said.finish).to_owned()),
            content_filter_results: None,
        })
        .collect();
    reply.usage = Some(usage(prompt.prompt_tokens, said.tally));
    reply.system_fingerprint = Some(FINGERPRINT.to_owned());
    reply
}

/// Thoughts are counted and not shown.
fn message(scene: &Scene<'_>, choice: u32, blocks: &[Uttered]) -> ReplyMessage {
    let mut message = ReplyMessage {
        role: "assistant".to_owned(),
        annotations: Some(Vec::new()),
        ..ReplyMessage::default()
    };
    for block in blocks {
        match block {
            Uttered::Thinking(_) => {}
            Uttered::Text(words) => *message.content.get_or_insert_default() += words,
            Uttered::Refusal(words) => *message.refusal.get_or_insert_default() += words,
            Uttered::Call { name, arguments } => {
                let calls = message.tool_calls.get_or_insert_default();
                calls.push(ToolCall {
                    id: call_id(scene.id, choice, calls.len() as u32),
                    kind: "function".to_owned(),
                    function: FunctionCall { name: name.clone(), arguments: arguments.clone() },
                });
            }
        }
    }
    message
}

/// The id of call number `ordinal` of a choice.
pub(super) fn call_id(id: &str, choice: u32, ordinal: u32) -> String {
    format!("call_{}{choice:02}{ordinal:02}", id.get(..20).unwrap_or(id))
}

pub(super) fn models(models: &[&str], owner: &str, created: u64) -> Bytes {
    ModelList::new(models.iter().copied(), owner, created).to_json()
}

pub(super) fn model(model: &str, owner: &str, created: u64) -> Bytes {
    let list = ModelList::new([model], owner, created);
    list.data.first().map_or_else(Bytes::new, Model::to_json)
}

/// Names the backend's configuration; the fakes have one.
pub(super) const FINGERPRINT: &str = "fp_brownout";

pub(super) fn answer_id(scene: &Scene<'_>) -> String {
    format!("chatcmpl-{}", scene.id)
}

pub(super) fn usage(prompt_tokens: u64, tally: Tally) -> Usage {
    Usage {
        prompt_tokens_details: Some(Default::default()),
        completion_tokens_details: Some(CompletionTokensDetails {
            reasoning_tokens: tally.thought,
            ..Default::default()
        }),
        ..Usage::new(prompt_tokens, tally.tokens)
    }
}

pub(super) const fn finish_word(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::Refusal => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
    }
}
