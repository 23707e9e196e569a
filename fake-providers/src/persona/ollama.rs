//! Ollama: chats and single prompts in its own words, a line of JSON per piece, errors of one text. It knows no keys of
//! its own; a bearer token stands for what is put in front of it.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use wire::ErrorReply;
use wire::ollama::{
    CalledFunction, ChatRequest, GenerateRequest, Message, Reply, Settings, ToolCall,
};

use super::{
    Complaint, Headers, IncomingRequest, Operation, Prompt, Refusal, RequestContext, Route, openai,
    words,
};
use crate::action::ProviderErrorKind;
use crate::script::{Finish, Format, Tally, ToolChoice, ToolWish, Transcript, Uttered, Wishes};

/// Tokens of thought where a request asks for thoughts.
const THOUGHT_TOKENS: u32 = 16;

pub(super) fn route(path: &str) -> Option<Route<'_>> {
    Some(Route::to(match path {
        wire::ollama::CHAT_PATH => Operation::Chat,
        wire::ollama::GENERATE_PATH => Operation::Completions,
        "/v1/embeddings" => Operation::Embeddings,
        "/api/tags" | "/v1/models" => Operation::Models,
        _ => return None,
    }))
}

pub(super) fn read(incoming: &IncomingRequest<'_>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    match route.operation {
        Operation::Embeddings => openai::read(incoming.body, route),
        Operation::Completions => {
            let GenerateRequest { model, prompt, system, settings } = typed(incoming.body)?;
            let prompt_tokens = words(&prompt) + system.as_deref().map_or(0, words);
            Ok(asked((route, model), &settings, prompt_tokens, false))
        }
        Operation::Chat
        | Operation::Responses
        | Operation::Invoke
        | Operation::Moderations
        | Operation::Speech
        | Operation::Drawing
        | Operation::Transcription
        | Operation::CountTokens
        | Operation::Models
        | Operation::Model
        | Operation::Health => {
            let ChatRequest { model, messages, settings } = typed(incoming.body)?;
            let strange = |message: &&Message| {
                !matches!(message.role.as_str(), "system" | "user" | "assistant" | "tool")
            };
            if let Some(stranger) = messages.iter().find(strange) {
                return Err(Complaint::new(format!("invalid role: {}", stranger.role), None));
            }
            let prompt_tokens = messages.iter().map(|message| words(&message.content)).sum();
            let answers_tool = messages.last().is_some_and(|last| last.role == "tool");
            Ok(asked((route, model), &settings, prompt_tokens, answers_tool))
        }
    }
}

fn typed<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Complaint> {
    serde_json::from_slice(body).map_err(|error| Complaint::new(error.to_string(), None))
}

fn asked(
    (route, model): (&Route<'_>, String),
    settings: &Settings,
    prompt_tokens: u64,
    answers_tool: bool,
) -> Prompt {
    let options = settings.options.clone().unwrap_or_default();
    let thinks = match &settings.think {
        Some(Value::Bool(thinks)) => *thinks,
        Some(Value::String(_)) => true,
        _ => false,
    };
    let tool = |tool: &Value| ToolWish {
        name: tool.pointer("/function/name").and_then(Value::as_str).unwrap_or_default().to_owned(),
        schema: tool.pointer("/function/parameters").cloned().unwrap_or_default(),
    };
    Prompt {
        operation: route.operation,
        model: Some(model),
        stream: settings.stream.unwrap_or(true),
        include_usage: true,
        prompt_tokens,
        max_tokens: options.num_predict.and_then(|most| u64::try_from(most).ok()),
        wishes: Wishes {
            tools: settings.tools.iter().flatten().map(tool).collect(),
            tool_choice: ToolChoice::Auto,
            answers_tool,
            format: match &settings.format {
                Some(Value::String(word)) if word == "json" => Format::Object,
                Some(schema @ Value::Object(_)) => Format::Schema(schema.clone()),
                _ => Format::Text,
            },
            thinking: if thinks { THOUGHT_TOKENS } else { 0 },
            ..Wishes::default()
        },
        ..Prompt::default()
    }
}

pub(super) fn refuse(refusal: &Refusal, context: &RequestContext<'_>) -> ErrorReply {
    let model = context.model;
    let (status, message) = match refusal {
        Refusal::NoKey | Refusal::WrongKey => (401, "unauthorized".to_owned()),
        Refusal::Route { .. } => (404, "404 page not found".to_owned()),
        Refusal::Model(model) => (404, format!("model '{model}' not found")),
        Refusal::TooLarge => (413, "request body too large".to_owned()),
        Refusal::TooLong { window, requested } => (
            400,
            format!("input length {requested} exceeds the context length {window} of the model"),
        ),
        Refusal::Blocked => (400, "the prompt was refused".to_owned()),
        Refusal::Invalid(complaint) => (400, complaint.message.clone()),
        Refusal::Exceeded(_) => (429, "too many requests".to_owned()),
        Refusal::Overloaded => {
            (503, "server busy, please try again. maximum pending requests exceeded".to_owned())
        }
        Refusal::Injected(error) => match error.kind {
            ProviderErrorKind::ModelRemoved => (404, format!("model '{model}' not found")),
            ProviderErrorKind::KeyRevoked => (401, "unauthorized".to_owned()),
            ProviderErrorKind::ContextLength => {
                (400, "input length exceeds the context length of the model".to_owned())
            }
            ProviderErrorKind::Rate
            | ProviderErrorKind::Tokens
            | ProviderErrorKind::Quota
            | ProviderErrorKind::Ramp
            | ProviderErrorKind::Ptu
            | ProviderErrorKind::Never24h
            | ProviderErrorKind::HighDemand
            | ProviderErrorKind::ContentPolicy
            | ProviderErrorKind::Permission
            | ProviderErrorKind::Plain => (error.status, usual(error.status)),
        },
    };
    let (content_type, body) = (ErrorReply::JSON, wire::ollama::error(&message));
    ErrorReply { status, content_type, body }
}

/// What it says with a status that is nobody's in particular.
fn usual(status: u16) -> String {
    match status {
        500 => "llama runner process has terminated: exit status 2".to_owned(),
        503 => "server busy, please try again. maximum pending requests exceeded".to_owned(),
        other => {
            let reason = StatusCode::from_u16(other).ok();
            let reason = reason.and_then(|status| status.canonical_reason());
            reason.unwrap_or("unknown error").to_lowercase()
        }
    }
}

/// 500 in its words.
pub(super) fn internal_error() -> ErrorReply {
    let (content_type, body) = (ErrorReply::JSON, wire::ollama::error(&usual(500)));
    ErrorReply { status: 500, content_type, body }
}

/// It says nothing about itself in headers.
pub(super) const fn headers() -> Headers {
    Headers::new()
}

pub(super) fn reply(context: &RequestContext<'_>, prompt: &Prompt, said: &Transcript) -> Bytes {
    if prompt.operation == Operation::Embeddings {
        return openai::reply(context, prompt, said);
    }
    let (mut content, mut thinking, mut calls) = (String::new(), String::new(), Vec::new());
    for block in said.choices.first().into_iter().flatten() {
        match block {
            Uttered::Thinking(words) => thinking.push_str(words),
            Uttered::Text(words) | Uttered::Refusal(words) => content.push_str(words),
            Uttered::Call { name, arguments } => {
                calls.push(call(context.id, calls.len(), name, arguments));
            }
        }
    }
    let thinking = (!thinking.is_empty()).then_some(thinking);
    let mut reply = begun(context);
    match prompt.operation {
        Operation::Completions => (reply.response, reply.thinking) = (Some(content), thinking),
        Operation::Chat
        | Operation::Responses
        | Operation::Invoke
        | Operation::Embeddings
        | Operation::Moderations
        | Operation::Speech
        | Operation::Drawing
        | Operation::Transcription
        | Operation::CountTokens
        | Operation::Models
        | Operation::Model
        | Operation::Health => {
            let tool_calls = (!calls.is_empty()).then_some(calls);
            let role = "assistant".to_owned();
            reply.message =
                Some(Message { role, content, thinking, tool_calls, ..Message::default() });
        }
    }
    ended(&mut reply, (said.finish, said.tally), prompt.prompt_tokens, context.took);
    reply.to_json()
}

/// A reply that says nothing yet.
pub(super) fn begun(context: &RequestContext<'_>) -> Reply {
    let created_at = wire::rfc3339::format_rfc3339(context.unix_s);
    Reply { model: context.model.to_owned(), created_at, ..Reply::default() }
}

/// What the last line, or a whole answer, says of itself.
pub(super) fn ended(
    reply: &mut Reply,
    (finish, tally): (Finish, Tally),
    prompt_tokens: u64,
    took: Duration,
) {
    let reason = match finish {
        Finish::Length => "length",
        Finish::Stop | Finish::ToolCalls | Finish::ContentFilter | Finish::Refusal => "stop",
    };
    reply.done = true;
    reply.done_reason = Some(reason.to_owned());
    reply.total_duration = Some(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    reply.prompt_eval_count = Some(prompt_tokens);
    reply.eval_count = Some(tally.tokens);
}

/// Call number `ordinal`. Arguments that were cut short are no JSON and are left out.
pub(super) fn call(id: &str, ordinal: usize, name: &str, arguments: &str) -> ToolCall {
    let arguments = serde_json::from_str(arguments).unwrap_or_else(|_| json!({}));
    let id = Some(format!("call_{}{ordinal:02}", id.get(..8).unwrap_or(id)));
    ToolCall { id, function: CalledFunction { name: name.to_owned(), arguments } }
}

/// The models that it has, as `/api/tags` lists them.
pub(super) fn models(models: &[&str]) -> Bytes {
    let model = |name: &&str| json!({ "name": name, "model": name, "size": 0, "digest": "" });
    let models: Vec<Value> = models.iter().map(model).collect();
    Bytes::from(json!({ "models": models }).to_string())
}
