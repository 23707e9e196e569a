//! A whole answer, which is also how a stream's first event begins.

#![expect(missing_docs, reason = "fields are Anthropic's own, under the names of its reference")]

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error_reply::to_json;

/// The body of a 200 that is not a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessagesReply {
    /// `msg_…`.
    pub id: String,
    /// Always `message`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Always `assistant`.
    pub role: String,
    /// The model that answered.
    pub model: String,
    /// What it said; empty at a stream's start.
    pub content: Vec<OutputBlock>,
    /// `end_turn`, `max_tokens`, `stop_sequence`, `tool_use`, `pause_turn`, `refusal` or
    /// `model_context_window_exceeded`; null at a stream's start.
    pub stop_reason: Option<String>,
    /// The sequence that ended it, if one did.
    #[serde(default)]
    pub stop_sequence: Option<String>,
    pub usage: Usage,
}

/// A block of the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OutputBlock {
    Text {
        text: String,
    },
    Thinking {
        thinking: String,
        /// Proof that they are the model's own.
        signature: String,
    },
    /// A thought that is not shown.
    RedactedThinking {
        /// Its encrypted form.
        data: String,
    },
    ToolUse {
        /// `toolu_…`.
        id: String,
        name: String,
        /// Its arguments, an object; empty where a stream's block begins.
        input: Value,
    },
    /// Anything else, whose members are dropped.
    #[serde(other)]
    Unknown,
}

/// Tokens of one request. Unlike OpenAI's, the parts of the input are counted apart: what the cache
/// gave or took is not within `input_tokens`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt that were neither read from nor written to the cache.
    pub input_tokens: u64,
    /// Tokens of the answer so far.
    pub output_tokens: u64,
    /// Tokens written to the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_creation_input_tokens: Option<u64>,
    /// Tokens read from the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_input_tokens: Option<u64>,
    /// `standard`, `priority` or `batch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
}

impl MessagesReply {
    /// A reply with one block of text.
    pub fn text(id: &str, model: &str, text: &str, usage: Usage) -> Self {
        Self {
            content: vec![OutputBlock::Text { text: text.to_owned() }],
            stop_reason: Some("end_turn".to_owned()),
            ..Self::begun(id, model, usage)
        }
    }

    /// The message as a stream's first event shows it: nothing said yet.
    pub fn begun(id: &str, model: &str, usage: Usage) -> Self {
        Self {
            id: id.to_owned(),
            kind: "message".to_owned(),
            role: "assistant".to_owned(),
            model: model.to_owned(),
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: None,
            usage,
        }
    }

    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json(self)
    }
}

impl Usage {
    /// The `usage` member of a whole reply, or `None` if it is absent or not readable.
    pub fn read(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Holder {
            usage: Option<Usage>,
        }
        serde_json::from_slice::<Holder>(body).ok()?.usage
    }
}
