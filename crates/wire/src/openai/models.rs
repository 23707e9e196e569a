//! The answer to `GET /v1/models`.

#![expect(missing_docs, reason = "fields are OpenAI's own, under the names of its reference")]

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error_reply::to_json;

/// The list of models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelList {
    /// Always `list`.
    pub object: String,
    pub data: Vec<Model>,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    pub id: String,
    /// Always `model`.
    pub object: String,
    /// Unix seconds.
    pub created: u64,
    /// `openai`, `system`, an organisation.
    pub owned_by: String,
}

impl Model {
    /// The body of `GET /v1/models/{id}`.
    pub fn to_json(&self) -> Bytes {
        to_json(self)
    }
}

impl ModelList {
    /// A list of `ids`, all of one owner and age.
    pub fn new<'i>(ids: impl IntoIterator<Item = &'i str>, owned_by: &str, created: u64) -> Self {
        let model = |id: &str| Model {
            id: id.to_owned(),
            object: "model".to_owned(),
            created,
            owned_by: owned_by.to_owned(),
        };
        Self { object: "list".to_owned(), data: ids.into_iter().map(model).collect() }
    }

    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json(self)
    }
}
