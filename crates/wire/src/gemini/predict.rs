//! Vertex AI's `:predict`, as its embedders speak it.

#![expect(missing_docs, reason = "fields are Vertex AI's own, under the names of its reference")]

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error_reply::to_json_pretty;

/// The body of a prediction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PredictRequest {
    /// The texts.
    pub instances: Vec<TextInstance>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<PredictParameters>,
}

/// One text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextInstance {
    pub content: String,
    /// What the vector is for: `RETRIEVAL_DOCUMENT`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
}

/// What holds for all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PredictParameters {
    /// How many numbers are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_dimensionality: Option<u64>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictReply {
    /// In the order of the instances.
    pub predictions: Vec<Prediction>,
}

/// The answer to one text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    pub embeddings: TextEmbedding,
}

/// A vector, and what it is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextEmbedding {
    pub values: Vec<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<TextStatistics>,
}

/// What a text was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextStatistics {
    /// Its tokens.
    pub token_count: u64,
    /// Whether it was too long, and was cut.
    #[serde(default)]
    pub truncated: bool,
}

impl PredictRequest {
    /// A request for vectors of these texts.
    pub fn new(texts: &[String], task_type: Option<&str>, dimensions: Option<u64>) -> Self {
        let task_type = task_type.map(str::to_owned);
        let instance =
            |text: &String| TextInstance { content: text.clone(), task_type: task_type.clone() };
        let parameters = dimensions
            .map(|dimensions| PredictParameters { output_dimensionality: Some(dimensions) });
        Self { instances: texts.iter().map(instance).collect(), parameters }
    }
}

impl PredictReply {
    /// A reply with a vector per text, and the tokens of each.
    pub fn new(vectors: impl IntoIterator<Item = (Vec<f32>, u64)>) -> Self {
        let prediction = |(values, token_count)| {
            let statistics = Some(TextStatistics { token_count, truncated: false });
            Prediction { embeddings: TextEmbedding { values, statistics } }
        };
        Self { predictions: vectors.into_iter().map(prediction).collect() }
    }

    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json_pretty(self)
    }
}
