//! The bodies of Converse, ConverseStream and CountTokens. The model and whether to stream are in
//! the path. Members we know nothing of are skipped.

#![expect(missing_docs, reason = "fields are Bedrock's own, under the names of its reference")]

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ToolUse;
use crate::error_reply::to_json;

/// The body of `POST /model/{modelId}/converse` and `…/converse-stream`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConverseRequest {
    /// The conversation so far, beginning with the user.
    #[serde(default)]
    pub messages: Vec<InputMessage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<Vec<SystemBlock>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inference_config: Option<InferenceConfig>,
    /// What the model may call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_config: Option<ToolConfig>,
    /// The model family's own members, such as Claude's `thinking`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_model_request_fields: Option<Value>,
    /// For the logs of calls; at most 16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_metadata: Option<BTreeMap<String, String>>,
    /// What holds the answer to a schema: `{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{…}}}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_config: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guardrail_config: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance_config: Option<Value>,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputMessage {
    pub role: InputRole,
    pub content: Vec<ContentBlock>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputRole {
    /// The person or program that asks; results of calls, too.
    User,
    Assistant,
}

/// A block of a turn; one of the members is there, or one of those we know nothing of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContentBlock {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A call the assistant made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_use: Option<ToolUse>,
    /// The result of a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_result: Option<ToolResult>,
    /// A thought of the assistant, returned unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<Reasoning>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Value>,
    /// Where to cut for the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_point: Option<Value>,
}

/// The result of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    /// The call it answers.
    pub tool_use_id: String,
    /// What came back: `text`, `json`, `image` and so on.
    #[serde(default)]
    pub content: Vec<Value>,
    /// `success` or `error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// A thought. Whole messages hold `reasoning_text`, deltas hold `text` or `signature`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reasoning {
    /// Words and proof of a whole thought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_text: Option<ReasoningText>,
    /// In a delta: words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// In a delta: proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// A thought that is not shown, as base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted_content: Option<String>,
}

/// A whole thought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasoningText {
    pub text: String,
    /// Proof that they are the model's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// A block of instructions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemBlock {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Where to cut for the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_point: Option<Value>,
}

/// Bounds and sampling.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InferenceConfig {
    /// Bound of the answer in tokens; the model's own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Sampling temperature, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Sequences that end the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_sequences: Option<Vec<String>>,
}

/// What the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolConfig {
    pub tools: Vec<Tool>,
    /// `{"auto":{}}`, `{"any":{}}` or `{"tool":{"name"}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Value>,
}

/// Something the model may call, or a cut for the prompt cache.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_spec: Option<ToolSpec>,
    /// Where to cut for the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_point: Option<Value>,
}

/// A tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolSpec {
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub input_schema: ToolInputSchema,
    /// Whether calls must follow the schema exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

/// A tool's arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolInputSchema {
    /// JSON schema; a union with this one member so far.
    pub json: Value,
}

/// The body of `POST /model/{modelId}/count-tokens`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountTokensRequest {
    /// What would be sent.
    pub input: TokensOf,
}

/// What would be sent; one of the members is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokensOf {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converse: Option<ConverseRequest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoke_model: Option<InvokeInput>,
}

/// A body for InvokeModel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvokeInput {
    /// Base64 of the body.
    pub body: String,
}

/// The answer to CountTokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountTokensReply {
    /// Tokens of the prompt.
    pub input_tokens: u64,
}

impl Reasoning {
    /// A delta of words.
    pub fn words(text: &str) -> Self {
        Self { text: Some(text.to_owned()), ..Self::default() }
    }

    /// A delta of proof.
    pub fn proof(signature: &str) -> Self {
        Self { signature: Some(signature.to_owned()), ..Self::default() }
    }

    /// A whole thought.
    pub fn whole(text: &str, signature: &str) -> Self {
        let (text, signature) = (text.to_owned(), Some(signature.to_owned()));
        Self { reasoning_text: Some(ReasoningText { text, signature }), ..Self::default() }
    }
}

impl ConverseRequest {
    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json(self)
    }
}

impl CountTokensReply {
    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json(self)
    }
}

impl InvokeInput {
    /// That body.
    pub fn new(body: &[u8]) -> Self {
        Self { body: aws_smithy_types::base64::encode(body) }
    }

    /// The body, or `None` if it is no base64.
    pub fn bytes(&self) -> Option<Bytes> {
        aws_smithy_types::base64::decode(&self.body).ok().map(Bytes::from)
    }
}
