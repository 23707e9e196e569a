//! Citations of Anthropic's in the words of chat completions: those with an address as annotations, and all of them as
//! they are, where LiteLLM puts them.

use std::ops::Range;

use serde::Deserialize;
use serde_json::{Value, json};
use wire::openai::ReplyMessage;

use crate::upstream::citations::{Letters, annotation};

/// What matters of a whole answer.
#[derive(Deserialize)]
struct Cited {
    content: Vec<Block>,
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: Box<str>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    citations: Option<Vec<Value>>,
}

/// Tells the citations of a whole answer beside its words.
pub(super) fn tell(body: &[u8], message: &mut ReplyMessage) {
    if memchr::memmem::find(body, br#""citations":"#).is_none() {
        return;
    }
    let Ok(Cited { content }) = serde_json::from_slice(body) else { return };
    let mut letters = Letters::default();
    let (mut annotations, mut own) = (Vec::new(), Vec::new());
    for Block { kind, text, citations } in content {
        if &*kind != "text" {
            continue;
        }
        letters.begin();
        letters.add(&text);
        let mut of_block = Vec::new();
        for mut citation in citations.unwrap_or_default() {
            annotations.extend(annotated(&citation, letters.of_block()));
            if let Some(members) = citation.as_object_mut() {
                members.insert("supported_text".to_owned(), Value::from(&*text));
            }
            of_block.push(citation);
        }
        if !of_block.is_empty() {
            own.push(Value::Array(of_block));
        }
    }
    if !own.is_empty() {
        message.annotations = Some(annotations);
        message.provider_specific_fields = Some(json!({ "citations": own }));
    }
}

/// A citation of the words at `letters` as an annotation, if it has an address.
pub(super) fn annotated(citation: &Value, letters: Range<usize>) -> Option<Value> {
    let text = |member: &str| citation.get(member).and_then(Value::as_str);
    let source = text("url").or_else(|| text("source"))?;
    annotation(source, text("title").unwrap_or_default(), letters)
}

/// The citation that a stream's event brings.
pub(super) fn of_event(data: &[u8]) -> Option<Value> {
    #[derive(Deserialize)]
    struct Event {
        delta: Delta,
    }
    #[derive(Deserialize)]
    struct Delta {
        citation: Value,
    }
    serde_json::from_slice::<Event>(data).ok().map(|event| event.delta.citation)
}
