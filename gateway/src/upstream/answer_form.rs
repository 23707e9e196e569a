//! The form of an answer that a chat completion asks for (`response_format`), read once for everybody into whose
//! words it is put.
//!
//! It must never know a provider.

use serde_json::{Value, json};

use super::dialect::Refused;
use super::members::Members;

/// What an answer is to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum AnswerForm {
    /// Whatever the model says.
    Words,
    /// A JSON object of any shape.
    Object,
    /// JSON of a schema.
    Schema { schema: Value, name: Option<String>, description: Option<String>, held_to: HeldTo },
}

/// Whether an answer must follow its schema exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeldTo {
    /// `strict`.
    Exactly,
    /// As well as the model can.
    Loosely,
}

/// The tool whose input is an answer that must be JSON, where a provider has no word for such answers.
pub(super) const ANSWER_TOOL: &str = "answer_in_json";

/// Whether a request names that tool; within a text the quotes would be escaped.
pub(super) fn is_called_for(request: &[u8]) -> bool {
    memchr::memmem::find(request, br#""name":"answer_in_json""#).is_some()
}

/// What the model is told of it where the client says nothing.
pub(super) const ANSWER_TOOL_DOES: &str = "Gives the answer, all of it.";

/// The schema of an object of any shape.
pub(super) fn any_object() -> Value {
    json!({ "type": "object", "additionalProperties": true })
}

/// The member's name.
pub(super) const NAME: &str = "response_format";

impl AnswerForm {
    /// Takes it out of a request.
    ///
    /// # Errors
    /// If it is of a kind that nobody knows, or a schema without one.
    pub(super) fn taken(members: &mut Members) -> Result<Self, Refused> {
        let Some(format) = members.take(NAME) else { return Ok(Self::Words) };
        let text = |path: &str| format.pointer(path).and_then(Value::as_str);
        match text("/type") {
            Some("text") => Ok(Self::Words),
            Some("json_object") => Ok(Self::Object),
            Some("json_schema") => {
                let Some(schema) = format.pointer("/json_schema/schema") else {
                    return Err(members.refusal(NAME, "has no `json_schema.schema`"));
                };
                let strict = format.pointer("/json_schema/strict") == Some(&Value::Bool(true));
                Ok(Self::Schema {
                    schema: schema.clone(),
                    name: text("/json_schema/name").map(str::to_owned),
                    description: text("/json_schema/description").map(str::to_owned),
                    held_to: if strict { HeldTo::Exactly } else { HeldTo::Loosely },
                })
            }
            Some(_) | None => Err(members.refusal(NAME, "asks for a form that it does not know")),
        }
    }
}
