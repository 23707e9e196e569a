//! What a request for Gemini asks for, and what is wrong with it. Like Google's own front, this one
//! refuses members that it does not know.

use serde_json::Value;
use wire::gemini::{
    BatchEmbedRequest, Content, CountTokensRequest, EmbedRequest, FunctionDeclaration,
    GenerateRequest, GenerationConfig, Part, PredictRequest, ToolConfig,
};

use super::super::openai::{Embedding, VectorForm};
use super::super::{Complaint, IncomingRequest, Operation, Prompt, Route, Subject, words};
use crate::script::{Format, ToolChoice, ToolWish, Wishes};

/// Members of a request, in both spellings that Google takes.
const KNOWN: [&str; 16] = [
    "contents",
    "systemInstruction",
    "system_instruction",
    "generationConfig",
    "generation_config",
    "tools",
    "toolConfig",
    "tool_config",
    "safetySettings",
    "safety_settings",
    "cachedContent",
    "cached_content",
    "labels",
    "model",
    "store",
    "serviceTier",
];

/// Most answers to one prompt.
const CANDIDATES_MAX: u32 = 8;

/// Tokens of thought where a request asks for thoughts and names no budget, and the most that a
/// budget buys.
const THOUGHT_TOKENS: (i64, i64) = (16, 64);

pub(in super::super) fn read(
    incoming: &IncomingRequest<'_>,
    route: &Route<'_>,
) -> Result<Prompt, Complaint> {
    let invalid = |message: String| Complaint::new(message, None);
    let body: Value = serde_json::from_slice(incoming.body)
        .map_err(|error| invalid(format!("Invalid JSON payload received. {error}")))?;
    if route.operation == Operation::Embeddings {
        return embedding(body, route);
    }
    if route.operation == Operation::CountTokens {
        let request: CountTokensRequest = typed(body)?;
        let generate = request.generate_content_request.unwrap_or_default();
        let contents = request.contents.unwrap_or(generate.contents);
        let prompt_tokens = tokens(&contents) + system_tokens(&generate.system_instruction);
        return Ok(Prompt { operation: route.operation, prompt_tokens, ..Prompt::default() });
    }
    if let Some(unknown) =
        body.as_object().and_then(|body| body.keys().find(|name| !KNOWN.contains(&name.as_str())))
    {
        return Err(invalid(format!(
            "Invalid JSON payload received. Unknown name \"{unknown}\": Cannot find field."
        )));
    }
    let request: GenerateRequest = typed(body)?;
    validate(&request)?;
    let config = request.generation_config.clone().unwrap_or_default();
    Ok(Prompt {
        operation: route.operation,
        model: None,
        stream: route.stream,
        include_usage: true,
        prompt_tokens: tokens(&request.contents) + system_tokens(&request.system_instruction),
        max_tokens: config.max_output_tokens,
        wishes: wishes(&request, &config),
        ..Prompt::default()
    })
}

/// Numbers of a vector if the request does not say: those of `gemini-embedding-001`.
const DIMENSIONS_USUAL: u32 = 3072;

/// One text, or a batch of them.
fn embedding(body: Value, route: &Route<'_>) -> Result<Prompt, Complaint> {
    if body.get("instances").is_some() {
        return prediction(body, route);
    }
    let (form, requests) = if body.get("requests").is_some() {
        (VectorForm::List, typed::<BatchEmbedRequest>(body)?.requests)
    } else {
        (VectorForm::One, vec![typed::<EmbedRequest>(body)?])
    };
    if requests.is_empty() || requests.len() > BATCH_MAX {
        return Err(Complaint::new(
            "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n",
            None,
        ));
    }
    let wanted = requests.first().and_then(|request| request.output_dimensionality);
    let texts: Vec<String> = requests.iter().map(|request| text_of(&request.content)).collect();
    Ok(embedded(route, &texts, (wanted.map(u64::from), form)))
}

/// Texts as Vertex AI's embedders get them.
fn prediction(body: Value, route: &Route<'_>) -> Result<Prompt, Complaint> {
    let PredictRequest { instances, parameters } = typed(body)?;
    let texts: Vec<String> = instances.into_iter().map(|instance| instance.content).collect();
    let wanted = parameters.and_then(|parameters| parameters.output_dimensionality);
    Ok(embedded(route, &texts, (wanted, VectorForm::Predictions)))
}

fn embedded(
    route: &Route<'_>,
    texts: &[String],
    (wanted, form): (Option<u64>, VectorForm),
) -> Prompt {
    let wanted = wanted.map(|wanted| u32::try_from(wanted).unwrap_or(u32::MAX));
    let how = (wanted.unwrap_or(DIMENSIONS_USUAL), form);
    let embedding = Embedding::of_texts(texts.iter().map(String::as_str), how);
    Prompt {
        operation: route.operation,
        prompt_tokens: texts.iter().map(|text| words(text)).sum(),
        subject: Subject::Embedding(embedding),
        ..Prompt::default()
    }
}

/// Most texts in one batch.
const BATCH_MAX: usize = 100;

fn text_of(content: &Content) -> String {
    let parts = content.parts.iter().flatten().filter_map(|part| part.text.as_deref());
    parts.collect::<Vec<_>>().join(" ")
}

fn typed<T: serde::de::DeserializeOwned>(body: Value) -> Result<T, Complaint> {
    serde_json::from_value(body).map_err(|error| {
        Complaint::new(format!("Invalid JSON payload received. Invalid value: {error}"), None)
    })
}

fn validate(request: &GenerateRequest) -> Result<(), Complaint> {
    let wrong = |message: &str| Err(Complaint::new(message, None));
    if request.contents.is_empty() {
        return wrong("* GenerateContentRequest.contents: contents is not specified\n");
    }
    for (at, content) in request.contents.iter().enumerate() {
        if !matches!(content.role.as_deref(), None | Some("user" | "model" | "function")) {
            return wrong("Please use a valid role: user, model.");
        }
        if content.parts.as_ref().is_none_or(Vec::is_empty) {
            let message = format!(
                "* GenerateContentRequest.contents[{at}].parts: contents.parts must not be empty.\n"
            );
            return wrong(&message);
        }
        let called = at > 0 && has(&request.contents[at - 1], |part| part.function_call.is_some());
        if has(content, |part| part.function_response.is_some()) && !called {
            return wrong(
                "Please ensure that function response turn comes immediately after a function call \
                 turn.",
            );
        }
    }
    let config = request.generation_config.as_ref();
    if config.and_then(|config| config.max_output_tokens) == Some(0) {
        return wrong("max_output_tokens must be positive.");
    }
    let candidates = config.and_then(|config| config.candidate_count).unwrap_or(1);
    if !(1..=CANDIDATES_MAX).contains(&candidates) {
        return wrong("candidate_count must be between 1 and 8.");
    }
    Ok(())
}

fn wishes(request: &GenerateRequest, config: &GenerationConfig) -> Wishes {
    let declared = request.tools.iter().flatten().filter_map(|t| t.function_declarations.as_ref());
    let thoughts = config.thinking_config.as_ref();
    let shows = thoughts.and_then(|thoughts| thoughts.include_thoughts).unwrap_or(false);
    let (usual, most) = THOUGHT_TOKENS;
    let budget = thoughts.and_then(|thoughts| thoughts.thinking_budget);
    let thinking = match budget {
        Some(budget) if budget >= 0 => budget.min(most),
        Some(_) => usual,
        None => i64::from(shows) * usual,
    };
    let last = request.contents.last();
    Wishes {
        choices: config.candidate_count.unwrap_or(1),
        tools: declared.flatten().map(tool).collect(),
        tool_choice: request.tool_config.as_ref().map(tool_choice).unwrap_or_default(),
        answers_tool: last.is_some_and(|last| has(last, |part| part.function_response.is_some())),
        one_call: false,
        format: format(config),
        thinking: u32::try_from(thinking).unwrap_or(0),
        hides_thoughts: !shows,
    }
}

fn tool(declared: &FunctionDeclaration) -> ToolWish {
    let schema = declared.parameters_json_schema.clone();
    let schema = schema.or_else(|| declared.parameters.as_ref().map(plain_schema));
    ToolWish { name: declared.name.clone(), schema: schema.unwrap_or_default() }
}

fn tool_choice(config: &ToolConfig) -> ToolChoice {
    let Some(calling) = &config.function_calling_config else { return ToolChoice::Auto };
    let allowed = calling.allowed_function_names.as_deref().unwrap_or_default();
    match (calling.mode.as_deref(), allowed) {
        (Some("NONE"), _) => ToolChoice::Never,
        (Some("ANY"), [only]) => ToolChoice::Named(only.clone()),
        (Some("ANY"), _) => ToolChoice::Any,
        _ => ToolChoice::Auto,
    }
}

fn format(config: &GenerationConfig) -> Format {
    if config.response_mime_type.as_deref() != Some("application/json") {
        return Format::Text;
    }
    let schema = config.response_json_schema.clone();
    let schema = schema.or_else(|| config.response_schema.as_ref().map(plain_schema));
    schema.map_or(Format::Object, Format::Schema)
}

/// Google's schema language as JSON schema: the names of types are in capitals there. Depth is
/// bounded by the JSON parser's own limit.
fn plain_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let value = match value {
                    Value::String(kind) if name == "type" => kind.to_lowercase().into(),
                    other => plain_schema(other),
                };
                (name.clone(), value)
            };
            Value::Object(members.iter().map(member).collect())
        }
        Value::Array(elements) => elements.iter().map(plain_schema).collect(),
        other => other.clone(),
    }
}

fn has(content: &Content, wanted: impl Fn(&Part) -> bool) -> bool {
    content.parts.iter().flatten().any(wanted)
}

fn tokens(contents: &[Content]) -> u64 {
    let text = |part: &Part| part.text.as_deref().map_or(0, words);
    contents.iter().flat_map(|content| content.parts.iter().flatten()).map(text).sum()
}

fn system_tokens(system: &Option<Content>) -> u64 {
    system.as_ref().map_or(0, |system| tokens(std::slice::from_ref(system)))
}
