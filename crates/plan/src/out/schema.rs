//! The JSON schema of scenarios, which editors use; `scenario.schema.json` beside this crate's
//! manifest is its committed copy.
//!
//! The shape of the file is the types' of `text`; what can be injected comes from the tables of
//! faults, link faults and instance faults.

use fake_providers::fault::ALL;
use gateway::policy;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::resolve::{instance_faults, toxics};
use crate::text::raw::{INJECT, Scenario};

/// The schema.
pub fn schema() -> Value {
    let generator = || SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator().into_root_schema_for::<Scenario>().to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), json!("Brownout scenario"));
        root.insert("required".to_owned(), json!(["scenario", "traffic"]));
        if let Some(Value::Object(definitions)) = root.get_mut("$defs") {
            *definitions = with_inject(std::mem::take(definitions), generator());
            name_personalities(definitions);
        }
    }
    schema
}

/// A contender's personality is one of the table's.
fn name_personalities(definitions: &mut Map<String, Value>) {
    let names = policy::ALL.iter().map(|personality| Value::from(personality.name));
    let names: Vec<Value> = names.chain([Value::Null]).collect();
    if let Some(contender) = definitions.get_mut("Contender") {
        contender["properties"]["personality"]["enum"] = Value::Array(names);
    }
}

/// The definitions, with what can be injected in its place and what that refers to after it.
fn with_inject(
    definitions: Map<String, Value>,
    mut generator: SchemaGenerator,
) -> Map<String, Value> {
    let inject = inject_schema(&mut generator);
    let needed = generator.take_definitions(true);
    let mut all = Map::new();
    for (name, definition) in definitions {
        if name == INJECT {
            all.insert(name, inject.clone().to_value());
            for (name, definition) in &needed {
                all.entry(name.clone()).or_insert_with(|| definition.clone());
            }
        } else {
            all.entry(name).or_insert(definition);
        }
    }
    all
}

/// `inject:`: a bare name, or one name with its parameters.
fn inject_schema(generator: &mut SchemaGenerator) -> Schema {
    let mut names: Vec<Value> = ALL.iter().map(|entry| entry.name.into()).collect();
    let links = toxics::ALL.iter().map(|entry| entry.name);
    for name in links.chain(instance_faults::ALL.iter().map(|entry| entry.name)) {
        let name = Value::from(name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut choices = vec![json!({ "enum": names })];
    for entry in ALL {
        let mut params = entry.schema();
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

/// What can be injected into links and gateway instances, with parameters.
fn elsewhere(generator: &mut SchemaGenerator) -> Vec<Value> {
    let links = toxics::ALL.iter().map(|entry| (entry.name, entry.summary, entry.schema));
    let instances =
        instance_faults::ALL.iter().map(|entry| (entry.name, entry.summary, entry.schema));
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
