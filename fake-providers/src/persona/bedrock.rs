//! Bedrock: operations behind a model in the path, signed requests, errors named by a header, and
//! Claude's own bodies, or an embedder's, on `invoke`.

mod embeddings;
mod read;
mod signature;

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use wire::ErrorReply;
use wire::bedrock::{
    ConverseReply, CountTokensReply, ErrorName, Metrics, Output, OutputBlock, OutputMessage,
    Reasoning, TokenUsage, ToolUse,
};

use super::{
    Headers, Operation, Prompt, Refusal, RequestContext, Route, Subject, anthropic, openai, percent,
};
use crate::action::{ProviderError, ProviderErrorKind};
use crate::limits::Dimension;
use crate::script::{Finish, Transcript, Uttered};

pub(super) use read::read;
pub(super) use signature::authorize;

/// A model's name without the ARN around it, of which the last segment counts.
pub(super) fn bare(model: &str) -> &str {
    match model.rsplit_once('/') {
        Some((arn, id)) if arn.starts_with("arn:") => id,
        Some(_) | None => model,
    }
}

/// Models are named by id, by inference profile or by ARN.
pub(super) fn route(path: &str) -> Option<Route<'_>> {
    if path == "/v1/models" {
        return Some(Route::to(Operation::Models));
    }
    let (model, action) = path.strip_prefix("/model/")?.rsplit_once('/')?;
    let (operation, stream) = match action {
        "converse" => (Operation::Chat, false),
        "converse-stream" => (Operation::Chat, true),
        "invoke" if embeddings::is_embedder(model) => (Operation::Embeddings, false),
        "invoke" => (Operation::Invoke, false),
        "invoke-with-response-stream" => (Operation::Invoke, true),
        "count-tokens" => (Operation::CountTokens, false),
        _ => return None,
    };
    let model = percent::decode(model);
    let model = match bare(&model) {
        whole if whole == model => model,
        id => Cow::Owned(id.to_owned()),
    };
    Some(Route { operation, named: Some(model), stream })
}

pub(super) fn refuse(refusal: &Refusal) -> ErrorReply {
    match (name_of(refusal), refusal) {
        (Some(name), refusal) => name.reply(&message_of(name, refusal)),
        // Bedrock has no error of this status: the edge answers, and names none.
        (None, Refusal::Injected(ProviderError { status, .. })) => {
            let reason = StatusCode::from_u16(*status).ok().and_then(|s| s.canonical_reason());
            let body = json!({ "message": reason.unwrap_or("Unknown error") }).to_string();
            let content_type = ErrorReply::JSON;
            ErrorReply { status: *status, content_type, body: Bytes::from(body) }
        }
        (None, _) => internal_error(),
    }
}

/// The name that the header says.
pub(super) fn name_of(refusal: &Refusal) -> Option<ErrorName> {
    Some(match refusal {
        Refusal::NoKey => ErrorName::MissingAuthenticationToken,
        Refusal::WrongKey => ErrorName::UnrecognizedClient,
        Refusal::Route { .. } => ErrorName::UnknownOperation,
        Refusal::Model(_) | Refusal::TooLarge | Refusal::TooLong { .. } | Refusal::Blocked => {
            ErrorName::Validation
        }
        Refusal::Invalid(complaint) => {
            let named = |name: &ErrorName| Some(name.name()) == complaint.code;
            ErrorName::ALL.into_iter().find(named).unwrap_or(ErrorName::Validation)
        }
        Refusal::Exceeded(_) => ErrorName::Throttling,
        Refusal::Overloaded => ErrorName::ServiceUnavailable,
        Refusal::Injected(error) => match error.kind {
            ProviderErrorKind::Rate
            | ProviderErrorKind::Tokens
            | ProviderErrorKind::Ramp
            | ProviderErrorKind::Ptu
            | ProviderErrorKind::Never24h => ErrorName::Throttling,
            ProviderErrorKind::Quota => match error.status {
                400 => ErrorName::ServiceQuotaExceeded,
                402 => return None,
                _ => ErrorName::Throttling,
            },
            ProviderErrorKind::HighDemand => ErrorName::ServiceUnavailable,
            ProviderErrorKind::ContextLength | ProviderErrorKind::ContentPolicy => {
                ErrorName::Validation
            }
            ProviderErrorKind::KeyRevoked => ErrorName::UnrecognizedClient,
            ProviderErrorKind::ModelRemoved => ErrorName::ResourceNotFound,
            ProviderErrorKind::Permission => ErrorName::AccessDenied,
            ProviderErrorKind::Plain => return ErrorName::of_status(error.status),
        },
    })
}

fn message_of(name: ErrorName, refusal: &Refusal) -> String {
    let fixed = match refusal {
        Refusal::Model(_) => "The provided model identifier is invalid.",
        Refusal::TooLong { .. } => TOO_LONG,
        Refusal::Invalid(complaint) => return complaint.message.clone(),
        Refusal::Exceeded(excess) => match excess.dimension {
            Dimension::Requests | Dimension::RequestsPerDay => name.usual_message(),
            Dimension::Tokens | Dimension::OutputTokens => TOO_MANY_TOKENS,
        },
        Refusal::Injected(error) => match error.kind {
            ProviderErrorKind::Tokens => TOO_MANY_TOKENS,
            ProviderErrorKind::Quota if name == ErrorName::ServiceQuotaExceeded => {
                name.usual_message()
            }
            ProviderErrorKind::Quota | ProviderErrorKind::Never24h => {
                "Too many tokens per day, please wait before trying again."
            }
            ProviderErrorKind::HighDemand => {
                "Too many connections, please wait before trying again."
            }
            ProviderErrorKind::ContextLength => TOO_LONG,
            ProviderErrorKind::ModelRemoved => {
                "This model version has reached the end of its life. Please refer to the AWS \
                 documentation for more details."
            }
            ProviderErrorKind::Plain
            | ProviderErrorKind::Rate
            | ProviderErrorKind::Ramp
            | ProviderErrorKind::Ptu
            | ProviderErrorKind::ContentPolicy
            | ProviderErrorKind::KeyRevoked
            | ProviderErrorKind::Permission => name.usual_message(),
        },
        Refusal::NoKey
        | Refusal::WrongKey
        | Refusal::Route { .. }
        | Refusal::TooLarge
        | Refusal::Blocked
        | Refusal::Overloaded => name.usual_message(),
    };
    fixed.to_owned()
}

const TOO_LONG: &str = "Input is too long for requested model.";
const TOO_MANY_TOKENS: &str = "Too many tokens, please wait before trying again.";

/// The header that names an error. AWS adds where its model is described; readers drop that.
pub(super) fn error_headers(refusal: &Refusal) -> Headers {
    let name = name_of(refusal).map(|name| {
        let coral = "http://internal.amazon.com/coral/com.amazon.bedrock/";
        (wire::bedrock::ERROR_TYPE, format!("{}:{coral}", name.name()))
    });
    name.into_iter().collect()
}

/// The id is a UUID's digits.
pub(super) fn headers(context: &RequestContext<'_>) -> Headers {
    let id = context.id;
    let at = |range: std::ops::Range<usize>| id.get(range).unwrap_or_default();
    let uuid = format!("{}-{}-{}-{}-{}", at(0..8), at(8..12), at(12..16), at(16..20), at(20..32));
    vec![(wire::bedrock::REQUEST_ID, uuid)]
}

/// What InvokeModel tells in headers, because the body is the model family's own.
pub(super) fn answer_headers(
    prompt: &Prompt,
    said: Option<&Transcript>,
    took: Duration,
) -> Headers {
    if prompt.operation != Operation::Invoke {
        return Headers::new();
    }
    let Some(said) = said else {
        return vec![(wire::bedrock::INNER_CONTENT_TYPE, ErrorReply::JSON.to_owned())];
    };
    vec![
        (wire::bedrock::INPUT_TOKENS, prompt.prompt_tokens.to_string()),
        (wire::bedrock::OUTPUT_TOKENS, said.tally.tokens.to_string()),
        (wire::bedrock::LATENCY, took.as_millis().to_string()),
    ]
}

pub(super) fn reply(context: &RequestContext<'_>, prompt: &Prompt, said: &Transcript) -> Bytes {
    if let Subject::Embedding(embedding) = &prompt.subject {
        return embeddings::reply(embedding, prompt.prompt_tokens);
    }
    match prompt.operation {
        Operation::Invoke => return anthropic::reply(context, prompt, said),
        Operation::CountTokens => {
            return CountTokensReply { input_tokens: prompt.prompt_tokens }.to_json();
        }
        Operation::Chat
        | Operation::Responses
        | Operation::Completions
        | Operation::Embeddings
        | Operation::Moderations
        | Operation::Speech
        | Operation::Drawing
        | Operation::Transcription
        | Operation::Models
        | Operation::Model
        | Operation::Health => {}
    }
    let (mut calls, mut content) = (0, Vec::new());
    for block in said.choices.first().into_iter().flatten() {
        content.push(match block {
            Uttered::Thinking(words) => OutputBlock {
                reasoning_content: Some(Reasoning::whole(words, &anthropic::signature(context))),
                ..OutputBlock::default()
            },
            Uttered::Text(words) | Uttered::Refusal(words) => OutputBlock::words(words),
            Uttered::Call { name, arguments } => {
                calls += 1;
                let input: Option<Value> = serde_json::from_str(arguments).ok();
                OutputBlock {
                    tool_use: Some(ToolUse {
                        tool_use_id: call_id(context.id, calls - 1),
                        name: name.clone(),
                        // Cut short, they are no JSON.
                        input: input.unwrap_or_else(|| json!({})),
                    }),
                    ..OutputBlock::default()
                }
            }
        });
    }
    let message = OutputMessage { role: "assistant".to_owned(), content };
    let latency_ms = context.took.as_millis() as u64;
    ConverseReply {
        output: Output { message },
        stop_reason: finish_word(said.finish).to_owned(),
        usage: TokenUsage::new(prompt.prompt_tokens, said.tally.tokens),
        metrics: Some(Metrics { latency_ms }),
    }
    .to_json()
}

/// 500 in its words.
pub(super) fn internal_error() -> ErrorReply {
    ErrorName::InternalServer.reply(ErrorName::InternalServer.usual_message())
}

/// The list of models in OpenAI's words: Bedrock's own has another host, and what asks here is a
/// health check.
pub(super) fn models(models: &[&str], created: u64) -> Bytes {
    openai::models(models, "bedrock", created)
}

/// The id of call number `ordinal`.
pub(super) fn call_id(id: &str, ordinal: u32) -> String {
    format!("tooluse_{}{ordinal:02}", id.get(..20).unwrap_or(id))
}

pub(super) const fn finish_word(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::Refusal => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter => "content_filtered",
    }
}
