//! The JSON schema of scenarios, which editors use; `scenario.schema.json` beside this crate's
//! manifest is its committed copy.

use serde_json::{Value, json};

use crate::text::raw::Scenario;

/// The schema.
pub fn schema() -> Value {
    let generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Scenario>().to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), json!("Brownout scenario"));
        root.insert("required".to_owned(), json!(["scenario", "traffic"]));
    }
    schema
}
