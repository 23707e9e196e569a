//! A request of Google's in the words of chat completions, and from there in those of whoever takes them.

use serde_json::{Map, Value, json};

use super::conversation::Said;
use super::members::MEMBERS;
use super::part::Named;
use super::schema::{exact, json_schema};
use crate::upstream::beyond::UNSAID;
use crate::upstream::by_chat::{Chat, Written, effort_of, limit_name, passed_on};
use crate::upstream::dialect::{Asked, Encoded, Refused};
use crate::upstream::function::WITHOUT_TOOLS;
use crate::upstream::members::Members;
use crate::upstream::reasoning::Rest;

/// Most sequences that OpenAI takes.
const STOPS_MAX: usize = 4;

/// Translates a request, or what a count is asked of.
pub(super) fn request(chat: Chat, asked: &Asked<'_>) -> Result<Encoded, Refused> {
    let how = (chat.provider(), asked.lenience);
    let mut members = Members::check(spread(asked.members()?), MEMBERS, how)?;
    let contents = members.take("contents").unwrap_or_default();
    let instruction = members.take("systemInstruction");
    let marks = chat.marks(asked.model);
    let said = Said::of(instruction.as_ref(), &contents, (chat, marks));
    let said = said.map_err(|(at, why)| members.refusal(&at, why))?;
    said.left_out.iter().for_each(|path| members.leave_out(&**path));
    let mut completion = Map::new();
    let mut put = |name: &str, value: Value| drop(completion.insert(name.to_owned(), value));
    put("model", json!(asked.model));
    put("messages", json!(said.messages));
    if let Some(limit) = members.whole("generationConfig.maxOutputTokens")? {
        put(limit_name(chat, asked.model), json!(limit));
    }
    if asked.head.stream {
        put("stream", json!(true));
        put("stream_options", json!({ "include_usage": true }));
    }
    sampling(chat, &mut members, asked.head.stream, &mut completion)?;
    filters(&mut members)?;
    tools(&mut members, &mut completion)?;
    form(&mut members, &mut completion)?;
    thoughts((chat, asked.model), &mut members, &mut completion)?;
    passed_on((chat, completion), asked, members, &said)
}

/// Members that hold others, which are told apart.
const CARRIERS: [&str; 2] = ["generationConfig", "toolConfig"];

/// The members of a request with those of its two configs among them; those of the request that is to be counted,
/// where they stand within one.
fn spread(body: Map<String, Value>) -> Map<String, Value> {
    let body = Value::Object(body);
    let Some(mut named) = Named::read(&body) else { return Map::new() };
    if let Some(inner) = named.get("generateContentRequest").and_then(Named::read) {
        named = inner;
    }
    let mut members = Map::new();
    for (name, value) in named.into_map() {
        match Named::read(&value).filter(|_| CARRIERS.contains(&name.as_str())) {
            None => drop(members.insert(name, value)),
            Some(inner) => {
                let inner = inner.into_map().into_iter();
                members.extend(inner.map(|(own, value)| (format!("{name}.{own}"), value)));
            }
        }
    }
    members
}

/// Names of numbers, and what chat completions call them.
const NUMBERS: [(&str, &str); 4] = [
    ("generationConfig.temperature", "temperature"),
    ("generationConfig.topP", "top_p"),
    ("generationConfig.presencePenalty", "presence_penalty"),
    ("generationConfig.frequencyPenalty", "frequency_penalty"),
];
const TOP_K: &str = "generationConfig.topK";
const COUNT: &str = "generationConfig.candidateCount";
const STOPS: &str = "generationConfig.stopSequences";

fn sampling(
    chat: Chat,
    members: &mut Members,
    stream: bool,
    completion: &mut Map<String, Value>,
) -> Result<(), Refused> {
    for (own, name) in NUMBERS {
        if let (Some(_), Some(value)) = (members.float(own)?, members.take(own)) {
            completion.insert(name.to_owned(), value);
        }
    }
    if members.float(TOP_K)?.is_some() && !chat.knows("top_k") {
        members.refuse(TOP_K, "asks for sampling from the best so many")?;
    }
    if members.whole(COUNT)?.is_some_and(|count| count > 1) && stream {
        members.refuse(COUNT, "asks for several answers in one stream")?;
    }
    let stops = members.texts(STOPS)?;
    if !chat.is_translated() && stops.is_some_and(|stops| stops.len() > STOPS_MAX) {
        members.refuse(STOPS, "holds more than four")?;
    }
    let others = [(TOP_K, "top_k"), (COUNT, "n"), (STOPS, "stop"), (SEED, "seed")];
    for (own, name) in others {
        completion.extend(members.take(own).map(|value| (name.to_owned(), value)));
    }
    Ok(())
}

const SEED: &str = "generationConfig.seed";

/// Thresholds by which nothing is blocked.
const OPEN: [&str; 3] = ["BLOCK_NONE", "OFF", "HARM_BLOCK_THRESHOLD_UNSPECIFIED"];

/// Others filter by themselves: who wants no more than that asks for nothing.
fn filters(members: &mut Members) -> Result<(), Refused> {
    const NAME: &str = "safetySettings";
    let settings = members.get(NAME).and_then(Value::as_array).cloned().unwrap_or_default();
    let open = |setting: &Value| {
        let threshold = setting.get("threshold").and_then(Value::as_str);
        threshold.is_some_and(|threshold| OPEN.contains(&threshold))
    };
    match settings.iter().all(open) {
        true => Ok(()),
        false => members.refuse(NAME, "asks for answers to be blocked by Google's filters"),
    }
}

const TOOLS: &str = "tools";
const CHOICE: &str = "toolConfig.functionCallingConfig";

fn tools(members: &mut Members, completion: &mut Map<String, Value>) -> Result<(), Refused> {
    let list = members.take(TOOLS);
    let config = members.take(CHOICE);
    let config = config.as_ref().and_then(Named::read);
    if let Some(name) = config.as_ref().and_then(|it| it.beyond(&["mode", "allowedFunctionNames"]))
    {
        members.refuse(&format!("{CHOICE}.{name}"), UNSAID)?;
    }
    let allowed = config.as_ref().and_then(|config| config.get("allowedFunctionNames"));
    let allowed: Vec<&str> =
        allowed.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mode = config.as_ref().and_then(|config| config.text("mode"));
    let (choice, strict) = match mode {
        None | Some("AUTO" | "MODE_UNSPECIFIED") => (None, false),
        Some("VALIDATED") => (None, true),
        Some("ANY") => (Some("required"), false),
        Some("NONE") => (Some("none"), false),
        Some(_) => return Err(members.refusal(CHOICE, "names a mode that it does not know")),
    };
    let mut functions = Vec::new();
    for tool in list.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let tool = Named::read(tool).filter(|tool| tool.has_only(&["functionDeclarations"]));
        let tool = tool.ok_or_else(|| members.refusal(TOOLS, "holds a tool that Google runs"))?;
        let declared = tool.get("functionDeclarations").and_then(Value::as_array);
        for declaration in declared.into_iter().flatten() {
            let mut function = function(declaration).map_err(|why| members.refusal(TOOLS, why))?;
            if strict {
                function["strict"] = json!(true);
            }
            let named = function["name"].as_str().unwrap_or_default();
            if allowed.is_empty() || allowed.contains(&named) {
                functions.push(json!({ "type": "function", "function": function }));
            }
        }
    }
    if functions.is_empty() {
        let forces = choice == Some("required");
        return if forces { members.refuse(CHOICE, WITHOUT_TOOLS) } else { Ok(()) };
    }
    completion.insert(TOOLS.to_owned(), Value::Array(functions));
    completion.extend(choice.map(|choice| ("tool_choice".to_owned(), json!(choice))));
    Ok(())
}

fn function(declaration: &Value) -> Result<Value, &'static str> {
    const KNOWN: [&str; 4] = ["name", "description", "parameters", "parametersJsonSchema"];
    let declaration = Named::read(declaration).ok_or("holds what is no function")?;
    if !declaration.has_only(&KNOWN) {
        return Err("holds a function with members that have no counterpart");
    }
    let mut function =
        json!({ "name": declaration.text("name").ok_or("holds a function without a name")? });
    if let Some(description) = declaration.get("description") {
        function["description"] = description.clone();
    }
    let own = declaration.get("parameters").map(json_schema);
    if let Some(schema) = declaration.get("parametersJsonSchema").cloned().or(own) {
        function["parameters"] = schema;
    }
    Ok(function)
}

const FORM: &str = "generationConfig.responseMimeType";
const SCHEMA: &str = "generationConfig.responseSchema";
const JSON_SCHEMA: &str = "generationConfig.responseJsonSchema";

/// What the answer is to be. A schema of Google's is always held to, but not everybody can be held to every schema.
fn form(members: &mut Members, completion: &mut Map<String, Value>) -> Result<(), Refused> {
    let kind = members.take(FORM);
    match kind.as_ref().and_then(Value::as_str) {
        Some("application/json") => {}
        None | Some("text/plain") => return Ok(()),
        Some(_) => return members.refuse(FORM, "asks for a form that it does not know"),
    }
    let own = members.take(SCHEMA).map(|schema| json_schema(&schema));
    let format = match members.take(JSON_SCHEMA).or(own) {
        None => json!({ "type": "json_object" }),
        Some(schema) => {
            let exact = exact(&schema);
            let (strict, schema) = (exact.is_some(), exact.unwrap_or(schema));
            let schema = json!({ "name": "answer", "strict": strict, "schema": schema });
            json!({ "type": "json_schema", "json_schema": schema })
        }
    };
    completion.insert("response_format".to_owned(), format);
    Ok(())
}

const THINKING: &str = "generationConfig.thinkingConfig";

/// Smallest budget of thoughts that is told as a number; Anthropic takes none below.
const BUDGET_MIN: u64 = 1024;

/// How hard to think: the level, or the budget.
fn thoughts(
    (chat, model): (Chat, &str),
    members: &mut Members,
    completion: &mut Map<String, Value>,
) -> Result<(), Refused> {
    let Some(config) = members.take(THINKING) else { return Ok(()) };
    let config = Named::read(&config)
        .filter(|it| it.has_only(&["includeThoughts", "thinkingBudget", "thinkingLevel"]))
        .ok_or_else(|| members.refusal(THINKING, "holds what it does not know"))?;
    let level = config.text("thinkingLevel").map(str::to_ascii_lowercase);
    let budget = config.get("thinkingBudget").and_then(Value::as_i64);
    let own = |value: Value| Some(("thinking".to_owned(), value));
    let effort = |word: &str| Some(("reasoning_effort".to_owned(), json!(word)));
    let said = match (level.as_deref(), budget.map(u64::try_from)) {
        (Some(word @ ("minimal" | "low" | "medium" | "high")), _) => effort(word),
        (Some("thinking_level_unspecified") | None, None | Some(Err(_))) => None,
        (Some("thinking_level_unspecified") | None, Some(Ok(0))) => match chat {
            Chat::AsItIs => match Rest::of(model) {
                Rest::At(word) => effort(word),
                Rest::Untold => None,
                Rest::Never => {
                    members.leave_out(THINKING);
                    None
                }
            },
            Chat::Translated(_) if chat.knows("thinking") => own(json!({ "type": "disabled" })),
            Chat::Translated(_) => effort("none"),
        },
        (Some("thinking_level_unspecified") | None, Some(Ok(budget))) => {
            match chat.knows("thinking") && budget >= BUDGET_MIN {
                true => own(json!({ "type": "enabled", "budget_tokens": budget })),
                false => effort(effort_of(budget)),
            }
        }
        (Some(_), _) => return members.refuse(THINKING, "names a level that it does not know"),
    };
    completion.extend(said);
    Ok(())
}

impl Written for Said {
    fn name(&self, name: &str) -> String {
        let known = match name {
            "max_completion_tokens" | "max_tokens" => "generationConfig.maxOutputTokens",
            "response_format" => SCHEMA,
            "reasoning_effort" | "thinking" => THINKING,
            "tool_choice" => CHOICE,
            "top_k" => TOP_K,
            "n" => COUNT,
            "stop" => STOPS,
            "seed" => SEED,
            other => {
                let number = NUMBERS.iter().find(|(_, name)| *name == other);
                let own = number.map(|(own, _)| (*own).to_owned());
                return own.or_else(|| self.place(other)).unwrap_or_else(|| other.to_owned());
            }
        };
        known.to_owned()
    }
}
