//! Moderations: a text is suspected of violence if it says so, `[[flagged]]`.

use bytes::Bytes;
use serde_json::{Map, Value};
use wire::openai::{Moderation, ModerationReply, ModerationRequest};

use super::super::{Complaint, Prompt, RequestContext, Route, Subject, words};
use super::body;

/// Most texts of one request.
const INPUTS_MAX: usize = 2048;

/// What a text says that wants to be suspected.
const FLAGGED: &str = "[[flagged]]";

pub(super) fn read(body: Map<String, Value>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    body::known(&body, &["input", "model"])?;
    if !body.contains_key("input") {
        return Err(body::missing("input"));
    }
    let body: ModerationRequest = body::typed(body)?;
    let texts: Vec<&str> = match &body.input {
        Value::String(text) => vec![text],
        Value::Array(inputs) if inputs.iter().all(Value::is_string) => {
            inputs.iter().filter_map(Value::as_str).collect()
        }
        // Parts are judged together: the first text stands for all.
        Value::Array(parts) => {
            let text = |part: &Value| part.get("text").and_then(Value::as_str).is_some();
            let first = parts.iter().find(|part| text(part)).and_then(|part| part.get("text"));
            vec![first.and_then(Value::as_str).unwrap_or_default()]
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    body::not_empty("input", texts.len())?;
    if texts.len() > INPUTS_MAX {
        return Err(Complaint::new("Invalid 'input': array too long.", Some("input")));
    }
    Ok(Prompt {
        operation: route.operation,
        prompt_tokens: texts.iter().map(|text| words(text)).sum(),
        subject: Subject::Moderation {
            flagged: texts.iter().map(|text| text.contains(FLAGGED)).collect(),
        },
        model: body.model,
        ..Prompt::default()
    })
}

pub(in super::super) fn reply(context: &RequestContext<'_>, flagged: &[bool]) -> Bytes {
    let results =
        flagged.iter().map(|flagged| Moderation::suspecting(flagged.then_some("violence")));
    let reply = ModerationReply {
        id: format!("modr-{}", context.id),
        model: context.model.to_owned(),
        results: results.collect(),
    };
    reply.to_json()
}
