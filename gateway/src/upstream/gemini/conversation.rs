//! The messages of a chat completion as Gemini's contents: instructions apart, neighbours with one speaker
//! together.

use serde_json::{Value, json};
use wire::gemini::{Content, FunctionCall, FunctionResponse, Part};

use super::kinds;
use super::reply::signed;
use crate::upstream::spoken::{Detail, Media, Piece, Place, Speaker, Spoken, Unsaid, What};

/// What a conversation becomes.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) contents: Vec<Content>,
    pub(super) system_instruction: Option<Content>,
}

const USER: &str = "user";
const MODEL: &str = "model";

/// Translates a conversation.
pub(super) fn conversation(messages: Vec<Spoken<'_>>) -> Result<Said, Unsaid> {
    let mut instructions: Vec<Part> = Vec::new();
    let mut turns: Vec<(&str, Vec<Part>)> = Vec::new();
    for Spoken { by, pieces, .. } in messages {
        let role = match by {
            Speaker::Instructor => {
                for piece in pieces {
                    instructions.push(instruction(piece)?);
                }
                continue;
            }
            Speaker::User | Speaker::Tool => USER,
            Speaker::Assistant => MODEL,
        };
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            say(piece, &mut parts)?;
        }
        match turns.last_mut() {
            Some((last, earlier)) if *last == role => earlier.extend(parts),
            Some(_) | None => turns.push((role, parts)),
        }
    }
    let content = |(role, mut parts): (&str, Vec<Part>)| {
        if parts.is_empty() {
            // Gemini refuses turns without parts.
            parts.push(Part::words(" "));
        }
        Content { parts: Some(parts), role: Some(role.to_owned()) }
    };
    let system_instruction =
        (!instructions.is_empty()).then(|| Content { parts: Some(instructions), role: None });
    Ok(Said { contents: turns.into_iter().map(content).collect(), system_instruction })
}

fn instruction(piece: Piece<'_>) -> Result<Part, Unsaid> {
    let at = piece.at;
    let part = part(piece)?;
    match part.text {
        Some(_) => Ok(part),
        None => Err(Unsaid::at(at, "gives instructions other than words")),
    }
}

/// Says one piece, in as many parts as it takes.
fn say(piece: Piece<'_>, parts: &mut Vec<Part>) -> Result<(), Unsaid> {
    let Piece { what, cache, at } = piece;
    if cache.is_some() {
        return Err(Unsaid::at(at, "has a `cache_control`"));
    }
    if let What::Outcome { id, name, pieces } = what {
        return outcome((id, name), pieces, at, parts);
    }
    parts.push(part(Piece { what, cache, at })?);
    Ok(())
}

fn part(piece: Piece<'_>) -> Result<Part, Unsaid> {
    let Piece { what, cache, at } = piece;
    let unsaid = |why| Err(Unsaid::at(at, why));
    if cache.is_some() {
        return unsaid("has a `cache_control`");
    }
    match what {
        What::Words(text) => Ok(Part::words(&text)),
        What::Picture(_, Detail::Low) => unsaid("is a picture to be seen at low resolution"),
        What::Picture(Media::Inline { kind, data }, Detail::Usual) => Ok(inline(kind, data)),
        What::Document { media: Media::Inline { kind, data }, .. } => Ok(inline(kind, data)),
        What::Picture(Media::At { url, kind }, Detail::Usual)
        | What::Document { media: Media::At { url, kind }, .. } => {
            if !is_googles(url) {
                return unsaid("is at an address that is not Google's; send its bytes");
            }
            let mut file = json!({ "fileUri": url });
            match kind.or_else(|| kinds::of(url)) {
                Some(kind) => file["mimeType"] = json!(kind),
                // Google demands it of what it does not keep for the Files API.
                None if url.starts_with(BUCKETS) => {
                    return unsaid("is a file whose name says no kind; say it as `format`");
                }
                None => {}
            }
            Ok(Part { file_data: Some(file), ..Part::default() })
        }
        What::Kept => unsaid("is a file that another provider keeps"),
        What::Sound { data, format } => Ok(inline(&format!("audio/{format}"), data)),
        What::Call { id, name, input, signature } => {
            let (id, own) = signed(id);
            let thought_signature = own.or(signature);
            let (id, name) = (Some(id.to_owned()), name.to_owned());
            let call = FunctionCall { id, name, args: Some(input) };
            let thought_signature = thought_signature.map(str::to_owned);
            Ok(Part { thought_signature, ..Part::call(call) })
        }
        What::Outcome { .. } => unsaid("is an outcome within another"),
        What::Thought(_) => unsaid("is a thought of another provider"),
    }
}

fn inline(kind: &str, data: &str) -> Part {
    let inline_data = Some(json!({ "mimeType": kind, "data": data }));
    Part { inline_data, ..Part::default() }
}

/// Google's storage.
const BUCKETS: &str = "gs://";

/// Addresses that Gemini reads itself.
fn is_googles(url: &str) -> bool {
    const PREFIXES: [&str; 4] = [
        BUCKETS,
        "https://generativelanguage.googleapis.com/",
        "https://www.youtube.com/",
        "https://youtu.be/",
    ];
    PREFIXES.iter().any(|prefix| url.starts_with(prefix))
}

/// What came back from a tool: an object, or words under a name; pictures and the like stand beside it.
fn outcome(
    (id, name): (&str, Option<&str>),
    pieces: Vec<Piece<'_>>,
    at: Place,
    parts: &mut Vec<Part>,
) -> Result<(), Unsaid> {
    let name = name.ok_or_else(|| Unsaid::at(at, "answers a call that was not made"))?;
    let (mut texts, mut beside) = (Vec::new(), Vec::new());
    for piece in pieces {
        let part = part(piece)?;
        match part.text {
            Some(text) => texts.push(text),
            None => beside.push(part),
        }
    }
    let text = texts.join("\n");
    let response = match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Value::Object(object),
        Ok(_) | Err(_) => json!({ "result": text }),
    };
    let (id, name) = (Some(signed(id).0.to_owned()), name.to_owned());
    let response = FunctionResponse { id, name, response: Some(response) };
    parts.push(Part { function_response: Some(response), ..Part::default() });
    parts.append(&mut beside);
    Ok(())
}
