//! OpenAI, and the part of Azure that is OpenAI: bodies, usage, limits in Go durations.

mod body;
mod chat;
mod completions;
mod embeddings;
mod images;
mod moderations;
mod responses;
mod speech;
mod transcriptions;

use std::time::Duration;

use bytes::Bytes;
use wire::openai::{
    ApiError, CompletionTokensDetails, ErrorDetail, Model, ModelList, RateLimited, RateLimits,
    Usage,
};
use wire::{ErrorReply, Window};

use super::{
    Complaint, Headers, IncomingRequest, Operation, Prompt, Refusal, RequestContext, Route, Subject,
};
use crate::action::{ProviderError, ProviderErrorKind};
use crate::limits::{self, Gauge, Reading};
use crate::script::{Finish, Tally, Transcript};
pub(super) use chat::chat_reply;
pub(super) use embeddings::{Embedding, VectorForm};
pub(super) use images::Drawing;
pub(super) use responses::{
    begun as response_begun, block_letters, end as response_end, ended as response_item_ended,
    item, item_id, shows_thoughts, usage as response_usage,
};
pub(super) use speech::Speech;
pub(super) use transcriptions::Transcription;

/// The paths under `https://api.openai.com`, with and without `/v1`.
pub(super) fn route(path: &str) -> Option<Route<'_>> {
    let path = path.strip_prefix("/v1").unwrap_or(path);
    operation(path).map(Route::to).or_else(|| model_route(path))
}

/// What the end of a path asks for, on OpenAI and Azure.
pub(super) fn operation(path: &str) -> Option<Operation> {
    Some(match path {
        "/chat/completions" => Operation::Chat,
        "/responses" => Operation::Responses,
        "/completions" => Operation::Completions,
        "/embeddings" => Operation::Embeddings,
        "/moderations" => Operation::Moderations,
        "/audio/speech" => Operation::Speech,
        "/images/generations" => Operation::Drawing,
        "/audio/transcriptions" | "/audio/translations" => Operation::Transcription,
        "/models" => Operation::Models,
        _ => return None,
    })
}

/// One model of the list.
pub(super) fn model_route(path: &str) -> Option<Route<'_>> {
    let model = path.strip_prefix("/models/").filter(|model| !model.is_empty())?;
    Some(Route { named: Some(model.into()), ..Route::to(Operation::Model) })
}

/// Understands a request, whatever its body is made of.
pub(super) fn read_any(
    incoming: &IncomingRequest<'_>,
    route: &Route<'_>,
) -> Result<Prompt, Complaint> {
    match route.operation {
        Operation::Transcription => transcriptions::read(incoming, route),
        Operation::Chat
        | Operation::Responses
        | Operation::Completions
        | Operation::Invoke
        | Operation::Embeddings
        | Operation::Moderations
        | Operation::Speech
        | Operation::Drawing
        | Operation::CountTokens
        | Operation::Models
        | Operation::Model
        | Operation::Health => read(incoming.body, route),
    }
}

/// Understands a body; it must name the model where the path does not.
pub(super) fn read(body: &[u8], route: &Route<'_>) -> Result<Prompt, Complaint> {
    let body = body::object(body)?;
    match route.operation {
        Operation::Responses => responses::read(body, route),
        Operation::Completions => completions::read(body, route),
        Operation::Embeddings => embeddings::read(body, route),
        Operation::Moderations => moderations::read(body, route),
        Operation::Speech => speech::read(body, route),
        Operation::Drawing => images::read(body, route),
        Operation::Chat
        | Operation::Transcription
        | Operation::Invoke
        | Operation::CountTokens
        | Operation::Models
        | Operation::Model
        | Operation::Health => body::chat(body, route),
    }
}

/// The body of a plain answer; Azure's chat completions have their own.
pub(super) fn reply(context: &RequestContext<'_>, prompt: &Prompt, said: &Transcript) -> Bytes {
    match (&prompt.subject, prompt.operation) {
        (Subject::Embedding(embedding), _) => embeddings::reply(context, prompt, embedding),
        (Subject::Moderation { flagged }, _) => moderations::reply(context, flagged),
        (Subject::Speech(speech), _) => speech.sound(),
        (Subject::Drawing(drawing), _) => images::reply(context, *drawing),
        (Subject::Transcription(transcription), _) => transcription.written(),
        (Subject::Responses(_), _) => responses::reply(context, prompt, said),
        (Subject::None, Operation::Completions) => completions::reply(context, prompt, said),
        (Subject::None, _) => chat::reply(context, prompt, said),
    }
}

pub(super) fn completion_begun(context: &RequestContext<'_>) -> wire::openai::CompletionReply {
    completions::begun(context, Vec::new())
}

pub(super) fn refuse(refusal: &Refusal, context: &RequestContext<'_>) -> ErrorReply {
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
        Refusal::Invalid(complaint) => invalid(complaint),
        Refusal::Injected(error) => injected(error, context),
        Refusal::Exceeded(excess) => {
            let dimension = match excess.dimension {
                limits::Dimension::Requests | limits::Dimension::RequestsPerDay => {
                    wire::openai::Dimension::Requests
                }
                limits::Dimension::Tokens | limits::Dimension::OutputTokens => {
                    wire::openai::Dimension::Tokens
                }
            };
            let Gauge { limit, remaining, .. } = excess.gauge;
            RateLimited {
                dimension,
                model: context.model,
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

fn invalid(complaint: &Complaint) -> ErrorReply {
    let error = ErrorDetail {
        message: complaint.message.clone(),
        kind: Some("invalid_request_error".to_owned()),
        param: complaint.param.clone(),
        code: complaint.code.map(str::to_owned),
        inner_code: None,
    };
    ApiError { error }.with_status(400)
}

/// A fault's error. Kinds that the provider does not know are its status's usual error.
fn injected(error: &ProviderError, context: &RequestContext<'_>) -> ErrorReply {
    let wait = error.retry_after_ms.or(error.retry_after).unwrap_or(Duration::from_secs(1));
    match error.kind {
        ProviderErrorKind::Rate => spent(context, wire::openai::Dimension::Requests, wait),
        ProviderErrorKind::Tokens => spent(context, wire::openai::Dimension::Tokens, wait),
        ProviderErrorKind::Never24h => ApiError::reply(
            429,
            "tokens",
            Some("rate_limit_exceeded"),
            &format!(
                "Request too large for {} in organization org-fake on tokens per min (TPM): Limit \
                 30000, Requested 45000. The input or output tokens must be reduced in order to run \
                 successfully. Visit https://platform.openai.com/account/rate-limits to learn more.",
                context.model
            ),
        ),
        ProviderErrorKind::Quota if error.status == 400 => {
            let code = Some("billing_hard_limit_reached");
            ApiError::reply(
                400,
                "invalid_request_error",
                code,
                "Billing hard limit has been reached",
            )
        }
        // Under 402 as prepaid accounts of compatible providers say it.
        ProviderErrorKind::Quota => {
            ErrorReply { status: error.status, ..ApiError::insufficient_quota() }
        }
        ProviderErrorKind::Ramp => ApiError::slow_down(),
        ProviderErrorKind::HighDemand if error.status >= 500 => ApiError::overloaded(),
        ProviderErrorKind::HighDemand | ProviderErrorKind::Ptu => ApiError::slow_down(),
        ProviderErrorKind::ContextLength => {
            ApiError::context_length_exceeded(WINDOW, WINDOW + 2_330)
        }
        ProviderErrorKind::ContentPolicy => ApiError::content_policy_violation(),
        ProviderErrorKind::KeyRevoked => ApiError::invalid_api_key("sk-****"),
        ProviderErrorKind::ModelRemoved => {
            let message = format!(
                "The model `{}` has been deprecated, learn more here: \
                 https://platform.openai.com/docs/deprecations",
                context.model
            );
            ApiError::reply(404, "invalid_request_error", Some("model_not_found"), &message)
        }
        ProviderErrorKind::Permission => {
            let message =
                format!("Project `proj_fake` does not have access to model `{}`", context.model);
            ApiError::reply(403, "invalid_request_error", Some("model_not_found"), &message)
        }
        ProviderErrorKind::Plain => match error.status {
            429 => spent(context, wire::openai::Dimension::Requests, wait),
            404 => ApiError::model_not_found(context.model),
            status => ApiError::of_status(status),
        },
    }
}

/// The window of an error that a fault makes up, in tokens.
const WINDOW: u64 = 128_000;

/// The 429 of a fault: the words of a spent limit, with the numbers of OpenAI's third tier.
fn spent(
    context: &RequestContext<'_>,
    dimension: wire::openai::Dimension,
    wait: Duration,
) -> ErrorReply {
    let (limit, requested) = match dimension {
        wire::openai::Dimension::Requests => (5_000, 1),
        wire::openai::Dimension::Tokens => (800_000, 1_250),
    };
    RateLimited {
        dimension,
        model: context.model,
        limit,
        used: limit,
        requested,
        try_again_ms: millis_up(wait),
    }
    .reply()
}

fn millis_up(wait: Duration) -> u64 {
    u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

pub(super) fn headers(context: &RequestContext<'_>, reading: &Reading, took: Duration) -> Headers {
    let mut headers = limit_headers(reading, true);
    headers.push((wire::openai::REQUEST_ID, format!("req_{}", context.id)));
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

pub(super) fn answer_id(context: &RequestContext<'_>) -> String {
    format!("chatcmpl-{}", context.id)
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
