//! What of an object nobody here has read: members beside those that are known, which ask for something.

use serde_json::Value;

/// What cannot be said: where, and why.
pub(super) type Unsaid = (String, &'static str);

/// Why a member cannot be said.
pub(super) const UNSAID: &str = "has no counterpart";

/// Members of an object beside those of `known` that ask for something.
pub(super) fn beyond<'v>(object: &'v Value, known: &[&str]) -> impl Iterator<Item = &'v str> {
    let members = object.as_object().into_iter().flatten();
    members
        .filter(|(name, value)| !known.contains(&name.as_str()) && asks(value))
        .map(|(name, _)| name.as_str())
}

/// An empty object asks for something, by what it is called.
fn asks(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Number(_) | Value::Object(_) => true,
    }
}

/// Says that the object at `at` holds no more than `known`.
///
/// # Errors
/// The first member that is unknown and asks for something.
pub(super) fn only(object: &Value, at: &str, known: &[&str]) -> Result<(), Unsaid> {
    match beyond(object, known).next() {
        None => Ok(()),
        Some(name) => Err((format!("{at}.{name}"), UNSAID)),
    }
}
