//! A Messages request in the words of chat completions.

use serde_json::{Map, Value, json};

use super::members::MESSAGES;
use crate::upstream::dialect::{Asked, Encoded, Refused};
use crate::upstream::members::Members;

/// Most sequences that OpenAI takes.
const STOPS_MAX: usize = 4;

/// What cannot be said: where, and why.
type Unsaid = (String, &'static str);

/// Translates a request.
pub(super) fn request(asked: &Asked<'_>) -> Result<Encoded, Refused> {
    let mut members = Members::check(asked.members()?, MESSAGES, ("OpenAI", asked.lenience))?;
    let mut chat = Map::new();
    chat.insert("model".to_owned(), json!(asked.model));
    let said = conversation(&mut members).map_err(|(at, why)| members.refusal(&at, why))?;
    chat.insert("messages".to_owned(), Value::Array(said));
    if let Some(limit) = members.whole("max_tokens")? {
        chat.insert(limit_name(asked.model).to_owned(), json!(limit));
    }
    if let Some(stops) = members.texts("stop_sequences")? {
        match stops.len() > STOPS_MAX {
            true => members.refuse("stop_sequences", "holds more than four")?,
            false => drop(chat.insert("stop".to_owned(), json!(stops))),
        }
    }
    for name in ["temperature", "top_p"] {
        if let Some(value) = members.float(name)? {
            chat.insert(name.to_owned(), json!(value));
        }
    }
    if asked.head.stream {
        chat.insert("stream".to_owned(), json!(true));
        chat.insert("stream_options".to_owned(), json!({ "include_usage": true }));
    }
    tools(&mut members, &mut chat)?;
    if let Some(user) = members.get("metadata").and_then(|metadata| metadata.get("user_id")) {
        chat.insert("user".to_owned(), user.clone());
    }
    answer_format(&mut members, &mut chat);
    effort(&mut members, &mut chat)?;
    let tier = members.get("service_tier").and_then(Value::as_str);
    if let Some(tier) = tier {
        let tier = if tier == "standard_only" { "default" } else { tier };
        chat.insert("service_tier".to_owned(), json!(tier));
    }
    let body = serde_json::to_vec(&chat).map_err(|_| members.refusal("messages", "is no JSON"))?;
    Ok(Encoded { body: body.into(), dropped: members.into_dropped() })
}

/// OpenAI's models that reason take the newer spelling only; compatible servers know the older one.
fn limit_name(model: &str) -> &'static str {
    let reasons = ["o1", "o3", "o4", "gpt-5"].iter().any(|family| model.starts_with(family));
    if reasons { "max_completion_tokens" } else { "max_tokens" }
}

fn conversation(members: &mut Members) -> Result<Vec<Value>, Unsaid> {
    let mut chat = Vec::new();
    let system = members.take("system").map(|system| words(&system, "system")).transpose()?;
    if let Some(system) = system.filter(|system| !system.is_empty()) {
        chat.push(json!({ "role": "system", "content": system }));
    }
    let messages = members.take("messages").unwrap_or_default();
    let list = messages.as_array().ok_or_else(|| ("messages".to_owned(), "is no list"))?;
    for (at, message) in list.iter().enumerate() {
        let at = format!("messages[{at}]");
        let content = message.get("content").unwrap_or(&Value::Null);
        match (message.get("role").and_then(Value::as_str), content) {
            (Some(role @ ("user" | "assistant")), Value::String(text)) => {
                chat.push(json!({ "role": role, "content": text }));
            }
            (Some("user"), Value::Array(blocks)) => user(blocks, &at, &mut chat)?,
            (Some("assistant"), Value::Array(blocks)) => assistant(blocks, &at, &mut chat)?,
            (Some("user" | "assistant"), _) => {
                return Err((format!("{at}.content"), "is neither a text nor a list of blocks"));
            }
            (Some(_) | None, _) => return Err((format!("{at}.role"), "is no role that it knows")),
        }
    }
    Ok(chat)
}

/// Results of calls first, each a message of its own, as OpenAI demands; then what the user says.
fn user(blocks: &[Value], at: &str, chat: &mut Vec<Value>) -> Result<(), Unsaid> {
    let mut parts = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        let at = format!("{at}.content[{place}]");
        match block.get("type").and_then(Value::as_str) {
            Some("tool_result") => chat.push(result(block, &at)?),
            Some(_) | None => parts.push(part(block).map_err(|why| (at, why))?),
        }
    }
    match parts.as_slice() {
        [] => {}
        [only] if only.get("type") == Some(&json!("text")) => {
            chat.push(json!({ "role": "user", "content": only["text"] }));
        }
        _ => chat.push(json!({ "role": "user", "content": parts })),
    }
    Ok(())
}

fn part(block: &Value) -> Result<Value, &'static str> {
    let text = |path: &str| block.pointer(path).and_then(Value::as_str);
    let inline = || {
        let (kind, data) = (text("/source/media_type")?, text("/source/data")?);
        Some(format!("data:{kind};base64,{data}"))
    };
    match (text("/type"), text("/source/type")) {
        (Some("text"), _) => {
            Ok(json!({ "type": "text", "text": text("/text").unwrap_or_default() }))
        }
        (Some("image"), Some("base64")) => {
            let url = inline().ok_or("is a picture without bytes")?;
            Ok(json!({ "type": "image_url", "image_url": { "url": url } }))
        }
        (Some("image"), Some("url")) => {
            let url = text("/source/url").ok_or("is a picture without address")?;
            Ok(json!({ "type": "image_url", "image_url": { "url": url } }))
        }
        (Some("document"), Some("base64")) => {
            let data = inline().ok_or("is a document without bytes")?;
            let name = text("/title").unwrap_or("document.pdf");
            Ok(json!({ "type": "file", "file": { "filename": name, "file_data": data } }))
        }
        (Some("document"), Some("text")) => {
            Ok(json!({ "type": "text", "text": text("/source/data").unwrap_or_default() }))
        }
        (Some(_) | None, _) => Err("is of a kind that has no counterpart"),
    }
}

fn result(block: &Value, at: &str) -> Result<Value, Unsaid> {
    let Some(id) = block.get("tool_use_id").and_then(Value::as_str) else {
        return Err((format!("{at}.tool_use_id"), "is missing"));
    };
    let content = match block.get("content") {
        None | Some(Value::Null) => String::new(),
        Some(content) => words(content, &format!("{at}.content"))?,
    };
    let failed = block.get("is_error") == Some(&Value::Bool(true));
    let content = if failed { format!("Error: {content}") } else { content };
    Ok(json!({ "role": "tool", "tool_call_id": id, "content": content }))
}

/// A text, or blocks of text as one.
fn words(content: &Value, at: &str) -> Result<String, Unsaid> {
    if let Some(text) = content.as_str() {
        return Ok(text.to_owned());
    }
    let mut texts = Vec::new();
    for (place, block) in content.as_array().into_iter().flatten().enumerate() {
        match (block.get("type").and_then(Value::as_str), block.get("text").and_then(Value::as_str))
        {
            (Some("text"), Some(text)) => texts.push(text),
            (_, _) => return Err((format!("{at}[{place}]"), "is not text")),
        }
    }
    Ok(texts.join("\n\n"))
}

fn assistant(blocks: &[Value], at: &str, chat: &mut Vec<Value>) -> Result<(), Unsaid> {
    let (mut texts, mut calls) = (Vec::new(), Vec::new());
    for (place, block) in blocks.iter().enumerate() {
        let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("type") {
            "text" => texts.push(text("text")),
            "tool_use" => {
                let arguments =
                    block.get("input").map_or_else(|| "{}".to_owned(), Value::to_string);
                let function = json!({ "name": text("name"), "arguments": arguments });
                calls.push(json!({ "id": text("id"), "type": "function", "function": function }));
            }
            // Only the model that had them can read them.
            "thinking" | "redacted_thinking" => {}
            _ => {
                let at = format!("{at}.content[{place}]");
                return Err((at, "is of a kind that has no counterpart"));
            }
        }
    }
    let content = if texts.is_empty() { Value::Null } else { json!(texts.join("")) };
    let mut message = json!({ "role": "assistant", "content": content });
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    }
    chat.push(message);
    Ok(())
}

fn tools(members: &mut Members, chat: &mut Map<String, Value>) -> Result<(), Refused> {
    let Some(Value::Array(list)) = members.take("tools") else { return Ok(()) };
    let mut tools = Vec::with_capacity(list.len());
    for tool in &list {
        let custom = tool.get("type").is_none_or(|kind| kind == "custom");
        let (Some(schema), true) = (tool.get("input_schema"), custom) else {
            return Err(members.refusal("tools", "holds a tool of Anthropic's own"));
        };
        let mut function = json!({ "name": tool["name"], "parameters": schema });
        for name in ["description", "strict"] {
            if let Some(value) = tool.get(name).filter(|value| !value.is_null()) {
                function[name] = value.clone();
            }
        }
        tools.push(json!({ "type": "function", "function": function }));
    }
    if tools.is_empty() {
        return Ok(());
    }
    chat.insert("tools".to_owned(), Value::Array(tools));
    let Some(choice) = members.take("tool_choice") else { return Ok(()) };
    let choice_in_chat = match choice.get("type").and_then(Value::as_str) {
        Some("auto") => json!("auto"),
        Some("any") => json!("required"),
        Some("none") => json!("none"),
        Some("tool") => json!({ "type": "function", "function": { "name": choice["name"] } }),
        Some(_) | None => {
            return Err(members.refusal("tool_choice", "is of a kind that it does not know"));
        }
    };
    chat.insert("tool_choice".to_owned(), choice_in_chat);
    if choice.get("disable_parallel_tool_use") == Some(&Value::Bool(true)) {
        chat.insert("parallel_tool_calls".to_owned(), json!(false));
    }
    Ok(())
}

fn answer_format(members: &mut Members, chat: &mut Map<String, Value>) {
    let config = members.get("output_config").and_then(|config| config.get("format"));
    let format = config.or_else(|| members.get("output_format"));
    if let Some(schema) = format.and_then(|format| format.get("schema")) {
        let schema = json!({ "name": "answer", "strict": true, "schema": schema });
        let format = json!({ "type": "json_schema", "json_schema": schema });
        chat.insert("response_format".to_owned(), format);
    }
}

fn effort(members: &mut Members, chat: &mut Map<String, Value>) -> Result<(), Refused> {
    let named = members.get("output_config").and_then(|config| config.get("effort")?.as_str());
    let budget = members.get("thinking").and_then(|thinking| thinking.get("budget_tokens"));
    let effort = match (named, budget.and_then(Value::as_u64)) {
        (Some("max"), _) => Some("high"),
        (Some(named @ ("low" | "medium" | "high")), _) => Some(named),
        (Some(_), _) => {
            members.refuse("output_config", "names an effort that it does not know")?;
            None
        }
        (None, Some(0..2048)) => Some("low"),
        (None, Some(2048..4096)) => Some("medium"),
        (None, Some(4096..)) => Some("high"),
        (None, None) => None,
    };
    if let Some(effort) = effort {
        chat.insert("reasoning_effort".to_owned(), json!(effort));
    }
    Ok(())
}
