//! A chat completion request in Anthropic's words: what stands beside the messages.

use serde_json::{Map, Value, json};
use wire::anthropic::{MessagesRequest, Metadata, Tool, ToolChoice};

use super::CHAT;
use super::conversation::conversation;
use super::model::Model;
use super::thought::Thought;
use crate::upstream::answer_form::{self, ANSWER_TOOL, ANSWER_TOOL_DOES, AnswerForm, HeldTo};
use crate::upstream::dialect::{Asked, Encoded, Refused};
use crate::upstream::function::{self, Function};
use crate::upstream::members::Members;
use crate::upstream::spoken::spoken;
use crate::upstream::web_search::{Size, WebSearch};

/// Bound of an answer where the client names none: Anthropic requires one, and LiteLLM sends this.
const MAX_TOKENS_DEFAULT: u64 = 4096;

/// Anthropic's temperature ends at 1, OpenAI's at 2.
const TEMPERATURE_MAX: f64 = 1.0;

/// Members of Anthropic's own that go along as they are.
const OWN: [&str; 7] = [
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "mcp_servers",
    "speed",
    "output_config",
];

/// Translates a request.
pub(in crate::upstream) fn request(asked: &Asked<'_>) -> Result<Encoded, Refused> {
    let mut members =
        Members::check(asked.members()?, CHAT.members, (CHAT.provider, asked.lenience))?;
    let model = Model::named(asked.model);
    let messages = members.take("messages").unwrap_or_default();
    let said = spoken(&messages).and_then(conversation);
    let (system, messages) = said.map_err(|what| what.refused(&members))?;
    let stop_sequences = members.stops()?;
    let mut tools = tools(&mut members)?;
    if let Some(search) = WebSearch::taken(&mut members)? {
        tools.get_or_insert_default().push(search_tool(search));
    }
    let mut tool_choice = tool_choice(&mut members, tools.is_some())?;
    let thought = Thought::asked(&mut members, model)?;
    let mut extra = own(&mut members);
    match answer_format(&mut members, model, tools.is_some() || thought.is_some())? {
        None => {}
        Some(Format::Native(format)) => put(&mut extra, "output_config", "format", format),
        Some(Format::Tool(tool)) => {
            let name = ANSWER_TOOL.to_owned();
            tools = Some(vec![*tool]);
            tool_choice = Some(ToolChoice::Tool { name, disable_parallel_tool_use: Some(true) });
        }
    }
    let limit = members.answer_limit()?;
    let max_tokens = thought.as_ref().map_or(limit, |thought| thought.with_room(limit));
    if let Some(thought) = thought {
        thought.write(&mut extra);
    }
    if let Some(tier) = service_tier(&mut members)? {
        extra.insert("service_tier".to_owned(), tier);
    }
    let request = MessagesRequest {
        model: asked.model.to_owned(),
        max_tokens: max_tokens.unwrap_or(MAX_TOKENS_DEFAULT),
        messages,
        system,
        stream: members.get("stream").and_then(Value::as_bool),
        stop_sequences,
        temperature: members.float("temperature")?.map(|heat| heat.min(TEMPERATURE_MAX)),
        top_p: members.float("top_p")?,
        top_k: members.get("top_k").and_then(Value::as_u64),
        tools,
        tool_choice,
        metadata: end_user(&members),
        extra,
    };
    Ok(Encoded::new(request.to_json(), members.into_dropped()))
}

/// `map[outer][name] = value`.
pub(super) fn put(map: &mut Map<String, Value>, outer: &str, name: &str, value: Value) {
    let entry = map.entry(outer).or_insert_with(|| json!({}));
    if let Value::Object(entry) = entry {
        entry.insert(name.to_owned(), value);
    }
}

fn own(members: &mut Members) -> Map<String, Value> {
    let taken = OWN.iter().filter_map(|name| Some(((*name).to_owned(), members.take(name)?)));
    taken.collect()
}

fn end_user(members: &Members) -> Option<Metadata> {
    let named = ["user", "safety_identifier"].iter().find_map(|name| members.get(name)?.as_str());
    named.map(|user_id| Metadata { user_id: Some(user_id.to_owned()) })
}

fn service_tier(members: &mut Members) -> Result<Option<Value>, Refused> {
    match members.get("service_tier").and_then(Value::as_str) {
        None => Ok(None),
        Some("auto") => Ok(Some(json!("auto"))),
        Some("default" | "standard_only") => Ok(Some(json!("standard_only"))),
        Some(_) => {
            members.refuse("service_tier", "names a tier that only OpenAI has")?;
            Ok(None)
        }
    }
}

/// How an answer in JSON is asked for.
enum Format {
    /// In Anthropic's own words, which hold the answer to the schema.
    Native(Value),
    /// As the input of a tool that must be called.
    Tool(Box<Tool>),
}

/// What `response_format` asks for. `busy` says that tools or thoughts are asked for as well, beside which
/// no tool can be forced.
fn answer_format(
    members: &mut Members,
    model: Model,
    busy: bool,
) -> Result<Option<Format>, Refused> {
    let (schema, description, held_to) = match AnswerForm::taken(members)? {
        AnswerForm::Words => return Ok(None),
        AnswerForm::Object => (answer_form::any_object(), None, HeldTo::Loosely),
        AnswerForm::Schema { schema, description, held_to, .. } => (schema, description, held_to),
    };
    if held_to == HeldTo::Exactly && model.holds_to_schemas() {
        return Ok(Some(Format::Native(json!({ "type": "json_schema", "schema": schema }))));
    }
    if busy {
        members.refuse(answer_form::NAME, "stands beside `tools` or thinking")?;
        return Ok(None);
    }
    Ok(Some(Format::Tool(Box::new(Tool {
        name: ANSWER_TOOL.to_owned(),
        description: Some(description.unwrap_or_else(|| ANSWER_TOOL_DOES.to_owned())),
        input_schema: Some(schema),
        extra: Map::new(),
    }))))
}

/// What Anthropic's tools say beside OpenAI's.
const OF_TOOLS: [&str; 4] =
    ["allowed_callers", "defer_loading", "eager_input_streaming", "input_examples"];

fn tools(members: &mut Members) -> Result<Option<Vec<Tool>>, Refused> {
    let Some(Value::Array(list)) = members.take("tools") else { return Ok(None) };
    let mut tools = Vec::with_capacity(list.len());
    for (number, tool) in list.into_iter().enumerate() {
        for (path, name, _) in function::more(&tool).filter(|_| tool["type"] == "function") {
            if !OF_TOOLS.contains(&name) {
                function::refuse_more(members, number, &path)?;
            }
        }
        match tool_of(tool) {
            Some(tool) => tools.push(tool),
            None => return Err(members.refusal("tools", "holds a tool that is no function")),
        }
    }
    Ok((!tools.is_empty()).then_some(tools))
}

fn tool_of(tool: Value) -> Option<Tool> {
    match tool.get("type").and_then(Value::as_str)? {
        "function" => {}
        // Anthropic's own end in the date of their version: `web_search_20250305`.
        dated if dated.rsplit('_').next().is_some_and(is_date) => {
            return own_tool(tool);
        }
        _ => return None,
    }
    let function = Function::read(&tool)?;
    let known = function::more(&tool).filter(|(_, name, _)| OF_TOOLS.contains(name));
    let mut extra: Map<String, Value> =
        known.map(|(_, name, value)| (name.to_owned(), value.clone())).collect();
    if function.strict {
        extra.insert("strict".to_owned(), Value::Bool(true));
    }
    if let Some(cache) = function.cache {
        extra.insert("cache_control".to_owned(), cache.clone());
    }
    Some(Tool {
        name: function.name.to_owned(),
        description: function.description.map(str::to_owned),
        input_schema: Some(function.schema()),
        extra,
    })
}

/// One of Anthropic's own tools; LiteLLM's spelling has its name, and a computer's display, within `function`.
fn own_tool(mut tool: Value) -> Option<Tool> {
    let members = tool.as_object_mut()?;
    if let Some(Value::Object(mut function)) = members.remove("function") {
        let display = members.get("type")?.as_str()?.starts_with("computer_");
        let parameters = function.remove("parameters");
        if let Some(Value::Object(parameters)) = parameters.filter(|_| display) {
            members.extend(parameters.into_iter().filter(|(name, _)| name.starts_with("display_")));
        }
        if display {
            members.entry("name").or_insert_with(|| json!("computer"));
        }
        if let Some(name) = function.remove("name") {
            members.insert("name".to_owned(), name);
        }
    }
    serde_json::from_value(tool).ok()
}

fn is_date(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Anthropic's search; a size is so many searches (LiteLLM's `ANTHROPIC_WEB_SEARCH_TOOL_MAX_USES`).
fn search_tool(search: WebSearch) -> Tool {
    let mut extra = Map::from_iter([("type".to_owned(), json!("web_search_20250305"))]);
    if let Some(size) = search.size {
        let searches = match size {
            Size::Low => 1,
            Size::Medium => 5,
            Size::High => 10,
        };
        extra.insert("max_uses".to_owned(), json!(searches));
    }
    if let Some(mut place) = search.place {
        place.insert("type".to_owned(), json!("approximate"));
        extra.insert("user_location".to_owned(), Value::Object(place));
    }
    Tool { name: "web_search".to_owned(), description: None, input_schema: None, extra }
}

/// Without tools there is nothing to choose, and Anthropic refuses a choice.
fn tool_choice(members: &mut Members, tools: bool) -> Result<Option<ToolChoice>, Refused> {
    if !tools {
        let choice = members.take("tool_choice");
        function::without_tools(choice.as_ref(), members)?;
        return Ok(None);
    }
    let disable_parallel_tool_use =
        (members.get("parallel_tool_calls") == Some(&Value::Bool(false))).then_some(true);
    let choice = match members.get("tool_choice") {
        None if disable_parallel_tool_use.is_none() => return Ok(None),
        None => ToolChoice::Auto { disable_parallel_tool_use },
        Some(choice) => match choice.as_str() {
            Some("none") => ToolChoice::None,
            Some("auto") => ToolChoice::Auto { disable_parallel_tool_use },
            Some("required") => ToolChoice::Any { disable_parallel_tool_use },
            Some(_) => {
                return Err(members.refusal("tool_choice", "is a word that it does not know"));
            }
            None => match choice.pointer("/function/name").and_then(Value::as_str) {
                Some(name) => ToolChoice::Tool { name: name.to_owned(), disable_parallel_tool_use },
                None => {
                    members.refuse("tool_choice", "names no function")?;
                    return Ok(None);
                }
            },
        },
    };
    Ok(Some(choice))
}
