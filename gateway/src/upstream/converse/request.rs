//! A request of Converse as one of Messages, and refusals of that under the names that the client wrote.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use wire::openai::RequestHead;

use super::blocks::{Said, mark, variant};
use super::members::MEMBERS;
use crate::endpoint::Endpoint;
use crate::upstream::beyond::{UNSAID, beyond, only};
use crate::upstream::by_chat::{Written, renamed};
use crate::upstream::dialect::{Asked, Dialect, Encoded, Refused};
use crate::upstream::function::WITHOUT_TOOLS;
use crate::upstream::members::Members;
use crate::upstream::messages::MessagesAsChat;

/// Translates a request; the provider's name is for refusals.
pub(super) fn request(
    (provider, messages): (&'static str, &MessagesAsChat),
    asked: &Asked<'_>,
) -> Result<Encoded, Refused> {
    let how = (provider, asked.lenience);
    let mut members = Members::check(spread(asked.members()?), MEMBERS, how)?;
    let mut request = Map::new();
    request.insert("model".to_owned(), json!(asked.model));
    if asked.head.stream {
        request.insert("stream".to_owned(), json!(true));
    }
    let places = conversation(&mut members, &mut request)?;
    for (own, name) in NAMES {
        request.extend(members.take(own).map(|value| (name.to_owned(), value)));
    }
    tools(&mut members, &mut request)?;
    form(&mut members, &mut request)?;
    told_nowhere(&mut members, &mut request)?;
    let mut dropped = members.into_dropped();
    let unreadable = |error: &dyn std::error::Error| Refused {
        param: Box::from("request_body"),
        message: format!("request cannot be translated: {error}"),
    };
    let body = Bytes::from(Value::Object(request).to_string());
    let head = RequestHead::scan(&body).map_err(|error| unreadable(&error))?;
    let (endpoint, head, body) = (Endpoint::Messages, &head, &body);
    let encoded = messages.encode(&Asked { endpoint, head, body, ..*asked });
    let encoded = encoded.map_err(|refused| renamed(&refused, &places))?;
    dropped.extend(encoded.dropped.iter().map(|name| places.name(name).into()));
    Ok(Encoded { dropped, ..encoded })
}

/// Members that hold others, which are told apart.
const CARRIERS: [&str; 3] = ["inferenceConfig", "toolConfig", "additionalModelRequestFields"];

fn spread(body: Map<String, Value>) -> Map<String, Value> {
    let mut members = Map::new();
    for (name, value) in body {
        match value {
            Value::Object(inner) if CARRIERS.contains(&name.as_str()) => {
                let inner = inner.into_iter();
                members.extend(inner.map(|(own, value)| (format!("{name}.{own}"), value)));
            }
            value => drop(members.insert(name, value)),
        }
    }
    members
}

/// Names of Converse, and what Messages call them.
const NAMES: [(&str, &str); 6] = [
    ("inferenceConfig.maxTokens", "max_tokens"),
    ("inferenceConfig.temperature", "temperature"),
    ("inferenceConfig.topP", "top_p"),
    ("inferenceConfig.stopSequences", "stop_sequences"),
    ("additionalModelRequestFields.top_k", "top_k"),
    ("additionalModelRequestFields.thinking", "thinking"),
];

/// Where the client wrote what a message says: of each message, which blocks its blocks are made of.
#[derive(Debug, Default)]
struct Places(Vec<Vec<usize>>);

fn conversation(
    members: &mut Members,
    request: &mut Map<String, Value>,
) -> Result<Places, Refused> {
    if let Some(system) = members.take("system") {
        let said = Said::of(&system, "system");
        let said = said.map_err(|(at, why)| members.refusal(&at, why))?;
        request.insert("system".to_owned(), Value::Array(said.blocks));
    }
    let list = members.take("messages").unwrap_or_default();
    let list = list.as_array().ok_or_else(|| members.refusal("messages", "is no list"))?;
    let (mut messages, mut places) = (Vec::new(), Places::default());
    for (number, message) in list.iter().enumerate() {
        let content = message.get("content").unwrap_or(&Value::Null);
        let at = format!("messages[{number}]");
        let said = only(message, &at, &["role", "content"])
            .and_then(|()| Said::of(content, &format!("{at}.content")));
        let said = said.map_err(|(at, why)| members.refusal(&at, why))?;
        messages.push(json!({ "role": message["role"], "content": said.blocks }));
        places.0.push(said.places);
    }
    request.insert("messages".to_owned(), Value::Array(messages));
    Ok(places)
}

const TOOLS: &str = "toolConfig.tools";
const CHOICE: &str = "toolConfig.toolChoice";

fn tools(members: &mut Members, request: &mut Map<String, Value>) -> Result<(), Refused> {
    let list = members.take(TOOLS);
    let choice = members.take(CHOICE);
    let mut tools: Vec<Value> = Vec::new();
    let all = list.as_ref().and_then(Value::as_array).into_iter().flatten();
    for (number, tool) in all.enumerate() {
        match (variant(tool), tools.last_mut()) {
            (Some(("toolSpec", spec)), _) => {
                for name in beyond(spec, &["name", "description", "inputSchema", "strict"]) {
                    members.refuse(&format!("{TOOLS}[{number}].toolSpec.{name}"), UNSAID)?;
                }
                let schema = spec.pointer("/inputSchema/json").cloned();
                let schema = schema.unwrap_or_else(|| json!({ "type": "object" }));
                let mut tool = json!({ "name": spec["name"], "input_schema": schema });
                for name in ["description", "strict"] {
                    if let Some(value) = spec.get(name).filter(|value| !value.is_null()) {
                        tool[name] = value.clone();
                    }
                }
                tools.push(tool);
            }
            (Some(("cachePoint", point)), Some(before)) => before["cache_control"] = mark(point),
            (_, _) => return Err(members.refusal(TOOLS, "holds a tool that AWS runs")),
        }
    }
    if tools.is_empty() {
        return match choice.as_ref().and_then(variant) {
            Some(("any" | "tool", _)) => members.refuse(CHOICE, WITHOUT_TOOLS),
            Some(_) | None => Ok(()),
        };
    }
    request.insert("tools".to_owned(), Value::Array(tools));
    let choice = match choice.as_ref().map(variant) {
        None => return Ok(()),
        Some(Some((kind @ ("auto" | "any"), _))) => json!({ "type": kind }),
        Some(Some(("tool", tool))) => json!({ "type": "tool", "name": tool["name"] }),
        Some(_) => return Err(members.refusal(CHOICE, "is of a kind that it does not know")),
    };
    request.insert("tool_choice".to_owned(), choice);
    Ok(())
}

const FORM: &str = "outputConfig";

/// A schema travels as text there.
fn form(members: &mut Members, request: &mut Map<String, Value>) -> Result<(), Refused> {
    let Some(config) = members.take(FORM) else { return Ok(()) };
    let schema = config.pointer("/textFormat/structure/jsonSchema/schema");
    let schema = schema.and_then(Value::as_str).map(serde_json::from_str::<Value>);
    let Some(Ok(schema)) = schema else {
        return members.refuse(FORM, "asks for a form that it does not know");
    };
    let format = json!({ "type": "json_schema", "schema": schema });
    request.insert("output_config".to_owned(), json!({ "format": format }));
    Ok(())
}

const METADATA: &str = "requestMetadata";

/// What others have no word for is nothing where it is as usual.
fn told_nowhere(members: &mut Members, request: &mut Map<String, Value>) -> Result<(), Refused> {
    let usual = [("performanceConfig", "latency", "standard"), ("serviceTier", "type", "default")];
    for (name, member, word) in usual {
        let asked = members.get(name).and_then(|config| config.get(member)?.as_str());
        if asked.is_some_and(|asked| asked != word) {
            members.refuse(name, "asks for what only AWS has")?;
        }
    }
    let Some(metadata) = members.get(METADATA).and_then(Value::as_object).cloned() else {
        return Ok(());
    };
    if metadata.keys().any(|name| name != "user") {
        return members.refuse(METADATA, "holds names for AWS's logs");
    }
    let user = metadata.get("user").map(|user| json!({ "user_id": user }));
    request.extend(user.map(|user| ("metadata".to_owned(), user)));
    Ok(())
}

impl Written for Places {
    fn name(&self, name: &str) -> String {
        let known = match name {
            "tools" => TOOLS,
            "tool_choice" => CHOICE,
            "output_config" => FORM,
            "metadata" => METADATA,
            other => {
                let own = NAMES.iter().find(|(_, name)| *name == other);
                let own = own.map(|(own, _)| (*own).to_owned());
                return own.or_else(|| self.block(other)).unwrap_or_else(|| other.to_owned());
            }
        };
        known.to_owned()
    }
}

impl Places {
    /// The client's place of the block at `messages[…].content[…]`.
    fn block(&self, at: &str) -> Option<String> {
        let (message, rest) = at.strip_prefix("messages[")?.split_once("].content[")?;
        let (block, _) = rest.split_once(']')?;
        let blocks = self.0.get(message.parse::<usize>().ok()?)?;
        let block = blocks.get(block.parse::<usize>().ok()?)?;
        Some(format!("messages[{message}].content[{block}]"))
    }
}
