//! `POST /v1/completions`, which goes on from a text instead of answering a conversation.

#![expect(missing_docs, reason = "fields are OpenAI's own, under the names of its reference")]

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{StreamOptions, Usage};
use crate::{
    error_reply::{to_json, write_json},
    text_or::nullable,
};

/// Path under `https://api.openai.com`.
pub const COMPLETIONS_PATH: &str = "/v1/completions";

/// The body. Members we know nothing of are skipped.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompletionRequest {
    pub model: String,
    /// A text, a list of texts, or tokens.
    #[serde(default)]
    pub prompt: Value,
    /// Whether the answer is an event stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// Extras of a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
    /// Bound of the answer in tokens; 16 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u32>,
    /// Of how many the best is taken; limits count them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_of: Option<u32>,
}

/// The body of a 200, and the data of a stream's frame, which ends with `[DONE]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompletionReply {
    /// `cmpl-…`.
    pub id: String,
    /// Always `text_completion`.
    pub object: String,
    /// Unix seconds.
    pub created: u64,
    /// The model that answers.
    pub model: String,
    /// The answers, or what they grow by; empty in the usage chunk.
    pub choices: Vec<CompletionChoice>,
    /// What it cost; in a stream null or absent until its own chunk.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub usage: Option<Option<Usage>>,
}

/// One answer, or what it grows by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompletionChoice {
    pub text: String,
    /// 0-based.
    pub index: u32,
    /// Token probabilities, if asked for.
    #[serde(default)]
    pub logprobs: Option<Value>,
    /// `stop`, `length` or `content_filter`; null until the answer's last chunk.
    pub finish_reason: Option<String>,
}

impl CompletionReply {
    /// A reply, or a chunk, without usage.
    pub fn new(id: &str, model: &str, created: u64, choices: Vec<CompletionChoice>) -> Self {
        let object = "text_completion".to_owned();
        Self { id: id.to_owned(), object, created, model: model.to_owned(), choices, usage: None }
    }

    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json(self)
    }

    /// Appends the chunk as a frame.
    pub fn write_frame(&self, out: &mut BytesMut) {
        out.extend_from_slice(b"data: ");
        write_json(out, self);
        out.extend_from_slice(b"\n\n");
    }
}
