//! Thoughts under the name by which clients know them, `reasoning_content`, as LiteLLM tells them: OpenRouter, Groq and
//! vLLM name them `reasoning`, which stays beside it, and Mistral makes them parts of the content, which is a text for
//! everybody else.
//!
//! It must never know whether an answer is whole or a stream.

use bytes::Bytes;
use memchr::memmem;
use serde_json::{Map, Value};

/// The name that clients know.
const NAME: &str = "reasoning_content";

/// The name at OpenRouter, Groq and vLLM.
const OTHER: &str = "reasoning";

const CONTENT: &str = "content";

/// An answer, or a chunk of one, with its thoughts under the name that clients know; `holder` is what a choice keeps
/// its words in. `None` where that is no change.
pub(super) fn renamed(data: &[u8], holder: &str) -> Option<Bytes> {
    // What most frames lack: `"reasoning":`, or `"thinking":` of a part. Within a text the quotes would be escaped.
    memmem::find(data, br#"ing":"#)?;
    let mut reply: Value = serde_json::from_slice(data).ok()?;
    let mut changed = false;
    for choice in reply.get_mut("choices")?.as_array_mut()? {
        if let Some(Value::Object(said)) = choice.get_mut(holder) {
            changed |= joined(said) | copied(said);
        }
    }
    changed.then(|| Bytes::from(reply.to_string()))
}

/// Gives thoughts that have another name the one that clients know; whether there were any.
fn copied(said: &mut Map<String, Value>) -> bool {
    let text = |name| said.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (text(NAME), text(OTHER)) {
        (None, Some(thought)) => {
            let thought = Value::from(thought);
            said.insert(NAME.to_owned(), thought);
            true
        }
        (Some(_), _) | (None, None) => false,
    }
}

/// Makes a text of a content of parts, and takes the thoughts out of it; whether it was one.
fn joined(said: &mut Map<String, Value>) -> bool {
    let Some(parts) = said.get(CONTENT).and_then(Value::as_array) else { return false };
    let (mut words, mut thoughts) = (String::new(), String::new());
    for part in parts {
        let into = |member: &str| part.get("type").and_then(Value::as_str) == Some(member);
        if into("text") {
            words.push_str(part.get("text").and_then(Value::as_str).unwrap_or_default());
        } else if into("thinking") {
            let pieces = part.get("thinking").and_then(Value::as_array).into_iter().flatten();
            thoughts.extend(pieces.filter_map(|piece| piece.get("text").and_then(Value::as_str)));
        } else if !into("reference") {
            // Of a kind that is not known; whoever knows it reads it as it came.
            return false;
        }
    }
    said.insert(CONTENT.to_owned(), Value::from(words));
    if !thoughts.is_empty() {
        said.insert(NAME.to_owned(), Value::from(thoughts));
    }
    true
}
