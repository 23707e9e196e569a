//! A whole answer of Converse.

#![expect(missing_docs, reason = "fields are Bedrock's own, under the names of its reference")]

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Reasoning;
use crate::error_reply::to_json;

/// The body of Converse's 200.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConverseReply {
    pub output: Output,
    /// `end_turn`, `tool_use`, `max_tokens`, `stop_sequence`, `guardrail_intervened`,
    /// `content_filtered`, `malformed_model_output`, `malformed_tool_use` or
    /// `model_context_window_exceeded`.
    pub stop_reason: String,
    pub usage: TokenUsage,
    /// How long it took; Bedrock always says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// The message; a union with this one member so far.
    pub message: OutputMessage,
}

/// The assistant's message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputMessage {
    /// Always `assistant`.
    pub role: String,
    pub content: Vec<OutputBlock>,
}

/// A block of the answer; one of the members is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputBlock {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_use: Option<ToolUse>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<Reasoning>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citations_content: Option<CitationsContent>,
}

/// Words, and the sources on which they stand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CitationsContent {
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Vec<CitedWords>>,
    /// The sources, in Bedrock's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citations: Option<Vec<Value>>,
}

/// Words that stand on a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitedWords {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolUse {
    /// `tooluse_…`.
    pub tool_use_id: String,
    pub name: String,
    /// Its arguments, an object.
    pub input: Value,
}

/// Tokens of one request. What the cache gave or took is not within `input_tokens`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenUsage {
    /// Tokens of the prompt that were neither read from nor written to the cache.
    pub input_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
    pub total_tokens: u64,
    /// Tokens read from the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_input_tokens: Option<u64>,
    /// Tokens written to the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_input_tokens: Option<u64>,
}

/// Times of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    /// From the call to the end of the answer, in milliseconds.
    pub latency_ms: u64,
}

impl OutputBlock {
    /// Words.
    pub fn words(text: &str) -> Self {
        Self { text: Some(text.to_owned()), ..Self::default() }
    }
}

impl CitationsContent {
    /// The words, all of them.
    pub fn words(&self) -> String {
        let pieces = self.content.iter().flatten();
        pieces.filter_map(|piece| piece.text.as_deref()).collect()
    }
}

impl TokenUsage {
    /// Usage without a cache.
    pub const fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self {
            input_tokens,
            output_tokens,
            total_tokens: input_tokens + output_tokens,
            cache_read_input_tokens: None,
            cache_write_input_tokens: None,
        }
    }
}

impl ConverseReply {
    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json(self)
    }
}
