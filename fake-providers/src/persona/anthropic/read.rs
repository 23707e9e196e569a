//! Understands the bodies of messages, and refuses what Anthropic refuses.
//!
//! A body is looked at twice: as a plain object, so that what is unknown or of a wrong role can be
//! refused by name, and as what a fake must know of it.

use serde::Deserialize;
use serde_json::{Map, Value};
use wire::TextOr;
use wire::anthropic::{ErrorKind, InputBlock, InputMessage, InputRole, SystemBlock, ToolChoice};

use super::super::{Complaint, IncomingRequest, Operation, Prompt, Route, Subject, text, words};
use crate::script::{self, Format, ToolWish, Wishes};

/// What a fake must know of a body.
#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    max_tokens: Option<u64>,
    messages: Option<Vec<InputMessage>>,
    system: Option<TextOr<SystemBlock>>,
    stream: Option<bool>,
    /// Tools of one's own have a schema, the provider's have not.
    tools: Option<Vec<Value>>,
    tool_choice: Option<ToolChoice>,
    thinking: Option<Thinking>,
    output_config: Option<OutputConfig>,
    output_format: Option<Value>,
}

#[derive(Deserialize)]
struct Thinking {
    #[serde(rename = "type")]
    kind: String,
    budget_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct OutputConfig {
    format: Option<Value>,
}

/// Versions of the API that the provider accepts.
const VERSIONS: [&str; 2] = [wire::anthropic::VERSION_2023_06_01, VERSION_2026_10_21];

/// From this version on, sampling cannot be set.
const VERSION_2026_10_21: &str = "2026-10-21";

/// What sets the sampling.
const SAMPLING: [&str; 3] = ["temperature", "top_k", "top_p"];

/// Every other member that the provider knows, with those of its betas; from its SDK, version 2.12.
const MEMBERS: &[&str] = &[
    "anthropic_beta",
    "anthropic_version",
    "billing_policy",
    "cache_control",
    "compaction",
    "container",
    "context_management",
    "diagnostics",
    "fallback_credit_token",
    "fallbacks",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "messages",
    "metadata",
    "model",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "thinking",
    "thread",
    "tool_choice",
    "tools",
    "user_profile_id",
    "workspace_id",
];

/// Smallest budget of thoughts that the provider takes, in tokens.
const BUDGET_MIN: u64 = 1024;

/// Tokens of a thought: few, so that answers stay short; `[[thinking:N]]` asks for any number.
const THINKING_TOKENS: u32 = 32;

pub(super) fn read(incoming: &IncomingRequest<'_>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    let version = version(incoming)?;
    let Ok(Value::Object(members)) = serde_json::from_slice(incoming.body) else {
        return Err(invalid("The request body is not valid JSON"));
    };
    known(&members, version)?;
    roles(&members)?;
    let body: Body = serde_json::from_value(Value::Object(members))
        .map_err(|error| invalid(&error.to_string()))?;
    if body.model.as_deref().unwrap_or_default().is_empty() {
        return Err(invalid("model: Field required"));
    }
    let counts = route.operation == Operation::CountTokens;
    match body.max_tokens {
        None if !counts => return Err(invalid("max_tokens: Field required")),
        Some(0) => {
            return Err(invalid("max_tokens: Input should be greater than or equal to 1"));
        }
        None | Some(_) => {}
    }
    let Some(messages) = &body.messages else { return Err(invalid("messages: Field required")) };
    if messages.is_empty() {
        return Err(invalid(ErrorKind::InvalidRequest.usual_message()));
    }
    results(messages)?;
    let system = match &body.system {
        None => 0,
        Some(TextOr::Text(text)) => words(text),
        Some(TextOr::Parts(blocks)) => blocks.iter().map(|block| words(&block.text)).sum(),
    };
    let wishes = wishes(&body, messages)?;
    Ok(Prompt {
        operation: route.operation,
        stream: body.stream.unwrap_or(false) && !counts,
        include_usage: true,
        obfuscate: false,
        prompt_tokens: system
            + messages.iter().map(|message| tokens(&message.content)).sum::<u64>(),
        max_tokens: body.max_tokens,
        wishes,
        model: body.model,
        subject: Subject::None,
    })
}

fn version<'r>(incoming: &IncomingRequest<'r>) -> Result<&'r str, Complaint> {
    match text(&incoming.parts.headers, wire::anthropic::VERSION) {
        None => Err(invalid("anthropic-version: header is required")),
        Some(version) if !VERSIONS.contains(&version) => {
            Err(invalid(&format!("anthropic-version: \"{version}\" is not a valid version")))
        }
        Some(version) => Ok(version),
    }
}

fn known(members: &Map<String, Value>, version: &str) -> Result<(), Complaint> {
    for name in members.keys() {
        if SAMPLING.contains(&name.as_str()) {
            if version == VERSION_2026_10_21 {
                return Err(invalid(&format!(
                    "{name}: this parameter is not supported in anthropic-version {version}"
                )));
            }
        } else if !MEMBERS.contains(&name.as_str()) {
            return Err(invalid(&format!("{name}: Extra inputs are not permitted")));
        }
    }
    Ok(())
}

fn roles(members: &Map<String, Value>) -> Result<(), Complaint> {
    let messages = members.get("messages").and_then(Value::as_array);
    for (at, message) in messages.into_iter().flatten().enumerate() {
        match message.get("role").and_then(Value::as_str) {
            Some("user" | "assistant") => {}
            None => return Err(invalid(&format!("messages.{at}.role: Field required"))),
            Some("system") => {
                return Err(invalid(
                    "messages: Unexpected role \"system\". The Messages API accepts a top-level \
                     `system` parameter, not \"system\" as an input message role.",
                ));
            }
            Some(other) => {
                return Err(invalid(&format!(
                    "messages: Unexpected role \"{other}\". Allowed roles are \"user\" or \
                     \"assistant\"."
                )));
            }
        }
        if message.get("content").is_none() {
            return Err(invalid(&format!("messages.{at}.content: Field required")));
        }
    }
    Ok(())
}

fn wishes(body: &Body, messages: &[InputMessage]) -> Result<Wishes, Complaint> {
    let mut tools = Vec::new();
    for (at, tool) in body.tools.iter().flatten().enumerate() {
        let Some(name) = tool.get("name").and_then(Value::as_str) else {
            return Err(invalid(&format!("tools.{at}.custom.name: Field required")));
        };
        match tool.get("input_schema") {
            Some(schema) => {
                tools.push(ToolWish { name: name.to_owned(), schema: schema.clone() });
            }
            // One of the provider's own, which are not played.
            None if tool.get("type").is_some_and(|kind| kind != "custom") => {}
            None => {
                return Err(invalid(&format!("tools.{at}.custom.input_schema: Field required")));
            }
        }
    }
    let (tool_choice, alone) = match &body.tool_choice {
        None => (script::ToolChoice::Auto, None),
        Some(ToolChoice::Auto { disable_parallel_tool_use: alone }) => {
            (script::ToolChoice::Auto, *alone)
        }
        Some(ToolChoice::Any { disable_parallel_tool_use: alone }) => {
            (script::ToolChoice::Any, *alone)
        }
        Some(ToolChoice::Tool { name, disable_parallel_tool_use: alone }) => {
            if !tools.iter().any(|tool| tool.name == *name) {
                return Err(invalid(&format!("Tool '{name}' not found in provided tools")));
            }
            (script::ToolChoice::Named(name.clone()), *alone)
        }
        Some(ToolChoice::None) => (script::ToolChoice::Never, None),
    };
    let format = body.output_config.as_ref().and_then(|config| config.format.as_ref());
    let format = format.or(body.output_format.as_ref()).and_then(|format| format.get("schema"));
    Ok(Wishes {
        hides_thoughts: false,
        choices: 1,
        tools,
        tool_choice,
        answers_tool: messages.last().is_some_and(|last| blocks(last).any(is_result)),
        one_call: alone == Some(true),
        format: format.map_or(Format::Text, |schema| Format::Schema(schema.clone())),
        thinking: thinking(body)?,
    })
}

fn thinking(body: &Body) -> Result<u32, Complaint> {
    let Some(thinking) = &body.thinking else { return Ok(0) };
    match thinking.kind.as_str() {
        "disabled" => Ok(0),
        "enabled" => {
            let budget = thinking
                .budget_tokens
                .ok_or_else(|| invalid("thinking.enabled.budget_tokens: Field required"))?;
            if budget < BUDGET_MIN {
                return Err(invalid(
                    "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
                ));
            }
            if body.max_tokens.is_some_and(|most| most <= budget) {
                return Err(invalid(
                    "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our \
                     documentation at \
                     https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
                ));
            }
            Ok(THINKING_TOKENS)
        }
        // `adaptive` and what later versions bring.
        _ => Ok(THINKING_TOKENS),
    }
}

/// Each result must answer a call of the message before.
fn results(messages: &[InputMessage]) -> Result<(), Complaint> {
    for (at, message) in messages.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| messages.get(at));
        for (place, block) in blocks(message).enumerate() {
            let InputBlock::ToolResult { tool_use_id, .. } = block else { continue };
            let calls = |block: &InputBlock| match block {
                InputBlock::ToolUse { id, .. } => id == tool_use_id,
                InputBlock::Text { .. }
                | InputBlock::Image { .. }
                | InputBlock::Document { .. }
                | InputBlock::ToolResult { .. }
                | InputBlock::Thinking { .. }
                | InputBlock::RedactedThinking { .. }
                | InputBlock::Unknown => false,
            };
            let from_assistant = before.filter(|before| before.role == InputRole::Assistant);
            if !from_assistant.into_iter().flat_map(blocks).any(calls) {
                return Err(invalid(&format!(
                    "messages.{at}.content.{place}: unexpected `tool_use_id` found in `tool_result` \
                     blocks: {tool_use_id}. Each `tool_result` block must have a corresponding \
                     `tool_use` block in the previous message."
                )));
            }
        }
    }
    Ok(())
}

fn blocks(message: &InputMessage) -> impl Iterator<Item = &InputBlock> {
    match &message.content {
        TextOr::Text(_) => [].iter(),
        TextOr::Parts(blocks) => blocks.iter(),
    }
}

const fn is_result(block: &InputBlock) -> bool {
    matches!(block, InputBlock::ToolResult { .. })
}

/// Depth is bounded by the JSON parser's own limit.
fn tokens(content: &TextOr<InputBlock>) -> u64 {
    match content {
        TextOr::Text(text) => words(text),
        TextOr::Parts(blocks) => blocks
            .iter()
            .map(|block| match block {
                InputBlock::Text { text, .. } => words(text),
                InputBlock::ToolResult { content, .. } => content.as_ref().map_or(0, tokens),
                InputBlock::Thinking { thinking, .. } => words(thinking),
                InputBlock::Image { .. }
                | InputBlock::Document { .. }
                | InputBlock::ToolUse { .. }
                | InputBlock::RedactedThinking { .. }
                | InputBlock::Unknown => 0,
            })
            .sum(),
    }
}

fn invalid(message: &str) -> Complaint {
    Complaint::new(message, None)
}
