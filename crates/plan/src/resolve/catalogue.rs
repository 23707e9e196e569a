//! The fault catalogue as this folder needs it: names to entries, parameters to mistakes with a place.

use fake_providers::fault::{ALL, Entry};

use crate::text::diagnostic::{Problem, suggest};
use crate::text::node::{Node, Part};
use crate::text::raw::Inject;

/// Looks up what is injected and checks its parameters.
///
/// # Errors
/// An unknown fault, or a parameter that it does not take, with its place inside `node`.
pub(crate) fn check(inject: &Inject, node: &Node) -> Result<&'static Entry, Problem> {
    let Some(entry) = fake_providers::fault::find(&inject.name) else {
        let names: Vec<&str> = ALL.iter().map(|entry| entry.name).collect();
        let at = node.entries().first().map_or(node.at, |(key, _)| key.at);
        return Err(Problem::new(format!("there is no fault called `{}`", inject.name))
            .help(suggest(&inject.name, &names, "faults"))
            .at(at));
    };
    entry.check(&inject.params).map(|()| entry).map_err(|error| {
        let params = node.get(entry.name).unwrap_or(node);
        let part = if takes(entry, &error.path) { Part::Value } else { Part::Key };
        Problem::new(format!("{}: {}", entry.name, error.message))
            .help(format!("for example `inject: {}`", entry.example))
            .at(params.place(&error.path, part))
    })
}

/// Whether a fault has this parameter: then its value is at fault, otherwise its name.
fn takes(entry: &Entry, parameter: &str) -> bool {
    let schema = entry.schema();
    let known = schema.get("properties").and_then(|properties| properties.get(parameter));
    known.is_some() || parameter.is_empty()
}
