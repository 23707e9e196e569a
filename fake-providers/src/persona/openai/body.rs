//! Understands the bodies of chat completions, and refuses what OpenAI refuses.
//!
//! A body is looked at twice: as a plain object, so that what is unknown or of a wrong role can be
//! refused by name, and as what a fake must know of it.

use serde::Deserialize;
use serde_json::{Map, Value};
use wire::TextOr;
use wire::openai::{ContentPart, Message, Role, StreamOptions, Tool};

use super::super::{Complaint, Prompt, Route, Subject, words};
use crate::script::{Format, ToolChoice, ToolWish, Wishes};

/// What a fake must know of a body.
#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    messages: Option<Vec<Message>>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    n: Option<u32>,
    tools: Option<Vec<Tool>>,
    tool_choice: Option<Value>,
    parallel_tool_calls: Option<bool>,
    response_format: Option<Value>,
    reasoning_effort: Option<String>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    presence_penalty: Option<f64>,
    frequency_penalty: Option<f64>,
}

/// Every member that the provider knows; from its SDK, version 3.54, and Azure's reference.
const MEMBERS: &[&str] = &[
    "audio",
    "data_sources",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// Most choices of one request.
const CHOICES_MAX: u32 = 128;

/// Most sequences that may end an answer.
const STOPS_MAX: usize = 4;

/// Understands a body; it must name the model where the path does not.
pub(super) fn chat(body: Map<String, Value>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    model_named(&body, route)?;
    known(&body, MEMBERS)?;
    roles(&body)?;
    if body.get("stop").and_then(Value::as_array).is_some_and(|stop| stop.len() > STOPS_MAX) {
        let message = "Invalid 'stop': array too long. Expected an array with maximum length 4.";
        return Err(Complaint::coded(message, "stop", "array_above_max_length"));
    }
    let body: Body = typed(body)?;
    let Some(messages) = &body.messages else { return Err(missing("messages")) };
    conversation(messages)?;
    reasoning(route.named.as_deref().or(body.model.as_deref()).unwrap_or_default(), &body)?;
    for (name, value) in
        [("max_tokens", body.max_tokens), ("max_completion_tokens", body.max_completion_tokens)]
    {
        at_least(name, value, 1)?;
    }
    at_least("n", body.n.map(u64::from), 1)?;
    if let Some(n) = body.n.filter(|n| *n > CHOICES_MAX) {
        let message = format!(
            "Invalid 'n': integer above maximum value. Expected a value <= {CHOICES_MAX}, but got \
             {n} instead."
        );
        return Err(Complaint::coded(message, "n", "integer_above_max_value"));
    }
    Ok(Prompt {
        operation: route.operation,
        stream: body.stream.unwrap_or(false),
        include_usage: body.stream_options.and_then(|extra| extra.include_usage).unwrap_or(false),
        obfuscate: body.stream_options.and_then(|extra| extra.include_obfuscation).unwrap_or(true),
        prompt_tokens: messages.iter().map(tokens).sum(),
        max_tokens: body.max_completion_tokens.or(body.max_tokens),
        wishes: wishes(&body, messages)?,
        model: body.model,
        subject: Subject::None,
    })
}

fn wishes(body: &Body, messages: &[Message]) -> Result<Wishes, Complaint> {
    let tools = body.tools.iter().flatten().map(|tool| ToolWish {
        name: tool.function.name.clone(),
        schema: tool.function.parameters.clone().unwrap_or_default(),
    });
    let tools: Vec<ToolWish> = tools.collect();
    if body.tool_choice.is_some() && tools.is_empty() {
        let message = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are \
             specified.";
        return Err(Complaint::new(message, Some("tool_choice")));
    }
    let tool_choice = tool_choice(body.tool_choice.as_ref(), "/function/name", &tools)?;
    let last = messages.last().map(|message| message.role);
    let format = format(body.response_format.as_ref(), "/json_schema/schema", "response_format")?;
    if format == Format::Object && !messages.iter().any(mentions_json) {
        let message = "'messages' must contain the word 'json' in some form, to use \
                       'response_format' of type 'json_object'.";
        return Err(Complaint::new(message, Some("messages")));
    }
    Ok(Wishes {
        hides_thoughts: false,
        choices: body.n.unwrap_or(1),
        tools,
        tool_choice,
        answers_tool: matches!(last, Some(Role::Tool | Role::Function)),
        one_call: body.parallel_tool_calls == Some(false),
        format,
        thinking: effort(body.reasoning_effort.as_deref()),
    })
}

/// What `tool_choice` says; `name_at` is where it holds a function's name.
pub(super) fn tool_choice(
    choice: Option<&Value>,
    name_at: &str,
    tools: &[ToolWish],
) -> Result<ToolChoice, Complaint> {
    let Some(choice) = choice else { return Ok(ToolChoice::Auto) };
    match choice.as_str() {
        Some("none") => return Ok(ToolChoice::Never),
        Some("auto") => return Ok(ToolChoice::Auto),
        Some("required") => return Ok(ToolChoice::Any),
        Some(other) => {
            let message = format!(
                "Invalid value: '{other}'. Supported values are: 'none', 'auto', and 'required'."
            );
            return Err(Complaint::coded(message, "tool_choice", "invalid_value"));
        }
        None => {}
    }
    let Some(name) = choice.pointer(name_at).and_then(Value::as_str) else {
        return Ok(ToolChoice::Any);
    };
    if !tools.iter().any(|tool| tool.name == name) {
        let message = format!("Tool choice '{name}' not found in 'tools' parameter.");
        return Err(Complaint::new(message, Some("tool_choice")));
    }
    Ok(ToolChoice::Named(name.to_owned()))
}

/// The form that a member `named` asks for; `schema_at` is where a schema stands in it.
pub(super) fn format(
    format: Option<&Value>,
    schema_at: &str,
    named: &str,
) -> Result<Format, Complaint> {
    let kind = format.and_then(|format| format.get("type")).and_then(Value::as_str);
    match (kind, format.and_then(|format| format.pointer(schema_at))) {
        (Some("json_object"), _) => Ok(Format::Object),
        (Some("json_schema"), Some(schema)) => Ok(Format::Schema(schema.clone())),
        (Some("json_schema"), None) => {
            Err(missing(&format!("{named}{}", schema_at.replace('/', "."))))
        }
        (Some(_) | None, _) => Ok(Format::Text),
    }
}

/// Tokens of thought at a level of effort: few, so that answers stay short; `[[thinking:N]]` asks
/// for any number.
pub(super) fn effort(level: Option<&str>) -> u32 {
    match level {
        None | Some("none") => 0,
        Some("minimal") => 8,
        Some("low") => 16,
        Some("medium") => 32,
        Some("high") => 64,
        Some(_) => 128,
    }
}

/// What models that think before they answer do not take (OpenAI, "Reasoning models" and "Using GPT-5"): the older bound of
/// an answer, and words on how to draw tokens but their defaults. Versions behind a dot may be told not to think, and
/// are believed.
fn reasoning(model: &str, body: &Body) -> Result<(), Complaint> {
    let family = ["o1", "o3", "o4", "gpt-5"].into_iter().find_map(|family| {
        let rest = model.strip_prefix(family)?;
        (rest.is_empty() || rest.starts_with(['-', '.'])).then_some(rest)
    });
    let Some(rest) = family.filter(|rest| !rest.starts_with("-chat")) else { return Ok(()) };
    if body.max_tokens.is_some() {
        let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
                       'max_completion_tokens' instead.";
        return Err(Complaint::coded(message, "max_tokens", "unsupported_parameter"));
    }
    if rest.starts_with('.') {
        return Ok(());
    }
    for (name, value, usual) in [
        ("temperature", body.temperature, 1.0),
        ("top_p", body.top_p, 1.0),
        ("presence_penalty", body.presence_penalty, 0.0),
        ("frequency_penalty", body.frequency_penalty, 0.0),
    ] {
        if let Some(value) = value.filter(|value| *value != usual) {
            let message = format!(
                "Unsupported value: '{name}' does not support {value} with this model. Only the default ({usual}) \
                 value is supported."
            );
            return Err(Complaint::coded(message, name, "unsupported_value"));
        }
    }
    Ok(())
}

/// The body as an object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Complaint> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) | Err(_) => Err(Complaint::new(UNREADABLE, None)),
    }
}

const UNREADABLE: &str = "We could not parse the JSON body of your request. The OpenAI API expects \
                          a JSON payload.";

/// An object as what is known of it.
pub(super) fn typed<T: for<'de> Deserialize<'de>>(
    body: Map<String, Value>,
) -> Result<T, Complaint> {
    serde_json::from_value(Value::Object(body))
        .map_err(|error| Complaint::new(format!("Invalid request body: {error}."), None))
}

pub(super) fn model_named(body: &Map<String, Value>, route: &Route<'_>) -> Result<(), Complaint> {
    let named = body.get("model").and_then(Value::as_str).unwrap_or_default();
    if route.named.is_none() && named.is_empty() {
        return Err(Complaint::new("you must provide a model parameter", None));
    }
    Ok(())
}

/// Refuses members that the provider does not know.
pub(super) fn known(body: &Map<String, Value>, members: &[&str]) -> Result<(), Complaint> {
    let odd: Vec<&str> =
        body.keys().map(String::as_str).filter(|name| !members.contains(name)).collect();
    if odd.is_empty() {
        return Ok(());
    }
    let plural = if odd.len() > 1 { "s" } else { "" };
    let message = format!("Unrecognized request argument{plural} supplied: {}", odd.join(", "));
    Err(Complaint::new(message, None))
}

pub(super) fn missing(name: &str) -> Complaint {
    let message = format!("Missing required parameter: '{name}'.");
    Complaint::coded(message, name, "missing_required_parameter")
}

pub(super) fn at_least(name: &str, value: Option<u64>, least: u64) -> Result<(), Complaint> {
    match value {
        Some(value) if value < least => {
            let message = format!(
                "Invalid '{name}': integer below minimum value. Expected a value >= {least}, but \
                 got {value} instead."
            );
            Err(Complaint::coded(message, name, "integer_below_min_value"))
        }
        Some(_) | None => Ok(()),
    }
}

pub(super) fn not_empty(name: &str, length: usize) -> Result<(), Complaint> {
    if length > 0 {
        return Ok(());
    }
    let message = format!(
        "Invalid '{name}': empty array. Expected an array with minimum length 1, but got an empty \
         array instead."
    );
    Err(Complaint::coded(message, name, "empty_array"))
}

fn roles(body: &Map<String, Value>) -> Result<(), Complaint> {
    const ROLES: [&str; 6] = ["system", "assistant", "user", "function", "tool", "developer"];
    let messages = body.get("messages").and_then(Value::as_array);
    for (at, message) in messages.into_iter().flatten().enumerate() {
        let param = format!("messages[{at}].role");
        match message.get("role") {
            None => return Err(missing(&param)),
            Some(Value::String(role)) if !ROLES.contains(&role.as_str()) => {
                let message = format!(
                    "Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', \
                     'function', 'tool', and 'developer'."
                );
                return Err(Complaint::coded(message, &param, "invalid_value"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Calls and their results must belong together.
fn conversation(messages: &[Message]) -> Result<(), Complaint> {
    not_empty("messages", messages.len())?;
    for (at, message) in messages.iter().enumerate() {
        let param = format!("messages.[{at}].role");
        let calls = |message: &Message, id: Option<&String>| {
            message.tool_calls.iter().flatten().any(|call| Some(&call.id) == id)
        };
        let answers = |id: &str| {
            messages[at + 1..].iter().any(|later| later.tool_call_id.as_deref() == Some(id))
        };
        let id = message.tool_call_id.as_ref();
        if message.role == Role::Tool && !messages[..at].iter().any(|other| calls(other, id)) {
            let message = "Invalid parameter: messages with role 'tool' must be a response to a \
                           preceeding message with 'tool_calls'.";
            return Err(Complaint::new(message, Some(&param)));
        }
        let open = message.tool_calls.iter().flatten().filter(|call| !answers(&call.id));
        let open: Vec<&str> = open.map(|call| call.id.as_str()).collect();
        if !open.is_empty() {
            let message = format!(
                "An assistant message with 'tool_calls' must be followed by tool messages responding \
                 to each 'tool_call_id'. The following tool_call_ids did not have response messages: \
                 {}",
                open.join(", ")
            );
            return Err(Complaint::new(message, Some(&param)));
        }
    }
    Ok(())
}

fn tokens(message: &Message) -> u64 {
    texts(message).map(words).sum()
}

fn mentions_json(message: &Message) -> bool {
    texts(message).any(|text| text.to_ascii_lowercase().contains("json"))
}

fn texts(message: &Message) -> impl Iterator<Item = &str> {
    let (whole, parts) = match &message.content {
        None => (None, &[][..]),
        Some(TextOr::Text(text)) => (Some(text.as_str()), &[][..]),
        Some(TextOr::Parts(parts)) => (None, parts.as_slice()),
    };
    let part = |part| match part {
        &ContentPart::Text { ref text } | &ContentPart::Refusal { refusal: ref text } => {
            Some(text.as_str())
        }
        &(ContentPart::ImageUrl { .. } | ContentPart::Other) => None,
    };
    whole.into_iter().chain(parts.iter().filter_map(part))
}
