//! A chat completion request in Bedrock's words: what stands beside the messages.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wire::bedrock::{
    ConverseRequest, InferenceConfig, Tool, ToolConfig, ToolInputSchema, ToolSpec,
};

use super::CHAT;
use super::conversation::{conversation, point};
use super::model::House;
use crate::upstream::answer_form::{self, ANSWER_TOOL, ANSWER_TOOL_DOES, AnswerForm, HeldTo};
use crate::upstream::anthropic::Thought;
use crate::upstream::betas;
use crate::upstream::dialect::{Asked, Encoded, Refused};
use crate::upstream::function::{self, Function};
use crate::upstream::members::Members;
use crate::upstream::spoken::spoken;

/// Temperatures end at 1, OpenAI's at 2.
const TEMPERATURE_MAX: f64 = 1.0;

/// Translates a request.
pub(super) fn request(asked: &Asked<'_>) -> Result<Encoded, Refused> {
    let mut members =
        Members::check(asked.members()?, CHAT.members, (CHAT.provider, asked.lenience))?;
    let house = House::of(asked.model);
    let messages = members.take("messages").unwrap_or_default();
    let said = spoken(&messages).and_then(conversation).map_err(|what| what.refused(&members))?;
    let mut tool_config = tools(&mut members, house)?;
    if said.has_calls() && tool_config.is_none() {
        return Err(members.refusal("tools", "is missing beside messages with calls"));
    }
    tool_config = chosen(&mut members, tool_config, said.has_calls())?;
    let mut fields = Map::new();
    match house {
        House::Claude(_) => {
            betas::written(&mut fields, asked.relayed)
                .into_iter()
                .for_each(|beta| members.leave_out(beta));
        }
        House::GptOss | House::Other => {
            betas::unknown(asked.relayed).for_each(|beta| members.leave_out(beta));
        }
    }
    let thought = thought(&mut members, house, &mut fields)?;
    let mut output_config = None;
    match answer_format(&mut members, house, tool_config.is_some() || thought.is_some())? {
        None => {}
        Some(Format::Native(config)) => output_config = Some(config),
        Some(Format::Tool(config)) => tool_config = Some(config),
    }
    let limit = members.answer_limit()?;
    let max_tokens = thought.as_ref().map_or(limit, |thought| thought.with_room(limit));
    if let Some(thought) = thought {
        thought.write(&mut fields);
    }
    let inference_config = InferenceConfig {
        max_tokens,
        temperature: members.float("temperature")?.map(|heat| heat.min(TEMPERATURE_MAX)),
        top_p: members.float("top_p")?,
        stop_sequences: members.stops()?,
    };
    let request = ConverseRequest {
        messages: said.messages,
        system: said.system,
        inference_config: Some(inference_config)
            .filter(|config| *config != InferenceConfig::default()),
        tool_config,
        additional_model_request_fields: (!fields.is_empty()).then_some(Value::Object(fields)),
        request_metadata: request_metadata(&mut members)?,
        output_config,
        guardrail_config: members.take("guardrailConfig"),
        performance_config: members.take("performanceConfig"),
    };
    Ok(Encoded::new(request.to_json(), members.into_dropped()))
}

/// What the model is asked to think, in its own house's words; `fields` gets what needs no more than a word.
fn thought(
    members: &mut Members,
    house: House,
    fields: &mut Map<String, Value>,
) -> Result<Option<Thought>, Refused> {
    const EFFORT: &str = "reasoning_effort";
    if let House::Claude(model) = house {
        fields.extend(members.take("top_k").map(|top| ("top_k".to_owned(), top)));
        return Thought::asked(members, model);
    }
    if house == House::GptOss {
        fields.extend(members.take(EFFORT).map(|effort| (EFFORT.to_owned(), effort)));
    }
    for name in ["thinking", EFFORT, "top_k"] {
        if members.get(name).is_some() {
            members.refuse(name, "is nothing that this model knows")?;
        }
    }
    Ok(None)
}

/// Where the client's own name goes: AWS writes it into the logs of its calls.
fn request_metadata(members: &mut Members) -> Result<Option<BTreeMap<String, String>>, Refused> {
    const OWN: &str = "requestMetadata";
    let own = members.take(OWN).map(serde_json::from_value).transpose();
    let own: Option<BTreeMap<String, String>> =
        own.map_err(|_| members.refusal(OWN, "is no mapping of names to texts"))?;
    let mut metadata = own.unwrap_or_default();
    for name in ["user", "safety_identifier"] {
        let Some(user) = members.take(name) else { continue };
        match user.as_str().filter(|user| is_plain(user)) {
            Some(user) => {
                metadata.entry("user".to_owned()).or_insert_with(|| user.to_owned());
            }
            None => members.refuse(name, "holds what AWS does not take in a request's metadata")?,
        }
    }
    Ok((!metadata.is_empty()).then_some(metadata))
}

/// Letters, digits and some marks, at most 256 (AWS's pattern for values of `requestMetadata`).
fn is_plain(text: &str) -> bool {
    const MARKS: &str = " :_@$#=/+,-.";
    text.len() <= 256 && text.chars().all(|c| c.is_ascii_alphanumeric() || MARKS.contains(c))
}

fn tools(members: &mut Members, house: House) -> Result<Option<ToolConfig>, Refused> {
    let Some(Value::Array(list)) = members.take("tools") else { return Ok(None) };
    let mut tools = Vec::with_capacity(list.len());
    for tool in list.iter().enumerate() {
        let function = Function::of(tool, members)?;
        if function.strict && !house.holds_to_schemas() {
            return Err(members.refusal("tools", "holds a strict function"));
        }
        let described = function.description.filter(|text| !text.is_empty());
        let spec = ToolSpec {
            name: function.name.to_owned(),
            description: described.map(str::to_owned),
            input_schema: ToolInputSchema { json: function.schema() },
            strict: function.strict.then_some(true),
        };
        tools.push(Tool { tool_spec: Some(spec), ..Tool::default() });
        if let Some(cache) = function.cache {
            tools.push(Tool { cache_point: Some(point(cache)), ..Tool::default() });
        }
    }
    Ok((!tools.is_empty()).then_some(ToolConfig { tools, tool_choice: None }))
}

/// The tools with the choice among them. Converse knows no `none`: without tools nothing is called.
fn chosen(
    members: &mut Members,
    config: Option<ToolConfig>,
    has_calls: bool,
) -> Result<Option<ToolConfig>, Refused> {
    const NAME: &str = "tool_choice";
    let choice = members.take(NAME);
    let Some(mut config) = config else {
        function::without_tools(choice.as_ref(), members)?;
        return Ok(None);
    };
    let Some(choice) = choice else { return Ok(Some(config)) };
    let named = choice.pointer("/function/name").and_then(Value::as_str);
    config.tool_choice = match (choice.as_str(), named) {
        (Some("auto"), _) => None,
        (Some("required"), _) => Some(json!({ "any": {} })),
        (Some("none"), _) if !has_calls => return Ok(None),
        (None, Some(name)) => Some(json!({ "tool": { "name": name } })),
        (Some("none"), _) => {
            return Err(members.refusal(NAME, "is `none` beside messages with calls"));
        }
        (Some(_) | None, _) => {
            return Err(members.refusal(NAME, "is of a kind that it does not know"));
        }
    };
    Ok(Some(config))
}

/// How an answer in JSON is asked for.
enum Format {
    /// In Bedrock's own words, which hold the answer to the schema.
    Native(Value),
    /// As the input of a tool that must be called.
    Tool(ToolConfig),
}

/// What `response_format` asks for. `busy` says that tools or thoughts are asked for as well, beside which no
/// tool can be forced.
fn answer_format(
    members: &mut Members,
    house: House,
    busy: bool,
) -> Result<Option<Format>, Refused> {
    let (schema, name, description, held_to) = match AnswerForm::taken(members)? {
        AnswerForm::Words => return Ok(None),
        AnswerForm::Object => (answer_form::any_object(), None, None, HeldTo::Loosely),
        AnswerForm::Schema { schema, name, description, held_to } => {
            (schema, name, description, held_to)
        }
    };
    if held_to == HeldTo::Exactly && house.holds_to_schemas() {
        // A schema travels as text here.
        let mut held = json!({ "schema": schema.to_string() });
        for (member, value) in [("name", name), ("description", description)] {
            if let Some(value) = value {
                held[member] = json!(value);
            }
        }
        let structure = json!({ "jsonSchema": held });
        let format = json!({ "type": "json_schema", "structure": structure });
        return Ok(Some(Format::Native(json!({ "textFormat": format }))));
    }
    if busy {
        members.refuse(answer_form::NAME, "stands beside `tools` or thinking")?;
        return Ok(None);
    }
    let spec = ToolSpec {
        name: ANSWER_TOOL.to_owned(),
        description: Some(description.unwrap_or_else(|| ANSWER_TOOL_DOES.to_owned())),
        input_schema: ToolInputSchema { json: schema },
        strict: None,
    };
    let tools = vec![Tool { tool_spec: Some(spec), ..Tool::default() }];
    let tool_choice = Some(json!({ "tool": { "name": ANSWER_TOOL } }));
    Ok(Some(Format::Tool(ToolConfig { tools, tool_choice })))
}
