//! Guardrails, of which none is applied here: where LiteLLM would apply one to every request, or not start, somebody
//! relies on it and is told. It must never know what a guardrail looks for.

use serde_json::Value;

use super::NoteKind;
use super::reader::{Reader, Section};

/// Notes what the file says of guardrails.
pub(super) fn note(root: &Section<'_>, reader: &mut Reader<'_>) {
    let list = root.get("guardrails").and_then(Value::as_array);
    for (number, item) in list.into_iter().flatten().enumerate() {
        let always = item.pointer("/litellm_params/default_on") == Some(&Value::Bool(true));
        // A run's clients ask for nothing that one would stop.
        if always && reader.looks_up() {
            let text = "LiteLLM applies this guardrail to every request (`default_on`); here none is applied, and \
                        requests pass unchecked";
            reader.note(format!("guardrails[{number}]"), NoteKind::Differs, text);
        }
    }
    let older = root.get("litellm_settings").and_then(|settings| settings.get("guardrails"));
    for (number, item) in older.and_then(Value::as_array).into_iter().flatten().enumerate() {
        // The older form is one mapping per guardrail, by its name (1.106.2, `proxy/guardrails/init_guardrails.py`).
        if item.get("guardrail_name").is_some() {
            let text = "LiteLLM does not start with this: guardrails with a `guardrail_name` belong at the top level \
                        of the file";
            let path = format!("litellm_settings.guardrails[{number}]");
            reader.note(path, NoteKind::Unknown, text);
        }
    }
}
