//! What a request needs that not every model has: pictures, sounds, files, functions, a schema. Who lacks it by the
//! config's own word is not asked for it; who lacks it by a list of models is asked where nobody else is left.
//!
//! It must never know providers: what one cannot be told is its dialect's business.

use serde_json::{Map, Value};

use crate::config::{Ability, Deployment};
use crate::upstream::dialect::Refused;

/// Whose word counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Word {
    /// The config's, and that of a list of models.
    #[default]
    Lists,
    /// The config's alone.
    Config,
}

/// Checks a request against what a deployment's model lacks. Nothing is read where it lacks nothing.
///
/// # Errors
/// The first thing that it cannot be asked.
pub(crate) fn check(deployment: &Deployment, body: &[u8], word: Word) -> Result<(), Refused> {
    let listed = match word {
        Word::Lists => &*deployment.listed.lacks,
        Word::Config => &[],
    };
    let lacks = |ability: &Ability| deployment.lacks.contains(ability) || listed.contains(ability);
    if deployment.lacks.is_empty() && listed.is_empty() {
        return Ok(());
    }
    // What is no JSON is a form, which asks for none of this, or somebody else's to refuse.
    let Ok(body) = serde_json::from_slice::<Map<String, Value>>(body) else { return Ok(()) };
    let needs = needs(&body);
    match needs.into_iter().find(|(ability, _)| lacks(ability)) {
        None => Ok(()),
        Some((ability, at)) => Err(refused(ability, at, &deployment.model)),
    }
}

/// What a request is told that names a provider which nobody in the group is.
pub(crate) fn of_another(provider: &str) -> Refused {
    let provider: String = provider.chars().take(PROVIDER_CHARS_MAX).collect();
    let message = format!(
        "the model's name says `{provider}`, of which this gateway has no key; GET /v1/models lists what it has"
    );
    Refused { param: "model".into(), message }
}

/// Of what a client takes for a provider, this much is repeated; the longest real one has 26.
const PROVIDER_CHARS_MAX: usize = 64;

fn refused(ability: Ability, at: String, model: &str) -> Refused {
    let (what, key) = (named(ability), ability.key());
    let message = format!(
        "`{at}` {what}, which `{model}` does not take, as the config says (`model_info.{key}`); name another model, \
         or leave it out"
    );
    Refused { param: at.into(), message }
}

/// Completes the sentence that begins with the member's name.
const fn named(ability: Ability) -> &'static str {
    match ability {
        Ability::Pictures => "is a picture",
        Ability::Sounds => "is audio",
        Ability::Documents => "is a file",
        Ability::Functions => "lets the model call functions",
        Ability::Schemas => "asks for an answer by a schema",
        Ability::Prefill => "begins the answer",
    }
}

/// What a request needs, and where it says so.
fn needs(body: &Map<String, Value>) -> Vec<(Ability, String)> {
    let mut needs = Vec::new();
    for list in ["messages", "input"] {
        for (number, message) in items(body.get(list)).enumerate() {
            said(message, &format!("{list}[{number}]"), &mut needs);
        }
    }
    for name in ["tools", "functions"] {
        if items(body.get(name)).next().is_some() {
            needs.push((Ability::Functions, name.to_owned()));
        }
    }
    needs.extend(schema(body).map(|name| (Ability::Schemas, name.to_owned())));
    for (number, content) in items(body.get("contents")).enumerate() {
        for (part, value) in items(content.get("parts")).enumerate() {
            let ability = medium(value);
            needs.extend(ability.map(|it| (it, format!("contents[{number}].parts[{part}]"))));
        }
    }
    if items(body.get("toolConfig").and_then(|config| config.get("tools"))).next().is_some() {
        needs.push((Ability::Functions, "toolConfig.tools".to_owned()));
    }
    needs
}

/// What a part of Google's contents is, by its type.
fn medium(part: &Value) -> Option<Ability> {
    let data = ["inlineData", "inline_data", "fileData", "file_data"];
    let data = data.iter().find_map(|name| part.get(*name))?;
    let kind = data.get("mimeType").or_else(|| data.get("mime_type"))?.as_str()?;
    match kind.split_once('/')?.0 {
        "image" => Some(Ability::Pictures),
        "audio" => Some(Ability::Sounds),
        "application" | "text" => Some(Ability::Documents),
        _ => None,
    }
}

/// Parts of a message, in the words of all APIs; what came of a call may have parts of its own.
fn said(message: &Value, at: &str, needs: &mut Vec<(Ability, String)>) {
    for (number, part) in items(message.get("content")).enumerate() {
        let at = format!("{at}.content[{number}]");
        let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
        let ability = match kind {
            "image_url" | "image" | "input_image" => Some(Ability::Pictures),
            "input_audio" => Some(Ability::Sounds),
            "file" | "document" | "input_file" => Some(Ability::Documents),
            // Converse's blocks are named after what they are.
            _ if part.get("image").is_some() => Some(Ability::Pictures),
            _ if part.get("document").is_some() => Some(Ability::Documents),
            _ => None,
        };
        for (number, part) in items(part.get("content")).enumerate() {
            if part.get("type").and_then(Value::as_str) == Some("image") {
                needs.push((Ability::Pictures, format!("{at}.content[{number}]")));
            }
        }
        needs.extend(ability.map(|ability| (ability, at)));
    }
}

fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

/// The member that asks for a schema: of chat completions, Responses, Messages, Converse, or Google's contents.
fn schema(body: &Map<String, Value>) -> Option<&'static str> {
    let kind = |name: &str, path: &str| body.get(name)?.pointer(path)?.as_str();
    const GENERATION: [&str; 2] = ["generationConfig", "generation_config"];
    const SCHEMAS: [&str; 4] =
        ["responseSchema", "responseJsonSchema", "response_schema", "response_json_schema"];
    let holds = |config: &&&str| {
        let config = body.get(**config);
        SCHEMAS.iter().any(|name| config.is_some_and(|config| config.get(*name).is_some()))
    };
    if let Some(config) = GENERATION.iter().find(holds) {
        return Some(config);
    }
    [
        ("response_format", "/type"),
        ("text", "/format/type"),
        ("output_config", "/format/type"),
        ("output_format", "/type"),
        ("outputConfig", "/textFormat/type"),
    ]
    .into_iter()
    .find(|(name, path)| kind(name, path) == Some("json_schema"))
    .map(|(name, _)| name)
}
