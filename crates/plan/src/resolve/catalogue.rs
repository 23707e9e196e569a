//! The fault catalogue as this crate needs it: names to entries, parameters to mistakes with a place,
//! and the part of the JSON schema that lists what can be injected.

use fake_providers::fault::{ALL, Entry};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::resolve::{instances, toxics};
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
    (entry.parse)(&inject.params).map(|_| entry).map_err(|error| {
        let params = node.get(entry.name).unwrap_or(node);
        let part = if takes(entry, &error.path) { Part::Value } else { Part::Key };
        Problem::new(format!("{}: {}", entry.name, error.message))
            .help(format!("for example `inject: {}`", entry.example))
            .at(params.place(&error.path, part))
    })
}

/// Whether a fault has this parameter: then its value is at fault, otherwise its name.
fn takes(entry: &Entry, parameter: &str) -> bool {
    let schema = (entry.schema)();
    let known = schema.get("properties").and_then(|properties| properties.get(parameter));
    known.is_some() || parameter.is_empty()
}

/// What can be injected into links and gateway instances, with parameters.
fn elsewhere(generator: &mut SchemaGenerator) -> Vec<Value> {
    let links = toxics::ALL.iter().map(|entry| (entry.name, entry.summary, entry.schema));
    let instances = instances::ALL.iter().map(|entry| (entry.name, entry.summary, entry.schema));
    let one = |(name, summary, schema): (&str, &str, fn(&mut SchemaGenerator) -> Schema)| {
        let mut properties = Map::new();
        properties.insert(name.to_owned(), schema(generator).to_value());
        json!({
            "type": "object",
            "description": summary,
            "properties": properties,
            "required": [name],
            "additionalProperties": false,
        })
    };
    links.chain(instances).map(one).collect()
}

/// The schema of `inject:`: a bare name, or one name with its parameters.
pub(crate) fn inject_schema(generator: &mut SchemaGenerator) -> Schema {
    let mut names: Vec<Value> = ALL.iter().map(|entry| entry.name.into()).collect();
    let links = toxics::ALL.iter().map(|entry| entry.name);
    for name in links.chain(instances::ALL.iter().map(|entry| entry.name)) {
        let name = Value::from(name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut choices = vec![json!({ "enum": names })];
    for entry in ALL {
        let mut params = (entry.schema)();
        params.remove("$schema");
        // The catalogue's schemas are whole documents: their definitions move to ours.
        if let Some(Value::Object(definitions)) = params.remove("$defs") {
            generator.definitions_mut().extend(definitions);
        }
        let mut properties = Map::new();
        properties.insert(entry.name.to_owned(), params.to_value());
        choices.push(json!({
            "type": "object",
            "description": entry.description(),
            "properties": properties,
            "required": [entry.name],
            "additionalProperties": false,
        }));
    }
    choices.extend(elsewhere(generator));
    json_schema!({
        "description": "What happens: a fault by name, or a fault with its parameters.",
        "anyOf": choices
    })
}
