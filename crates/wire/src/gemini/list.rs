//! The answers to `GET /v1beta/models` and `GET /v1beta/models/{model}`.

#![expect(missing_docs, reason = "fields are Gemini's own, under the names of its reference")]

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error_reply::to_json_pretty;

/// The list of models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelList {
    pub models: Vec<Model>,
    /// Where the list goes on, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// `models/…`.
    pub name: String,
    /// Which of the model's versions.
    pub version: String,
    pub display_name: String,
    /// Largest prompt, in tokens.
    pub input_token_limit: u64,
    /// Largest answer, in tokens.
    pub output_token_limit: u64,
    /// What may stand behind the colon.
    pub supported_generation_methods: Vec<String>,
}

impl Model {
    /// A model of that name, as the 2.5 family describes itself.
    pub fn new(id: &str) -> Self {
        let methods = ["generateContent", "countTokens", "streamGenerateContent", "embedContent"];
        Self {
            name: format!("models/{id}"),
            version: "001".to_owned(),
            display_name: id.to_owned(),
            input_token_limit: 1_048_576,
            output_token_limit: 65_536,
            supported_generation_methods: methods.map(str::to_owned).to_vec(),
        }
    }

    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json_pretty(self)
    }
}

impl ModelList {
    /// A list of `ids` on one page.
    pub fn new<'i>(ids: impl IntoIterator<Item = &'i str>) -> Self {
        Self { models: ids.into_iter().map(Model::new).collect(), next_page_token: None }
    }

    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json_pretty(self)
    }
}
