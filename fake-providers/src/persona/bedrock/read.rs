//! What a request for Bedrock asks for, and what is wrong with it.

use bytes::Bytes;
use http::HeaderValue;
use serde_json::{Map, Value};
use wire::bedrock::{
    ContentBlock, ConverseRequest, CountTokensRequest, InputMessage, InputRole, ToolConfig,
};

use super::super::{Complaint, IncomingRequest, Operation, Prompt, Route, anthropic, words};
use super::embeddings;
use crate::script::{Format, ToolChoice, ToolWish, Wishes};

/// Versions of Claude's bodies that Bedrock takes.
const ANTHROPIC_VERSIONS: [&str; 2] = [wire::bedrock::ANTHROPIC_VERSION, "2026-10-21"];

/// The most tokens that a budget of thought buys here.
const THOUGHT_TOKENS_MAX: u64 = 64;

pub(in super::super) fn read(
    incoming: &IncomingRequest<'_>,
    route: &Route<'_>,
) -> Result<Prompt, Complaint> {
    match route.operation {
        Operation::Invoke => invoke(incoming, route),
        Operation::CountTokens => count(incoming, route),
        Operation::Embeddings => embeddings::read(incoming.body, route),
        Operation::Chat
        | Operation::Responses
        | Operation::Completions
        | Operation::Moderations
        | Operation::Speech
        | Operation::Drawing
        | Operation::Transcription
        | Operation::Models
        | Operation::Model
        | Operation::Health => converse(incoming.body, route),
    }
}

fn converse(body: &[u8], route: &Route<'_>) -> Result<Prompt, Complaint> {
    let request: ConverseRequest = parse(body)?;
    validate(&request)?;
    let config = request.inference_config.as_ref();
    Ok(Prompt {
        operation: route.operation,
        model: None,
        stream: route.stream,
        include_usage: true,
        prompt_tokens: tokens(&request),
        max_tokens: config.and_then(|config| config.max_tokens),
        wishes: wishes(&request),
        ..Prompt::default()
    })
}

/// Claude's own bodies, in Anthropic's reading: the path names the model and the stream, the body the
/// version.
fn invoke(incoming: &IncomingRequest<'_>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    let model = route.named.as_deref().unwrap_or_default();
    if !model.contains("anthropic.") {
        let message = "Malformed input request, please reformat your input and try again.";
        return Err(Complaint::new(message, None));
    }
    let mut body: Map<String, Value> = parse(incoming.body)?;
    let version = body.remove("anthropic_version");
    match version.as_ref().and_then(Value::as_str) {
        None => return Err(Complaint::new("anthropic_version: Field required", None)),
        Some(version) if !ANTHROPIC_VERSIONS.contains(&version) => {
            return Err(Complaint::new("Invalid API version", None));
        }
        Some(_) => {}
    }
    if let Some(extra) = ["model", "stream"].into_iter().find(|name| body.contains_key(*name)) {
        return Err(Complaint::new(format!("{extra}: Extra inputs are not permitted"), None));
    }
    body.insert("model".to_owned(), model.into());
    let body = Value::Object(body).to_string();
    let mut parts = incoming.parts.clone();
    let version = HeaderValue::from_static(wire::anthropic::VERSION_2023_06_01);
    parts.headers.insert(wire::anthropic::VERSION, version);
    let incoming =
        IncomingRequest { parts: &parts, body: body.as_bytes(), unix_s: incoming.unix_s };
    let prompt = anthropic::read(&incoming, &Route { named: None, ..Route::to(Operation::Chat) })?;
    Ok(Prompt { operation: route.operation, model: None, stream: route.stream, ..prompt })
}

fn count(incoming: &IncomingRequest<'_>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    let input = parse::<CountTokensRequest>(incoming.body)?.input;
    let prompt_tokens = match (input.converse, input.invoke_model) {
        (Some(request), None) => tokens(&request),
        (None, Some(request)) => {
            let body = request.bytes().unwrap_or_default();
            let inner =
                IncomingRequest { parts: incoming.parts, body: &body, unix_s: incoming.unix_s };
            invoke(&inner, route)?.prompt_tokens
        }
        (Some(_), Some(_)) | (None, None) => {
            let message = "The input must have exactly one of converse and invokeModel.";
            return Err(Complaint::new(message, None));
        }
    };
    Ok(Prompt { operation: route.operation, prompt_tokens, ..Prompt::default() })
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Complaint> {
    let body =
        if body.is_empty() { Bytes::from_static(b"{}") } else { Bytes::copy_from_slice(body) };
    serde_json::from_slice(&body)
        .map_err(|error| Complaint::new(format!("Malformed input request: {error}"), None))
}

fn validate(request: &ConverseRequest) -> Result<(), Complaint> {
    let wrong = |message: &str| Err(Complaint::new(message, None));
    if request.messages.first().is_none_or(|message| message.role != InputRole::User) {
        return wrong(
            "A conversation must start with a user message. Try again with a conversation that \
             starts with a user message.",
        );
    }
    if request.messages.windows(2).any(|pair| pair[0].role == pair[1].role) {
        return wrong(
            "A conversation must alternate between user and assistant roles. Make sure the \
             conversation alternates between user and assistant roles and try again.",
        );
    }
    for (at, message) in request.messages.iter().enumerate() {
        let blank =
            |block: &ContentBlock| block.text.as_deref().is_some_and(|t| t.trim().is_empty());
        if let Some(block) = message.content.iter().position(blank) {
            return wrong(&format!(
                "The text field in the ContentBlock object at messages.{at}.content.{block} is \
                 blank. Add text to the text field, and try again."
            ));
        }
        let uses = |block: &ContentBlock| block.tool_use.is_some() || block.tool_result.is_some();
        if request.tool_config.is_none() && message.content.iter().any(uses) {
            return wrong(
                "The toolConfig field must be defined when using toolUse and toolResult content \
                 blocks.",
            );
        }
        let asked = at.checked_sub(1).and_then(|before| request.messages.get(before));
        if !answers(message, asked) {
            return wrong(&format!(
                "The number of toolResult blocks at messages.{at}.content exceeds the number of \
                 toolUse blocks of previous turn."
            ));
        }
    }
    if request.inference_config.as_ref().and_then(|config| config.max_tokens) == Some(0) {
        return wrong(
            "1 validation error detected: Value '0' at 'inferenceConfig.maxTokens' failed to \
             satisfy constraint: Member must have value greater than or equal to 1",
        );
    }
    Ok(())
}

/// Whether every result in `message` belongs to a call in the turn before.
fn answers(message: &InputMessage, before: Option<&InputMessage>) -> bool {
    let calls = || before.into_iter().flat_map(|turn| &turn.content);
    message.content.iter().filter_map(|block| block.tool_result.as_ref()).all(|result| {
        calls()
            .filter_map(|block| block.tool_use.as_ref())
            .any(|call| call.tool_use_id == result.tool_use_id)
    })
}

fn wishes(request: &ConverseRequest) -> Wishes {
    let extra = request.additional_model_request_fields.as_ref();
    let budget = extra.and_then(|extra| extra.pointer("/thinking/budget_tokens")?.as_u64());
    let last = request.messages.last();
    let is_result = |block: &ContentBlock| block.tool_result.is_some();
    let config = request.tool_config.as_ref();
    let tools = config.into_iter().flat_map(|config| &config.tools);
    Wishes {
        tools: tools
            .filter_map(|tool| tool.tool_spec.as_ref())
            .map(|spec| ToolWish {
                name: spec.name.clone(),
                schema: spec.input_schema.json.clone(),
            })
            .collect(),
        tool_choice: config.map(tool_choice).unwrap_or_default(),
        answers_tool: last.is_some_and(|last| last.content.iter().any(is_result)),
        thinking: budget.unwrap_or(0).min(THOUGHT_TOKENS_MAX) as u32,
        format: format(request),
        ..Wishes::default()
    }
}

/// A schema travels as text.
fn format(request: &ConverseRequest) -> Format {
    const SCHEMA: &str = "/textFormat/structure/jsonSchema/schema";
    let config = request.output_config.as_ref();
    let schema = config.and_then(|config| config.pointer(SCHEMA)?.as_str());
    match schema.map(serde_json::from_str) {
        Some(Ok(schema)) => Format::Schema(schema),
        Some(Err(_)) | None => Format::Text,
    }
}

fn tool_choice(config: &ToolConfig) -> ToolChoice {
    let Some(choice) = &config.tool_choice else { return ToolChoice::Auto };
    if let Some(name) = choice.pointer("/tool/name").and_then(Value::as_str) {
        return ToolChoice::Named(name.to_owned());
    }
    if choice.get("any").is_some() { ToolChoice::Any } else { ToolChoice::Auto }
}

fn tokens(request: &ConverseRequest) -> u64 {
    let system = request.system.iter().flatten().filter_map(|block| block.text.as_deref());
    let said = request.messages.iter().flat_map(|message| &message.content);
    system.map(words).sum::<u64>() + said.map(block_tokens).sum::<u64>()
}

fn block_tokens(block: &ContentBlock) -> u64 {
    let text = block.text.as_deref().map_or(0, words);
    let results = block.tool_result.iter().flat_map(|result| &result.content);
    let result = |value: &Value| value.get("text").and_then(Value::as_str).map_or(0, words);
    let thought = block.reasoning_content.as_ref().and_then(|r| r.reasoning_text.as_ref());
    text + results.map(result).sum::<u64>() + thought.map_or(0, |thought| words(&thought.text))
}
