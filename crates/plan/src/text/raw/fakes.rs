//! `fakes:` as written: fakes that already stand somewhere.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::text::read::Spot;

/// `fakes:` as written, for the schema: a URL, or [`Guarded`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct FakesText;

/// The long form.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Guarded {
    /// URL of their admin API: `https://fakes.staging.example:4101`.
    pub url: Spot<String>,
    /// File with the token to present, relative to the scenario.
    pub token_file: Option<Spot<String>>,
}

impl JsonSchema for FakesText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StandingFakes".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let guarded = generator.subschema_for::<Guarded>();
        json_schema!({
            "description": "Fakes that already stand: the URL of their admin API, with or without a \
                            file that holds the token.",
            "anyOf": [{ "type": "string", "pattern": "^https?://" }, guarded]
        })
    }
}
