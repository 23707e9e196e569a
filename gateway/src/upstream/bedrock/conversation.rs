//! The messages of a chat completion as Converse's turns: instructions apart, neighbours with one speaker
//! together, the user first, nothing blank.

use serde_json::{Value, json};
use wire::bedrock::{
    ContentBlock, InputMessage, InputRole, Reasoning, SystemBlock, ToolResult, ToolUse,
};

use crate::upstream::spoken::{Detail, Media, Piece, Speaker, Spoken, Unsaid, What};

/// What a conversation becomes.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) system: Option<Vec<SystemBlock>>,
    pub(super) messages: Vec<InputMessage>,
}

impl Said {
    /// Whether a call, or what came of one, is among it.
    pub(super) fn has_calls(&self) -> bool {
        let mut blocks = self.messages.iter().flat_map(|turn| &turn.content);
        blocks.any(|block| block.tool_use.is_some() || block.tool_result.is_some())
    }
}

/// Bedrock refuses empty turns; LiteLLM says this instead.
const NOTHING_SAID: &str = ".";

/// Translates a conversation.
pub(super) fn conversation(messages: Vec<Spoken<'_>>) -> Result<Said, Unsaid> {
    let mut system: Vec<SystemBlock> = Vec::new();
    let mut turns: Vec<InputMessage> = Vec::new();
    for Spoken { by, pieces, .. } in messages {
        let role = match by {
            Speaker::Instructor => {
                for piece in pieces {
                    instruct(piece, &mut system)?;
                }
                continue;
            }
            Speaker::User | Speaker::Tool => InputRole::User,
            Speaker::Assistant => InputRole::Assistant,
        };
        let mut content = Vec::with_capacity(pieces.len());
        for piece in pieces {
            say(piece, &mut content)?;
        }
        match turns.last_mut() {
            Some(last) if last.role == role => last.content.extend(content),
            Some(_) | None => turns.push(InputMessage { role, content }),
        }
    }
    if turns.first().is_none_or(|turn| turn.role == InputRole::Assistant) {
        turns.insert(0, InputMessage { role: InputRole::User, content: Vec::new() });
    }
    for turn in turns.iter_mut().filter(|turn| turn.content.is_empty()) {
        turn.content.push(words(NOTHING_SAID.to_owned()));
    }
    Ok(Said { system: (!system.is_empty()).then_some(system), messages: turns })
}

fn instruct(piece: Piece<'_>, system: &mut Vec<SystemBlock>) -> Result<(), Unsaid> {
    let Piece { what: What::Words(text), cache, .. } = piece else {
        return Err(Unsaid::at(piece.at, "gives instructions other than words"));
    };
    if !text.trim().is_empty() {
        system.push(SystemBlock { text: Some(text), ..SystemBlock::default() });
    }
    if let Some(cache) = cache {
        system.push(SystemBlock { cache_point: Some(point(cache)), ..SystemBlock::default() });
    }
    Ok(())
}

/// Where the prompt's cache is cut, and how long it is kept where the client says so.
pub(super) fn point(cache_control: &Value) -> Value {
    match cache_control.get("ttl") {
        Some(ttl) => json!({ "type": "default", "ttl": ttl }),
        None => json!({ "type": "default" }),
    }
}

fn words(text: String) -> ContentBlock {
    ContentBlock { text: Some(text), ..ContentBlock::default() }
}

fn say(piece: Piece<'_>, content: &mut Vec<ContentBlock>) -> Result<(), Unsaid> {
    let cache = piece.cache;
    match &piece.what {
        // Bedrock refuses blanks, which say nothing.
        What::Words(text) if text.trim().is_empty() => {}
        _ => content.push(block(piece)?),
    }
    if let Some(cache) = cache {
        content.push(ContentBlock { cache_point: Some(point(cache)), ..ContentBlock::default() });
    }
    Ok(())
}

fn block(piece: Piece<'_>) -> Result<ContentBlock, Unsaid> {
    let Piece { what, cache: _, at } = piece;
    let unsaid = |why| Unsaid::at(at, why);
    let nothing = ContentBlock::default();
    Ok(match what {
        What::Words(text) => words(text),
        What::Picture(_, Detail::Low) => {
            return Err(unsaid("is a picture to be seen at low resolution"));
        }
        What::Picture(media, Detail::Usual) => {
            ContentBlock { image: Some(picture(media).map_err(unsaid)?), ..nothing }
        }
        What::Document { media, title } => {
            let document = Some(document(media, title).map_err(unsaid)?);
            ContentBlock { document, ..nothing }
        }
        What::Kept => return Err(unsaid("is a file that another provider keeps")),
        What::Sound { .. } => return Err(unsaid("is audio")),
        What::Call { id, name, input, .. } => {
            let (tool_use_id, name) = (id.to_owned(), name.to_owned());
            ContentBlock { tool_use: Some(ToolUse { tool_use_id, name, input }), ..nothing }
        }
        What::Outcome { id, name: _, pieces } => {
            let content = pieces.into_iter().map(outcome).collect::<Result<_, Unsaid>>()?;
            let tool_result = ToolResult { tool_use_id: id.to_owned(), content, status: None };
            ContentBlock { tool_result: Some(tool_result), ..nothing }
        }
        What::Thought(thought) => {
            let thought = reasoning(thought).ok_or_else(|| unsaid("is no thought"))?;
            ContentBlock { reasoning_content: Some(thought), ..nothing }
        }
    })
}

/// What came back from a tool.
fn outcome(piece: Piece<'_>) -> Result<Value, Unsaid> {
    let Piece { what, cache, at } = piece;
    let unsaid = |why| Unsaid::at(at, why);
    if cache.is_some() {
        return Err(unsaid("has a `cache_control` within an outcome"));
    }
    match what {
        What::Words(text) => Ok(json!({ "text": text })),
        What::Picture(media, Detail::Usual) => {
            Ok(json!({ "image": picture(media).map_err(unsaid)? }))
        }
        What::Document { media, title } => {
            Ok(json!({ "document": document(media, title).map_err(unsaid)? }))
        }
        What::Picture(_, Detail::Low)
        | What::Kept
        | What::Sound { .. }
        | What::Call { .. }
        | What::Outcome { .. }
        | What::Thought(_) => Err(unsaid("is an outcome other than words, pictures and documents")),
    }
}

/// A thought of Claude's, as chat completions carry it.
fn reasoning(thought: &Value) -> Option<Reasoning> {
    let text = |name: &str| thought.get(name).and_then(Value::as_str);
    match text("type")? {
        "thinking" => Some(Reasoning::whole(text("thinking")?, text("signature")?)),
        "redacted_thinking" => {
            let redacted_content = Some(text("data")?.to_owned());
            Some(Reasoning { redacted_content, ..Reasoning::default() })
        }
        _ => None,
    }
}

/// Addresses that Bedrock reads itself.
const S3: &str = "s3://";

fn picture(media: Media<'_>) -> Result<Value, &'static str> {
    const UNKNOWN: &str = "is a picture of a kind that it does not know";
    let named = |name: &str| match name {
        "png" | "gif" | "webp" => Ok(name.to_owned()),
        "jpeg" | "jpg" => Ok("jpeg".to_owned()),
        _ => Err(UNKNOWN),
    };
    match media {
        Media::Inline { kind, data } => {
            let format = named(kind.strip_prefix("image/").ok_or(UNKNOWN)?)?;
            Ok(json!({ "format": format, "source": { "bytes": data } }))
        }
        Media::At { url, kind } => {
            let said = kind.and_then(|kind| kind.strip_prefix("image/"));
            let ending = ending(url, said)?;
            let format = named(ending)?;
            Ok(json!({ "format": format, "source": { "s3Location": { "uri": url } } }))
        }
    }
}

/// What the name of an object at S3 ends in, unless the client says what it is.
fn ending<'u>(url: &'u str, said: Option<&'u str>) -> Result<&'u str, &'static str> {
    if !url.starts_with(S3) {
        return Err("is at an address that is not AWS's; send its bytes");
    }
    let name = url.rsplit('/').next().unwrap_or_default();
    let ending = said.or_else(|| name.rsplit_once('.').map(|(_, ending)| ending));
    ending.ok_or("is an object whose name says no kind")
}

/// Kinds of documents, by their media types and by Bedrock's names.
const DOCUMENTS: &[(&str, &str)] = &[
    ("application/pdf", "pdf"),
    ("text/csv", "csv"),
    ("application/msword", "doc"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("text/html", "html"),
    ("text/plain", "txt"),
    ("text/markdown", "md"),
];

fn document(media: Media<'_>, title: Option<&str>) -> Result<Value, &'static str> {
    let (format, source) = match media {
        Media::Inline { kind, data } => {
            let known = DOCUMENTS.iter().find(|(media_type, _)| *media_type == kind);
            (known, json!({ "bytes": data }))
        }
        Media::At { url, kind } => {
            let name = ending(url, kind)?;
            let known = DOCUMENTS.iter().find(|(kind, ending)| [*kind, *ending].contains(&name));
            (known, json!({ "s3Location": { "uri": url } }))
        }
    };
    let (_, format) = format.ok_or("is a document of a kind that it does not know")?;
    Ok(json!({ "format": format, "name": document_name(title), "source": source }))
}

/// Bedrock takes letters, digits, single blanks, hyphens and brackets in a document's name, and no ending.
fn document_name(title: Option<&str>) -> String {
    let stem = title.map_or("", |title| title.rsplit_once('.').map_or(title, |(stem, _)| stem));
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-()[]".contains(c) { c } else { ' ' };
    let plain: String = stem.chars().map(plain).collect();
    let name = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() { "document".to_owned() } else { name }
}
