//! `mock_response`, `mock_timeout` and `mock_delay` of a deployment, as LiteLLM 1.106 reads them (`main.py`:
//! `mock_completion`, `_handle_mock_potential_exceptions`). No message shows what is answered.

use std::sync::Arc;

use serde_json::Value;

use super::NoteKind;
use super::reader::{Reader, Section};
use crate::config::{Mock, MockAnswer};
use crate::upstream::failure::ErrorClass;

/// The answer.
const RESPONSE: &str = "mock_response";
/// Has every attempt run into its timeout.
const TIMEOUT: &str = "mock_timeout";

/// Words that stand for an error.
const ERRORS: &[(&str, ErrorClass)] = &[
    ("litellm.RateLimitError", ErrorClass::RateLimit),
    ("litellm.ContextWindowExceededError", ErrorClass::ContextWindow),
    ("litellm.InternalServerError", ErrorClass::InternalServer),
];

/// What words begin with that stand for a refusal.
const REFUSAL: &str = "Exception: content_filter_policy";

/// Reads what a deployment answers by itself; `None` where it asks its provider.
pub(super) fn read(params: &Section<'_>, reader: &mut Reader<'_>) -> Option<Mock> {
    let times_out = reader.flag(params, TIMEOUT).unwrap_or(false);
    let delay = reader.seconds(params, "mock_delay").unwrap_or_default();
    let (answer, key) = match times_out {
        true => (Some(MockAnswer::Timeout), TIMEOUT),
        false => (answer(params, reader), RESPONSE),
    };
    let mock = Mock { answer: answer?, delay };
    let text = match &mock.answer {
        MockAnswer::Error(_) | MockAnswer::Refusal(_) | MockAnswer::Timeout => {
            "it fails by itself, as in LiteLLM, and nobody is asked; a run asks its fake instead"
        }
        MockAnswer::Words(_) | MockAnswer::Members(_) | MockAnswer::Vector(_) => {
            "it answers by itself, as in LiteLLM, and so never fails: nobody is asked; a run asks its fake \
             instead"
        }
    };
    reader.note(params.path_of(key), NoteKind::Advice, text);
    Some(mock)
}

/// What is empty is none, as in Python.
fn answer(params: &Section<'_>, reader: &mut Reader<'_>) -> Option<MockAnswer> {
    match params.get(RESPONSE)? {
        Value::String(_) => {
            let words = reader.text(params, RESPONSE).filter(|words| !words.is_empty())?;
            let error = ERRORS.iter().find(|(name, _)| *name == words).map(|(_, class)| *class);
            Some(match error {
                Some(class) => MockAnswer::Error(class),
                None if words.starts_with(REFUSAL) => {
                    MockAnswer::Refusal(Arc::from(words.as_str()))
                }
                None => MockAnswer::Words(Arc::from(words.as_str())),
            })
        }
        Value::Object(members) => Some(MockAnswer::Members(members.clone())),
        Value::Array(numbers) => {
            let vector: Option<Arc<[f64]>> = numbers.iter().map(Value::as_f64).collect();
            vector.filter(|vector| !vector.is_empty()).map(MockAnswer::Vector)
        }
        value @ (Value::Null | Value::Bool(_) | Value::Number(_)) => {
            reader.wrong(params, RESPONSE, value, "a text, a mapping or a list of numbers")
        }
    }
}
