//! A Responses request in the words of chat completions, and from there in those of whoever takes them.

use serde_json::{Map, Value, json};

use super::input::Said;
use super::members::THROUGH_CHAT;
use crate::upstream::beyond::{UNSAID, beyond};
use crate::upstream::by_chat::{Chat, Written, passed_on};
use crate::upstream::dialect::{Asked, Encoded, Refused};
use crate::upstream::function::without_tools;
use crate::upstream::members::Members;

/// Translates a request.
pub(super) fn request(chat: Chat, asked: &Asked<'_>) -> Result<Encoded, Refused> {
    let how = (chat.provider(), asked.lenience);
    let mut members = Members::check(asked.members()?, THROUGH_CHAT, how)?;
    let input = members.take("input").unwrap_or_default();
    let said = Said::of(members.get("instructions"), &input);
    let said = said.map_err(|(at, why)| members.refusal(&at, why))?;
    let mut completion = Map::new();
    let mut put = |name: &str, value: Value| drop(completion.insert(name.to_owned(), value));
    put("model", json!(asked.model));
    put("messages", json!(said.messages));
    if let Some(limit) = members.whole("max_output_tokens")? {
        put("max_completion_tokens", json!(limit));
    }
    for name in ["temperature", "top_p"] {
        if let (Some(_), Some(value)) = (members.float(name)?, members.take(name)) {
            put(name, value);
        }
    }
    for name in ["parallel_tool_calls", "user", "safety_identifier", "prompt_cache_key"] {
        if let Some(value) = members.take(name) {
            put(name, value);
        }
    }
    if asked.head.stream {
        put("stream", json!(true));
        put("stream_options", json!({ "include_usage": true }));
    }
    if let Some(tier) = members.take("service_tier").filter(|tier| tier != "auto") {
        put("service_tier", tier);
    }
    if let Some(effort) = members.get("reasoning").and_then(|reasoning| reasoning.get("effort"))
        && !effort.is_null()
    {
        put("reasoning_effort", effort.clone());
    }
    told_nowhere(&mut members)?;
    kept_out(&mut members)?;
    tools(&mut members, &mut completion)?;
    form(&members, &mut completion)?;
    passed_on((chat, completion), asked, members, &said)
}

/// Members within others that have no counterpart.
fn told_nowhere(members: &mut Members) -> Result<(), Refused> {
    let known: [(&str, &[&str]); 2] = [
        ("text", &["format", "verbosity"]),
        ("reasoning", &["effort", "generate_summary", "summary"]),
    ];
    for (name, known) in known {
        let value = members.get(name).unwrap_or(&Value::Null);
        let unknown: Vec<String> =
            beyond(value, known).map(|own| format!("{name}.{own}")).collect();
        unknown.iter().try_for_each(|path| members.refuse(path, UNSAID))?;
    }
    Ok(())
}

/// What would have to be kept, or brought along, beyond the answer.
fn kept_out(members: &mut Members) -> Result<(), Refused> {
    const THOUGHTS: &str = "reasoning.encrypted_content";
    let wanted = members.texts("include")?.unwrap_or_default();
    if wanted.iter().any(|name| name != THOUGHTS) {
        members.refuse("include", "asks for what only OpenAI has")?;
    }
    match members.get("truncation").and_then(Value::as_str) {
        None | Some("disabled") => Ok(()),
        Some(_) => members.refuse("truncation", "asks OpenAI to cut the input"),
    }
}

/// Members of a tool.
const OF_TOOL: [&str; 5] = ["description", "name", "parameters", "strict", "type"];

fn tools(members: &mut Members, completion: &mut Map<String, Value>) -> Result<(), Refused> {
    let list = members.take("tools").unwrap_or_default();
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut tools = Vec::with_capacity(list.len());
    for (number, tool) in list.iter().enumerate() {
        if tool.get("type").and_then(Value::as_str) != Some("function") {
            return Err(members.refusal("tools", "holds a tool that OpenAI runs"));
        }
        for name in beyond(tool, &OF_TOOL) {
            members.refuse(&format!("tools[{number}].{name}"), UNSAID)?;
        }
        let mut function = json!({});
        for name in ["name", "description", "parameters", "strict"] {
            if let Some(value) = tool.get(name).filter(|value| !value.is_null()) {
                function[name] = value.clone();
            }
        }
        tools.push(json!({ "type": "function", "function": function }));
    }
    let choice = members.take("tool_choice");
    if tools.is_empty() {
        return without_tools(choice.as_ref(), members);
    }
    completion.insert("tools".to_owned(), Value::Array(tools));
    let Some(choice) = choice else { return Ok(()) };
    let kind = choice.get("type").and_then(Value::as_str);
    let choice = match (choice.as_str(), kind) {
        (Some(word), _) => json!(word),
        (None, Some("function")) => {
            json!({ "type": "function", "function": { "name": choice["name"] } })
        }
        (None, Some(_) | None) => {
            return Err(members.refusal("tool_choice", "names a tool that is no function"));
        }
    };
    completion.insert("tool_choice".to_owned(), choice);
    Ok(())
}

fn form(members: &Members, completion: &mut Map<String, Value>) -> Result<(), Refused> {
    const NAME: &str = "text";
    let Some(text) = members.get(NAME) else { return Ok(()) };
    if let Some(verbosity) = text.get("verbosity").filter(|verbosity| !verbosity.is_null()) {
        completion.insert("verbosity".to_owned(), verbosity.clone());
    }
    let Some(format) = text.get("format") else { return Ok(()) };
    let format = match format.get("type").and_then(Value::as_str) {
        None | Some("text") => return Ok(()),
        Some("json_schema") => {
            let mut schema = format.clone();
            if let Value::Object(schema) = &mut schema {
                schema.remove("type");
            }
            json!({ "type": "json_schema", "json_schema": schema })
        }
        Some("json_object") => format.clone(),
        Some(_) => return Err(members.refusal(NAME, "asks for a form that it does not know")),
    };
    completion.insert("response_format".to_owned(), format);
    Ok(())
}

impl Written for Said {
    fn name(&self, name: &str) -> String {
        let known = match name {
            "max_completion_tokens" => "max_output_tokens",
            "response_format" | "verbosity" => "text",
            "reasoning_effort" => "reasoning",
            other => return self.place(other).unwrap_or_else(|| other.to_owned()),
        };
        known.to_owned()
    }
}
