//! The three tables of fallbacks, each a list of `{group: [group or id, …]}`, and
//! `default_fallbacks`, which LiteLLM appends to the first as the entry `*`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::NoteKind;
use super::reader::{Reader, Section, nearest};
use crate::config::RouterSettings;

/// Group → what to try next.
type Table = BTreeMap<Arc<str>, Vec<Arc<str>>>;

/// The tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// For every error that the other two do not claim.
    Any,
    /// For prompts that do not fit.
    ContextWindow,
    /// For what a policy refused.
    ContentPolicy,
}

impl Which {
    fn key(self) -> &'static str {
        match self {
            Self::Any => "fallbacks",
            Self::ContextWindow => "context_window_fallbacks",
            Self::ContentPolicy => "content_policy_fallbacks",
        }
    }
}

/// Reads one table: the router's, or else LiteLLM's.
pub(super) fn read(
    router: &Section<'_>,
    litellm: &Section<'_>,
    which: Which,
    reader: &mut Reader<'_>,
) -> Table {
    let own = read_list(router, which.key(), reader);
    let shared = read_list(litellm, which.key(), reader);
    let mut table = if own.is_empty() { shared } else { own };
    if which == Which::Any {
        let key = "default_fallbacks";
        let own = names(router, key, router.get(key), reader);
        let shared = names(litellm, key, litellm.get(key), reader);
        let defaults = if own.is_empty() { shared } else { own };
        if !defaults.is_empty() {
            table.entry(Arc::from("*")).or_insert(defaults);
        }
    }
    table
}

/// Notes fallbacks that lead nowhere: to unknown names, or back to where they start.
pub(super) fn check(settings: &RouterSettings, known: &BTreeSet<&str>, reader: &mut Reader<'_>) {
    let tables = [
        (Which::Any, &settings.fallbacks),
        (Which::ContextWindow, &settings.context_window_fallbacks),
        (Which::ContentPolicy, &settings.content_policy_fallbacks),
    ];
    for (which, table) in tables {
        let path = reader.place_of(which.key());
        for (group, targets) in table {
            let strangers = targets.iter().filter(|target| !known.contains(&***target));
            for target in strangers {
                let near = nearest(target, known.iter().copied());
                reader.stray(path.clone(), target, near);
            }
            if targets.contains(group) {
                let text = format!(
                    "`{group}` falls back to itself; LiteLLM skips that, and so does this gateway"
                );
                reader.note(path.clone(), NoteKind::Inert, text);
            }
            if !known.contains(&**group) && &**group != "*" {
                let near = nearest(group, known.iter().copied());
                reader.stray(path.clone(), group, near);
            }
        }
    }
}

fn read_list(section: &Section<'_>, key: &'static str, reader: &mut Reader<'_>) -> Table {
    let mut table = Table::new();
    let Some(list) = reader.list(section, key) else { return table };
    reader.remember_place(key, section.path_of(key));
    for (position, item) in list.iter().enumerate() {
        let path = format!("{}[{position}]", section.path_of(key));
        let Some(entry) = Section::at(path.clone(), item) else {
            let help = format!("write `{key}: [{{group: [other-group]}}]`");
            reader.error(&path, "a fallback must be a mapping of a group to a list", &help);
            continue;
        };
        for (group, targets) in entry.entries() {
            let targets = names(&entry, group, Some(targets), reader);
            table.entry(Arc::from(group.as_str())).or_default().extend(targets);
        }
    }
    table
}

/// A list of model names; `{model: name, …}` counts as its name.
fn names(
    section: &Section<'_>,
    key: &str,
    value: Option<&Value>,
    reader: &mut Reader<'_>,
) -> Vec<Arc<str>> {
    if value.is_none() {
        return Vec::new();
    }
    let Some(list) = reader.list(section, key) else { return Vec::new() };
    let mut names = Vec::with_capacity(list.len());
    for (position, item) in list.iter().enumerate() {
        let path = format!("{}[{position}]", section.path_of(key));
        let name = match item {
            Value::String(name) => Some(name.as_str()),
            Value::Object(object) => {
                let text = "accepted; of these parameters only `model` has an effect yet";
                reader.note(path.clone(), NoteKind::NoEffectYet, text);
                object.get("model").and_then(Value::as_str)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
        };
        match name {
            Some(name) => names.push(Arc::from(name)),
            None => reader.error(&path, "a fallback must be a model name", "write its model_name"),
        }
    }
    names
}
