//! Faults that a client asks for in the name of the model, so that a test needs no other way to the
//! fakes than its requests, and any gateway passes the wish on: `gpt-4o--stall`,
//! `gpt-4o--throttle-10s`, `gpt-4o--error-503`, `gpt-4o--cut--after_tokens-3`.
//!
//! Two dashes part the model from the fault and the fault from its parameters. A value behind the
//! fault's name goes to the fault as a whole, or to the first of its parameters that takes it. Only
//! letters, digits, `-`, `_` and `.` are needed, which every SDK and gateway passes on. Fakes that
//! stand alone listen to it; in a run a model is nothing but a model.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::action::{Action, DialEnd, RequestEnd, Strength};
use crate::fault::{self, Entry, Fault};

/// A fault that a model's name asked for.
#[derive(Clone, Debug)]
pub(crate) struct ModelNameFault {
    /// `asked:stall`, for the ledger: with the colon no id that a rule could have.
    pub(crate) id: Arc<str>,
    pub(crate) fault: Arc<dyn Fault>,
    /// What would happen at the dial happens when the request was read: before, nobody knows the
    /// model.
    pub(crate) after_dial: Option<RequestEnd>,
}

/// Longest wish, in bytes; a longer one is an unknown model.
const WISH_BYTES_MAX: usize = 200;

/// Parts a name into the model and its fault; `None` if it asks for none that exists.
pub(crate) fn split(name: &str) -> Option<(&str, ModelNameFault)> {
    let (model, wish) = name.split_once("--")?;
    let mut parts = (wish.len() <= WISH_BYTES_MAX).then(|| wish.split("--"))?;
    let first = parts.next()?;
    let (fault_name, short) = match first.split_once('-') {
        Some((fault_name, short)) => (fault_name, Some(value(short))),
        None => (first, None),
    };
    let entry = fault::find(fault_name)?;
    let mut params = Map::new();
    for part in parts {
        let (param, text) = part.split_once('-')?;
        params.insert(param.to_owned(), value(text));
    }
    let fault = parse(entry, short, params)?;
    let id = Arc::from(format!("asked:{fault_name}"));
    let after_dial = after_dial(&*fault);
    // What has happened, or has not, before the model is known cannot be asked for: names that
    // resolve, dials that wait or are counted, connections that were idle.
    let can_be_asked =
        !fault.at_connect() || after_dial.is_some() || !fault.on_request(Strength::FULL).is_pass();
    can_be_asked.then_some((model, ModelNameFault { id, fault, after_dial }))
}

/// What a fault that turns dials away does to a request, if it says nothing of requests.
fn after_dial(fault: &dyn Fault) -> Option<RequestEnd> {
    if !fault.on_request(Strength::FULL).is_pass() {
        return None;
    }
    match fault.on_dial(0, Strength::FULL) {
        Action::End(DialEnd::TurnAway(how)) => Some(how.into()),
        Action::Pass | Action::Delay(_) | Action::End(DialEnd::Wait) => None,
    }
}

/// Tries the ways in which a wish can be meant, the plainest first.
fn parse(
    entry: &Entry,
    short: Option<Value>,
    params: Map<String, Value>,
) -> Option<Arc<dyn Fault>> {
    let try_with = |params: Value| entry.parse(&params).ok().map(Arc::from);
    let Some(short) = short else {
        return try_with(if params.is_empty() { Value::Null } else { Value::Object(params) });
    };
    if params.is_empty()
        && let Some(fault) = try_with(short.clone())
    {
        return Some(fault);
    }
    let schema = entry.schema();
    // As many as the fault has parameters.
    let known = schema.get("properties")?.as_object()?.keys();
    known.filter(|name| !params.contains_key(*name)).find_map(|name| {
        let mut params = params.clone();
        params.insert(name.clone(), short.clone());
        try_with(Value::Object(params))
    })
}

/// A number or a truth where the text is one, else the text.
fn value(text: &str) -> Value {
    let literal = serde_json::from_str(text).ok();
    literal
        .filter(|value: &Value| value.is_number() || value.is_boolean())
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn names_are_read_as_people_mean_them() {
        for (name, model, does) in [
            ("gpt-4o--stall", "gpt-4o", "stall"),
            ("gpt-4o--stall-12", "gpt-4o", "12"),
            ("gpt-4o--throttle-10s", "gpt-4o", "10 s"),
            ("claude-3.5--error-503", "claude-3.5", "503"),
            ("m--error--status-500", "m", "500"),
            ("m--slow-4", "m", "4"),
            ("m--cut--after_tokens-3", "m", "3"),
        ] {
            let (said, named) = split(name).unwrap_or_else(|| unreachable!("{name}"));
            assert_eq!(said, model);
            let what = format!("{} {}", named.id, named.fault.describe());
            assert!(what.contains(does), "{name}: {what}");
        }
        for name in [
            "gpt-4o",
            "gpt-4o--",
            "gpt-4o--dns",
            "gpt-4o--slow_accept",
            "gpt-4o--connection_cap",
            "gpt-4o--idle_close",
            "m--earthquake",
            "m--stall--x-1",
            "m--error-9",
        ] {
            assert!(split(name).is_none(), "{name}");
        }
    }
}
