//! `compress:` as written: by how much random incidents are shortened.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::text::read::Spot;

/// `compress:` as written, for the schema: one factor, or one each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CompressText;

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Factors {
    /// Outages last so many times shorter than in life.
    pub outages: Spot<f64>,
    /// The calm between them is so many times shorter than in life.
    pub gaps: Spot<f64>,
}

impl JsonSchema for CompressText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Compress".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let factors = generator.subschema_for::<Factors>();
        json_schema!({
            "description": "By how much random incidents are shortened: one factor, or one for \
                            outages and one for the gaps between them. Default: real time.",
            "anyOf": [{ "type": "number", "minimum": 1 }, factors]
        })
    }
}
