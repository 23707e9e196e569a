//! A chat completion request in Gemini's words: what stands beside the messages.

use serde_json::{Value, json};
use wire::gemini::{
    FunctionCallingConfig, FunctionDeclaration, GenerateRequest, GenerationConfig, ThinkingConfig,
    Tool, ToolConfig,
};

use super::CHAT;
use super::conversation::conversation;
use crate::upstream::answer_form::AnswerForm;
use crate::upstream::dialect::{Asked, Encoded, Refused};
use crate::upstream::function::{self, Function};
use crate::upstream::members::Members;
use crate::upstream::spoken::spoken;
use crate::upstream::web_search::{self, Size, WebSearch};

/// Translates a request.
pub(super) fn request(asked: &Asked<'_>) -> Result<Encoded, Refused> {
    let mut members =
        Members::check(asked.members()?, CHAT.members, (CHAT.provider, asked.lenience))?;
    let messages = members.take("messages").unwrap_or_default();
    let said = spoken(&messages).and_then(conversation).map_err(|what| what.refused(&members))?;
    let declared = tools(&mut members)?;
    let tool_config = tool_config(&mut members, declared.as_ref())?;
    let google_search = search(&mut members, declared.is_some())?;
    let settings = members.take("safety_settings").map(serde_json::from_value).transpose();
    let safety_settings = settings.map_err(|_| members.refusal("safety_settings", "is no list"))?;
    let cached_content = members.take("cached_content");
    let request = GenerateRequest {
        contents: said.contents,
        system_instruction: said.system_instruction,
        generation_config: Some(generation(&mut members, asked)?)
            .filter(|config| *config != GenerationConfig::default()),
        tools: match (declared.map(|declared| declared.functions), google_search) {
            (None, None) => None,
            (function_declarations, google_search) => {
                Some(vec![Tool { function_declarations, google_search, ..Tool::default() }])
            }
        },
        tool_config,
        safety_settings,
        cached_content: cached_content.and_then(|name| name.as_str().map(str::to_owned)),
    };
    Ok(Encoded::new(request.to_json(), members.into_dropped()))
}

fn generation(members: &mut Members, asked: &Asked<'_>) -> Result<GenerationConfig, Refused> {
    let candidate_count = members.whole("n")?.filter(|count| *count != 1);
    if candidate_count.is_some() && asked.head.stream {
        members.refuse("n", "asks for several answers in one stream")?;
    }
    let (response_mime_type, response_json_schema) = answer_format(members)?;
    Ok(GenerationConfig {
        max_output_tokens: members.answer_limit()?,
        candidate_count: members
            .get("n")
            .and(candidate_count)
            .map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
        temperature: members.float("temperature")?,
        top_p: members.float("top_p")?,
        top_k: members.float("top_k")?,
        stop_sequences: members.texts("stop")?,
        response_mime_type,
        response_schema: None,
        response_json_schema,
        thinking_config: thinking(members, asked.model)?,
        seed: members.get("seed").and_then(Value::as_i64),
        frequency_penalty: members.float("frequency_penalty")?,
        presence_penalty: members.float("presence_penalty")?,
    })
}

/// The type of the answer, and its schema.
fn answer_format(members: &mut Members) -> Result<(Option<String>, Option<Value>), Refused> {
    const JSON: &str = "application/json";
    Ok(match AnswerForm::taken(members)? {
        AnswerForm::Words => (None, None),
        AnswerForm::Object => (Some(JSON.to_owned()), None),
        AnswerForm::Schema { schema, .. } => (Some(JSON.to_owned()), Some(schema)),
    })
}

/// Google's own equivalents of OpenAI's efforts, in tokens (its OpenAI-compatible endpoint's table).
fn thinking(members: &mut Members, model: &str) -> Result<Option<ThinkingConfig>, Refused> {
    const NAME: &str = "reasoning_effort";
    members.holds_only("thinking", &["type", "budget_tokens"], &["display"])?;
    if let Some(own) = members.take("thinking") {
        if members.get(NAME).is_some() {
            members.refuse(NAME, "stands beside `thinking`")?;
        }
        let budget = own.get("budget_tokens").and_then(Value::as_i64);
        return Ok(match own.get("type").and_then(Value::as_str) {
            Some("disabled") => Some(budget_of(0)),
            Some(_) | None => Some(budget_of(budget.unwrap_or(-1))),
        });
    }
    let Some(effort) = members.take(NAME) else { return Ok(None) };
    let (budget, level) = match effort.as_str() {
        Some("none") => (0, "minimal"),
        Some("minimal") => (1024, "minimal"),
        Some("low") => (1024, "low"),
        Some("medium") => (8192, "medium"),
        Some("high" | "xhigh" | "max") => (24_576, "high"),
        Some(_) | None => {
            members.refuse(NAME, "names an effort that it does not know")?;
            return Ok(None);
        }
    };
    if !thinks_in_levels(model) {
        return Ok(Some(budget_of(budget)));
    }
    let (include_thoughts, thinking_level) = (Some(true), Some(level.to_owned()));
    Ok(Some(ThinkingConfig { include_thoughts, thinking_level, thinking_budget: None }))
}

fn budget_of(tokens: i64) -> ThinkingConfig {
    let include_thoughts = (tokens != 0).then_some(true);
    ThinkingConfig { include_thoughts, thinking_budget: Some(tokens), thinking_level: None }
}

/// From Gemini 3 on.
fn thinks_in_levels(model: &str) -> bool {
    let version = model.split_once("gemini-").map_or("", |(_, rest)| rest);
    let major = version.split(['-', '.']).next().and_then(|major| major.parse::<u8>().ok());
    major.is_some_and(|major| major >= 3)
}

/// Google's search, which takes no settings, and stands beside no functions.
fn search(members: &mut Members, functions: bool) -> Result<Option<Value>, Refused> {
    let Some(search) = WebSearch::taken(members)? else { return Ok(None) };
    if search.size.is_some_and(|size| size != Size::Medium) {
        members.leave_out("web_search_options.search_context_size");
    }
    if search.place.is_some() {
        let name = "web_search_options.user_location";
        members.refuse(name, "says where the user is, which its search is not told")?;
    }
    if functions {
        members.refuse(web_search::NAME, "stands beside `tools`")?;
        return Ok(None);
    }
    Ok(Some(json!({})))
}

/// What the model may call.
struct Declared {
    functions: Vec<FunctionDeclaration>,
    /// Whether calls must follow the schema of one of them exactly.
    strict: bool,
}

fn tools(members: &mut Members) -> Result<Option<Declared>, Refused> {
    let Some(Value::Array(list)) = members.take("tools") else { return Ok(None) };
    let mut declared = Declared { functions: Vec::with_capacity(list.len()), strict: false };
    for tool in list.iter().enumerate() {
        let function = Function::of(tool, members)?;
        if function.cache.is_some() {
            return Err(members.refusal("tools", "holds a `cache_control`"));
        }
        declared.strict |= function.strict;
        declared.functions.push(FunctionDeclaration {
            name: function.name.to_owned(),
            description: function.description.map(str::to_owned),
            parameters: None,
            parameters_json_schema: function.parameters.cloned(),
        });
    }
    Ok((!declared.functions.is_empty()).then_some(declared))
}

fn tool_config(
    members: &mut Members,
    declared: Option<&Declared>,
) -> Result<Option<ToolConfig>, Refused> {
    let choice = members.take("tool_choice");
    let named = choice.as_ref().and_then(|choice| choice.pointer("/function/name")?.as_str());
    let word = choice.as_ref().and_then(Value::as_str);
    let (mode, only) = match (word, named) {
        (None, Some(name)) => ("ANY", Some(vec![name.to_owned()])),
        (Some("none"), _) => ("NONE", None),
        (Some("required"), _) => ("ANY", None),
        (Some("auto"), _) => ("AUTO", None),
        (None, None) if choice.is_none() => ("AUTO", None),
        (Some(_) | None, _) => {
            members.refuse("tool_choice", "names no function")?;
            ("AUTO", None)
        }
    };
    let Some(declared) = declared else {
        function::without_tools(choice.as_ref(), members)?;
        return Ok(None);
    };
    let mode = if declared.strict && mode == "AUTO" { "VALIDATED" } else { mode };
    if mode == "AUTO" {
        return Ok(None);
    }
    let config =
        FunctionCallingConfig { mode: Some(mode.to_owned()), allowed_function_names: only };
    Ok(Some(ToolConfig { function_calling_config: Some(config) }))
}
