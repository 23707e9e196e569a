//! What does not generate: countTokens and the embedders.

#![expect(missing_docs, reason = "fields are Gemini's own, under the names of its reference")]

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Content, GenerateRequest, ModalityTokenCount};
use crate::error_reply::to_json_pretty;

/// The body of `:countTokens`; one of the members is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountTokensRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contents: Option<Vec<Content>>,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "generate_content_request")]
    pub generate_content_request: Option<GenerateRequest>,
}

/// The answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountTokensReply {
    /// Tokens of the prompt.
    pub total_tokens: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens_details: Option<Vec<ModalityTokenCount>>,
}

/// The body of `:embedContent`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmbedRequest {
    /// The model again; within a batch only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub content: Content,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "task_type")]
    pub task_type: Option<String>,
    /// How many numbers are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "output_dimensionality")]
    pub output_dimensionality: Option<u32>,
}

/// The body of `:batchEmbedContents`, which Google's SDKs send even for one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BatchEmbedRequest {
    pub requests: Vec<EmbedRequest>,
}

/// The answer to one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmbedReply {
    pub embedding: Embedding,
}

/// The answer to a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchEmbedReply {
    /// In the order of the requests.
    pub embeddings: Vec<Embedding>,
}

/// A vector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    pub values: Vec<f32>,
}

impl CountTokensReply {
    /// So many tokens of text.
    pub fn new(total_tokens: u64) -> Self {
        let text = ModalityTokenCount { modality: "TEXT".to_owned(), token_count: total_tokens };
        Self { total_tokens, prompt_tokens_details: Some(vec![text]) }
    }

    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json_pretty(self)
    }
}

impl EmbedReply {
    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json_pretty(self)
    }
}

impl BatchEmbedReply {
    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json_pretty(self)
    }
}
