//! A Messages request in the words of chat completions, and from there in those of whoever takes them.

use serde_json::{Map, Value, json};

use super::conversation::{Beside, MARK, Outcomes, Said};
use crate::upstream::beyond::{UNSAID, beyond};
use crate::upstream::by_chat::{Chat, Written, effort_of, limit_name, passed_on};
use crate::upstream::dialect::{Asked, Encoded, Refused};
use crate::upstream::function::{EAGERLY, EAGERLY_AT, WITHOUT_TOOLS};
use crate::upstream::members::{Member, Members};
use crate::upstream::reasoning::Rest;
use crate::upstream::translated::Marks;

/// Most sequences that OpenAI takes.
const STOPS_MAX: usize = 4;

/// Translates a request.
pub(super) fn request(
    (chat, table): (Chat, &[Member]),
    asked: &Asked<'_>,
) -> Result<Encoded, Refused> {
    let how = (chat.provider(), asked.lenience);
    let mut members = Members::check(asked.members()?, table, how)?;
    told_nowhere(&mut members)?;
    let marks = chat.marks(asked.model);
    let outcomes = match chat {
        Chat::AsItIs => Outcomes::Words,
        Chat::Translated(_) => Outcomes::Anything,
    };
    let system = members.take("system");
    let messages = members.take("messages").unwrap_or_default();
    let said = Said::of(system.as_ref(), &messages, Beside { marks, outcomes });
    let said = said.map_err(|(at, why)| members.refusal(&at, why))?;
    let mut completion = Map::new();
    let mut put = |name: &str, value: Value| drop(completion.insert(name.to_owned(), value));
    put("model", json!(asked.model));
    put("messages", json!(said.messages));
    if let Some(limit) = members.whole("max_tokens")? {
        put(limit_name(chat, asked.model), json!(limit));
    }
    if let Some(stops) = stops(chat, &mut members)? {
        put("stop", json!(stops));
    }
    for name in ["temperature", "top_p", "top_k"] {
        if let (Some(_), Some(value)) = (members.float(name)?, members.take(name)) {
            put(name, value);
        }
    }
    if asked.head.stream {
        put("stream", json!(true));
        put("stream_options", json!({ "include_usage": true }));
    }
    tools(&mut members, marks, &mut completion)?;
    if let Some(user) = members.get("metadata").and_then(|metadata| metadata.get("user_id")) {
        completion.insert("user".to_owned(), user.clone());
    }
    answer_format(&members, &mut completion);
    let effort = thoughts((chat, asked.model), &mut members, &mut completion)?;
    let tier = members.get("service_tier").and_then(Value::as_str);
    if let (Some(tier), Chat::AsItIs) = (tier, chat) {
        let tier = if tier == "standard_only" { "default" } else { tier };
        completion.insert("service_tier".to_owned(), json!(tier));
    }
    passed_on((chat, completion), asked, members, &Places { said: &said, effort })
}

/// Where the client wrote what a chat completion says.
struct Places<'s> {
    said: &'s Said,
    /// The member that says how hard to think.
    effort: &'static str,
}

impl Written for Places<'_> {
    fn name(&self, name: &str) -> String {
        let known = match name {
            "max_completion_tokens" => "max_tokens",
            "stop" => "stop_sequences",
            "response_format" => CONFIG,
            EFFORT => self.effort,
            "parallel_tool_calls" => "tool_choice",
            "user" => "metadata",
            other => return self.said.place(other).unwrap_or_else(|| other.to_owned()),
        };
        known.to_owned()
    }
}

fn stops(chat: Chat, members: &mut Members) -> Result<Option<Vec<String>>, Refused> {
    const NAME: &str = "stop_sequences";
    let stops = members.texts(NAME)?;
    let many = stops.as_ref().is_some_and(|stops| stops.len() > STOPS_MAX);
    match chat {
        Chat::AsItIs if many => {
            members.refuse(NAME, "holds more than four")?;
            Ok(None)
        }
        Chat::AsItIs | Chat::Translated(_) => Ok(stops),
    }
}

/// Members within others that have no counterpart; of those of `metadata` nobody has more than a hint.
fn told_nowhere(members: &mut Members) -> Result<(), Refused> {
    let known: [(&str, &[&str]); 3] = [
        (CONFIG, &["effort", "format"]),
        (FORMAT, &["schema", "type"]),
        (CHOICE, &["disable_parallel_tool_use", "name", "type"]),
    ];
    for (name, known) in known {
        let value = members.get(name).unwrap_or(&Value::Null);
        let unknown: Vec<String> =
            beyond(value, known).map(|own| format!("{name}.{own}")).collect();
        unknown.iter().try_for_each(|path| members.refuse(path, UNSAID))?;
    }
    let metadata = members.get("metadata").unwrap_or(&Value::Null);
    let hints: Vec<String> =
        beyond(metadata, &["user_id"]).map(|name| format!("metadata.{name}")).collect();
    hints.into_iter().for_each(|hint| members.leave_out(hint));
    Ok(())
}

/// Members of a tool.
const OF_TOOL: [&str; 6] =
    ["cache_control", "description", "input_schema", "name", "strict", "type"];

fn tools(
    members: &mut Members,
    marks: Marks,
    completion: &mut Map<String, Value>,
) -> Result<(), Refused> {
    let list = members.take("tools").unwrap_or_default();
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut tools = Vec::with_capacity(list.len());
    for (number, tool) in list.iter().enumerate() {
        let custom = tool.get("type").is_none_or(|kind| kind == "custom");
        let (Some(schema), true) = (tool.get("input_schema"), custom) else {
            return Err(members.refusal("tools", "holds a tool of Anthropic's own"));
        };
        for name in beyond(tool, &OF_TOOL) {
            match name {
                EAGERLY => members.leave_out(EAGERLY_AT),
                _ => members.refuse(&format!("tools[{number}].{name}"), UNSAID)?,
            }
        }
        let mut function = json!({ "name": tool["name"], "parameters": schema });
        let marks = match marks {
            Marks::Kept => MARK,
            Marks::LeftOut => "",
        };
        for name in ["description", "strict", marks] {
            if let Some(value) = tool.get(name).filter(|value| !value.is_null()) {
                function[name] = value.clone();
            }
        }
        tools.push(json!({ "type": "function", "function": function }));
    }
    let choice = members.take(CHOICE);
    if tools.is_empty() {
        let kind = choice.as_ref().and_then(|choice| choice.get("type")?.as_str());
        return match kind {
            Some("any" | "tool") => members.refuse(CHOICE, WITHOUT_TOOLS),
            Some(_) | None => Ok(()),
        };
    }
    completion.insert("tools".to_owned(), Value::Array(tools));
    let Some(choice) = choice else { return Ok(()) };
    let choice_in_chat = match choice.get("type").and_then(Value::as_str) {
        Some("auto") => json!("auto"),
        Some("any") => json!("required"),
        Some("none") => json!("none"),
        Some("tool") => json!({ "type": "function", "function": { "name": choice["name"] } }),
        Some(_) | None => {
            return Err(members.refusal(CHOICE, "is of a kind that it does not know"));
        }
    };
    completion.insert("tool_choice".to_owned(), choice_in_chat);
    if choice.get("disable_parallel_tool_use") == Some(&Value::Bool(true)) {
        completion.insert("parallel_tool_calls".to_owned(), json!(false));
    }
    Ok(())
}

fn answer_format(members: &Members, completion: &mut Map<String, Value>) {
    let config = members.get("output_config").and_then(|config| config.get("format"));
    let format = config.or_else(|| members.get(FORMAT));
    if let Some(schema) = format.and_then(|format| format.get("schema")) {
        let schema = json!({ "name": "answer", "strict": true, "schema": schema });
        let format = json!({ "type": "json_schema", "json_schema": schema });
        completion.insert("response_format".to_owned(), format);
    }
}

/// How hard to think: the effort that is named, else what the client says of thoughts, in the provider's words where
/// it knows them. Answers with the member that says it.
fn thoughts(
    (chat, model): (Chat, &str),
    members: &mut Members,
    completion: &mut Map<String, Value>,
) -> Result<&'static str, Refused> {
    let thinking = members.get(THINKING).cloned();
    let budget = thinking.as_ref().and_then(|thinking| thinking.get("budget_tokens")?.as_u64());
    let kind = thinking.as_ref().and_then(|thinking| thinking.get("type")?.as_str());
    let off = kind == Some("disabled");
    let named = members.get(CONFIG).and_then(|config| config.get("effort")?.as_str());
    if named.is_some() && off && chat.is_translated() {
        members.refuse(CONFIG, "names an effort beside thinking that is disabled")?;
    }
    let named = members.get(CONFIG).and_then(|config| config.get("effort")?.as_str());
    if let Some(named) = named {
        match effort(chat, named) {
            Some(effort) => drop(completion.insert(EFFORT.to_owned(), json!(effort))),
            None => members.refuse(CONFIG, "names an effort that it does not know")?,
        }
        return Ok(CONFIG);
    }
    if chat.knows(THINKING) {
        completion.extend(thinking.map(|own| (THINKING.to_owned(), own)));
        return Ok(THINKING);
    }
    members.holds_only(THINKING, &["type", "budget_tokens"], &["display"])?;
    let effort = match (budget, chat) {
        (None, Chat::Translated(_)) if off => "none",
        (_, Chat::AsItIs) if off => match Rest::of(model) {
            Rest::At(effort) => effort,
            Rest::Untold => return Ok(THINKING),
            Rest::Never => {
                members.leave_out(THINKING);
                return Ok(THINKING);
            }
        },
        (None, Chat::AsItIs | Chat::Translated(_)) => return Ok(THINKING),
        (Some(budget), _) => effort_of(budget),
    };
    completion.insert(EFFORT.to_owned(), json!(effort));
    Ok(THINKING)
}

const THINKING: &str = "thinking";
const CONFIG: &str = "output_config";
const FORMAT: &str = "output_format";
const CHOICE: &str = "tool_choice";
const EFFORT: &str = "reasoning_effort";

/// The effort that a chat completion names for one of Anthropic's; none where that is unknown.
fn effort(chat: Chat, named: &str) -> Option<&str> {
    match (chat, named) {
        (_, "low" | "medium" | "high") | (Chat::Translated(_), "xhigh" | "max") => Some(named),
        (Chat::AsItIs, "max") => Some("high"),
        (Chat::AsItIs | Chat::Translated(_), _) => None,
    }
}
