//! The blocks of Converse as those of Messages. A union is an object with one member there, named after the variant.

use serde_json::{Value, json};

use crate::upstream::beyond::{Unsaid, beyond, only};

/// Blocks, and which of the client's each of them is made of: a mark of the cache is none of its own here.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) blocks: Vec<Value>,
    pub(super) places: Vec<usize>,
}

/// The variant of a union, and what it holds.
pub(super) fn variant(block: &Value) -> Option<(&str, &Value)> {
    let mut members = block.as_object()?.iter().filter(|(_, value)| !value.is_null());
    let (name, value) = members.next()?;
    members.next().is_none().then_some((name.as_str(), value))
}

impl Said {
    /// Reads the blocks of a message, or of the instructions.
    pub(super) fn of(blocks: &Value, at: &str) -> Result<Self, Unsaid> {
        let list = blocks.as_array().ok_or_else(|| (at.to_owned(), "is no list of blocks"))?;
        let mut said = Self::default();
        for (place, block) in list.iter().enumerate() {
            let unsaid = |why| (format!("{at}[{place}]"), why);
            match variant(block) {
                Some(("cachePoint", point)) => said.mark(point).map_err(unsaid)?,
                Some((kind, value)) => {
                    if let Some(known) = known(kind) {
                        only(value, &format!("{at}[{place}].{kind}"), known)?;
                    }
                    said.blocks.push(self::block(kind, value).map_err(unsaid)?);
                    said.places.push(place);
                }
                None => return Err(unsaid("is no block")),
            }
        }
        Ok(said)
    }

    /// The prompt is cached up to here.
    fn mark(&mut self, point: &Value) -> Result<(), &'static str> {
        let before = self.blocks.last_mut().ok_or("marks the cache behind nothing")?;
        before["cache_control"] = mark(point);
        Ok(())
    }
}

/// Anthropic's mark behind which a prompt is cached.
pub(super) fn mark(point: &Value) -> Value {
    match point.get("ttl") {
        Some(ttl) => json!({ "type": "ephemeral", "ttl": ttl }),
        None => json!({ "type": "ephemeral" }),
    }
}

/// What is read of a block of that kind; nothing where all of it is.
fn known(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "image" => Some(&["format", "source"]),
        "document" => Some(&["format", "name", "source", "context", "citations"]),
        "toolUse" => Some(&["toolUseId", "name", "input", "type"]),
        "toolResult" => Some(&["toolUseId", "content", "status", "type"]),
        _ => None,
    }
}

fn block(kind: &str, value: &Value) -> Result<Value, &'static str> {
    match kind {
        "text" => Ok(json!({ "type": "text", "text": value.as_str().ok_or("is no text")? })),
        "image" => picture(value),
        "document" => document(value),
        "toolUse" => {
            let (id, name) = (&value["toolUseId"], &value["name"]);
            let input = value.get("input").cloned().unwrap_or_else(|| json!({}));
            Ok(json!({ "type": "tool_use", "id": id, "name": name, "input": input }))
        }
        "toolResult" => result(value),
        "reasoningContent" => thought(value),
        _ => Err("is of a kind that has no counterpart"),
    }
}

fn picture(picture: &Value) -> Result<Value, &'static str> {
    let format = picture.get("format").and_then(Value::as_str).ok_or("has no `format`")?;
    let source = bytes(picture, &format!("image/{format}"))?;
    Ok(json!({ "type": "image", "source": source }))
}

/// The bytes of a picture or a document.
fn bytes(value: &Value, media_type: &str) -> Result<Value, &'static str> {
    match value.get("source").and_then(variant) {
        Some(("bytes", Value::String(data))) => {
            Ok(json!({ "type": "base64", "media_type": media_type, "data": data }))
        }
        Some(("s3Location", _)) => Err("is an object at S3; send its bytes"),
        Some(_) | None => Err("has no bytes"),
    }
}

/// Kinds of documents, by Bedrock's names.
const KINDS: [(&str, &str); 9] = [
    ("pdf", "application/pdf"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("html", "text/html"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
];

fn document(document: &Value) -> Result<Value, &'static str> {
    if document.pointer("/citations/enabled") == Some(&Value::Bool(true)) {
        return Err("is a document with citations");
    }
    let format = document.get("format").and_then(Value::as_str).unwrap_or("txt");
    let name = document.get("name").and_then(Value::as_str).unwrap_or("document");
    let title = format!("{name}.{format}");
    if let Some(("text", text)) = document.get("source").and_then(variant) {
        let source = json!({ "type": "text", "media_type": "text/plain", "data": text });
        let said = json!({ "type": "document", "source": source, "title": title });
        return Ok(with_context(said, &document["context"]));
    }
    let kind = KINDS.iter().find(|(known, _)| *known == format);
    let (_, media_type) = kind.ok_or("is a document of a kind that it does not know")?;
    let source = bytes(document, media_type)?;
    let said = json!({ "type": "document", "source": source, "title": title });
    Ok(with_context(said, &document["context"]))
}

fn with_context(mut said: Value, context: &Value) -> Value {
    if !context.is_null() {
        said["context"] = context.clone();
    }
    said
}

fn result(result: &Value) -> Result<Value, &'static str> {
    let mut content = Vec::new();
    for part in result.get("content").and_then(Value::as_array).into_iter().flatten() {
        content.push(match variant(part).ok_or("holds what is no block")? {
            ("json", value) => json!({ "type": "text", "text": value.to_string() }),
            (kind, value)
                if known(kind).is_some_and(|known| beyond(value, known).next().is_some()) =>
            {
                return Err("is a result with members that have no counterpart");
            }
            (kind @ ("text" | "image" | "document"), value) => block(kind, value)?,
            (_, _) => return Err("is a result of a kind that has no counterpart"),
        });
    }
    let failed = result.get("status").is_some_and(|status| status == "error");
    let id = &result["toolUseId"];
    Ok(json!({ "type": "tool_result", "tool_use_id": id, "content": content, "is_error": failed }))
}

fn thought(thought: &Value) -> Result<Value, &'static str> {
    match variant(thought) {
        Some(("reasoningText", words)) => {
            let text = |name: &str| words.get(name).and_then(Value::as_str).unwrap_or_default();
            let (thinking, signature) = (text("text"), text("signature"));
            Ok(json!({ "type": "thinking", "thinking": thinking, "signature": signature }))
        }
        Some(("redactedContent", data)) => Ok(json!({ "type": "redacted_thinking", "data": data })),
        Some(_) | None => Err("is no thought"),
    }
}
