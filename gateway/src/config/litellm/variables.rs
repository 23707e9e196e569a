//! `environment_variables`: values that a config brings along for the variables that it refers to, and for
//! those that LiteLLM looks up by itself. They are known to this config alone: nothing is exported, and no
//! message shows one.
//!
//! LiteLLM 1.106 sets them after it has replaced the references of the same file (`proxy_server.py`: `get_config`,
//! then `_load_environment_variables`), so that there a reference finds what the environment itself has;
//! here it finds these, too, which is what their authors mean, and a note says so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::NoteKind;
use super::reader::{ENVIRONMENT, Reader, Section};

/// Values by the names of their variables.
pub(super) type Variables = BTreeMap<String, String>;

/// Reads the section, if there is one.
pub(super) fn read(root: &Section<'_>, reader: &mut Reader<'_>) -> Variables {
    let Some(section) = reader.section(root, "environment_variables") else {
        return Variables::new();
    };
    let mut variables = Variables::new();
    for (name, value) in section.entries() {
        let value = match value {
            // A reference to a variable that nobody looks up says nothing.
            Value::String(text) => match text.strip_prefix(ENVIRONMENT) {
                Some(other) => reader.looked_up(other, &section.path_of(name)),
                None => Some(text.clone()),
            },
            // As Python's `str` has them.
            Value::Bool(true) => Some("True".to_owned()),
            Value::Bool(false) => Some("False".to_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null => None,
            // LiteLLM starts, and sets what nobody can have meant.
            Value::Array(_) | Value::Object(_) => {
                let text = "no effect: a variable is one text, and this is none";
                reader.note(section.path_of(name), NoteKind::Unknown, text);
                None
            }
        };
        variables.extend(value.map(|value| (name.clone(), value)));
    }
    variables
}

/// The prefixes of `litellm_settings.custom_provider_map`, whose handlers are programs of somebody's own.
pub(super) fn custom_providers(root: &Section<'_>) -> BTreeSet<String> {
    let settings = root.get("litellm_settings");
    let map = settings.and_then(|settings| settings.get("custom_provider_map"));
    let entries = map.and_then(Value::as_array).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.get("provider")?.as_str()?.to_owned())).collect()
}
