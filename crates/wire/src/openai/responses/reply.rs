//! The reply: the body of a 200, and what a stream's first and last events carry.

#![expect(missing_docs, reason = "fields are OpenAI's own, under the names of its reference")]

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Reasoning, TextConfig};
use crate::error_reply::to_json;

/// A reply. Members that are null are written as null, as OpenAI does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// `resp_…`.
    pub id: String,
    /// Always `response`.
    pub object: String,
    /// Unix seconds.
    pub created_at: u64,
    /// `queued`, `in_progress`, `completed`, `incomplete`, `failed` or `cancelled`.
    pub status: String,
    #[serde(default)]
    pub error: Option<FailedBecause>,
    /// Why it is incomplete.
    #[serde(default)]
    pub incomplete_details: Option<IncompleteBecause>,
    #[serde(default)]
    pub instructions: Option<String>,
    #[serde(default)]
    pub max_output_tokens: Option<u64>,
    /// The dated snapshot that answers.
    pub model: String,
    /// What it says and does.
    pub output: Vec<OutputItem>,
    /// The request's; the default is true.
    pub parallel_tool_calls: bool,
    #[serde(default)]
    pub previous_response_id: Option<String>,
    #[serde(default)]
    pub reasoning: Option<Reasoning>,
    /// `default`, `flex`, `priority`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// The request's; the default is true.
    #[serde(default)]
    pub store: Option<bool>,
    /// The request's; the default is 1.
    #[serde(default)]
    pub temperature: Option<f64>,
    #[serde(default)]
    pub text: Option<TextConfig>,
    /// The request's; the default is `auto`.
    #[serde(default)]
    pub tool_choice: Value,
    #[serde(default)]
    pub tools: Vec<Value>,
    /// The request's; the default is 1.
    #[serde(default)]
    pub top_p: Option<f64>,
    /// `disabled` or `auto`.
    #[serde(default)]
    pub truncation: Option<String>,
    /// What it cost; null until the end.
    #[serde(default)]
    pub usage: Option<Usage>,
    #[serde(default)]
    pub user: Option<String>,
    /// The request's; an empty object by default.
    #[serde(default)]
    pub metadata: Value,
}

/// Why a reply failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedBecause {
    /// `server_error`, `rate_limit_exceeded`, `invalid_prompt`, …
    pub code: String,
    pub message: String,
}

/// Why a reply is incomplete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncompleteBecause {
    /// `max_output_tokens` or `content_filter`.
    pub reason: String,
}

/// One thing that the model says or does. `status` is `in_progress`, `completed` or `incomplete`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OutputItem {
    Message {
        /// `msg_…`.
        id: String,
        status: String,
        content: Vec<OutputPart>,
        /// Always `assistant`.
        role: String,
    },
    FunctionCall {
        /// `fc_…`.
        id: String,
        status: String,
        /// JSON of the arguments.
        arguments: String,
        /// `call_…`: what the call's output refers to.
        call_id: String,
        name: String,
    },
    Reasoning {
        /// `rs_…`.
        id: String,
        /// What is shown of it.
        summary: Vec<SummaryPart>,
    },
    ImageGenerationCall {
        /// `ig_…`.
        id: String,
        status: String,
        /// The picture's bytes, as base64.
        result: Option<String>,
    },
    /// Anything else, whose members are dropped.
    #[serde(other)]
    Unknown,
}

/// A part of what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OutputPart {
    OutputText {
        /// Citations; an empty list nearly always.
        annotations: Vec<Value>,
        /// Token probabilities, if asked for.
        #[serde(default)]
        logprobs: Vec<Value>,
        text: String,
    },
    /// Words of a refusal.
    Refusal { refusal: String },
    /// Anything else, whose members are dropped.
    #[serde(other)]
    Unknown,
}

/// A part of what is shown of a thought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryPart {
    /// Always `summary_text`.
    #[serde(rename = "type")]
    pub kind: String,
    pub text: String,
}

/// Tokens of one request, in this API's own words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Of the prompt's tokens.
    pub input_tokens_details: InputTokensDetails,
    /// Tokens of the answer, reasoning included.
    pub output_tokens: u64,
    /// Of the answer's tokens.
    pub output_tokens_details: OutputTokensDetails,
    pub total_tokens: u64,
}

/// Of the prompt's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputTokensDetails {
    /// Read from the prompt cache.
    #[serde(default)]
    pub cached_tokens: u64,
    /// Written to the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
}

/// Of the answer's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputTokensDetails {
    /// Thought but not said.
    #[serde(default)]
    pub reasoning_tokens: u64,
}

impl Response {
    /// A reply that has begun and says nothing yet, with every member at its default.
    pub fn begun(id: &str, model: &str, created_at: u64) -> Self {
        let format = Some(serde_json::json!({ "type": "text" }));
        Self {
            id: id.to_owned(),
            object: "response".to_owned(),
            created_at,
            status: "in_progress".to_owned(),
            error: None,
            incomplete_details: None,
            instructions: None,
            max_output_tokens: None,
            model: model.to_owned(),
            output: Vec::new(),
            parallel_tool_calls: true,
            previous_response_id: None,
            reasoning: Some(Reasoning::default()),
            service_tier: Some("default".to_owned()),
            store: Some(true),
            temperature: Some(1.0),
            text: Some(TextConfig { format, verbosity: None }),
            tool_choice: "auto".into(),
            tools: Vec::new(),
            top_p: Some(1.0),
            truncation: Some("disabled".to_owned()),
            usage: None,
            user: None,
            metadata: Value::Object(serde_json::Map::new()),
        }
    }

    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json(self)
    }
}

impl OutputPart {
    /// Words.
    pub fn words(text: &str) -> Self {
        Self::cited(text, Vec::new())
    }

    /// Words with their citations.
    pub fn cited(text: &str, annotations: Vec<Value>) -> Self {
        Self::OutputText { annotations, logprobs: Vec::new(), text: text.to_owned() }
    }
}

impl SummaryPart {
    /// Words.
    pub fn words(text: &str) -> Self {
        Self { kind: "summary_text".to_owned(), text: text.to_owned() }
    }
}

impl Usage {
    /// So many tokens of prompt, of answer, and, within those, of thought.
    pub const fn new(input_tokens: u64, output_tokens: u64, reasoning_tokens: u64) -> Self {
        Self {
            input_tokens,
            input_tokens_details: InputTokensDetails { cached_tokens: 0, cache_write_tokens: None },
            output_tokens,
            output_tokens_details: OutputTokensDetails { reasoning_tokens },
            total_tokens: input_tokens + output_tokens,
        }
    }
}
