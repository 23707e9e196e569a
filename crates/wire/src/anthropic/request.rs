//! The body of `POST /v1/messages`.

#![expect(missing_docs, reason = "fields are Anthropic's own, under the names of its reference")]

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{TextOr, error_reply::to_json};

/// The request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessagesRequest {
    pub model: String,
    /// Bound of the answer in tokens; required.
    pub max_tokens: u64,
    /// The conversation so far, beginning with the user.
    pub messages: Vec<InputMessage>,
    /// Instructions, which are no message here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<TextOr<SystemBlock>>,
    /// Whether the answer is an event stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// Sequences that end the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_sequences: Option<Vec<String>>,
    /// Sampling temperature, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Sampling from the best so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u64>,
    /// What the model may call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Tool>>,
    /// Whether it must call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// About the end user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Every other member (`thinking`, `output_config`, those of betas), as it came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputMessage {
    pub role: InputRole,
    pub content: TextOr<InputBlock>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputRole {
    /// The person or program that asks; results of calls, too.
    User,
    Assistant,
}

/// A block of instructions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemBlock {
    /// Always `text`.
    #[serde(rename = "type")]
    pub kind: String,
    pub text: String,
    /// Where to cut for the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<Value>,
}

/// A block of a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InputBlock {
    Text {
        text: String,
        /// Where to cut for the prompt cache.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cache_control: Option<Value>,
    },
    Image {
        /// Where it is, or what it is.
        source: ImageSource,
        /// Where to cut for the prompt cache.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cache_control: Option<Value>,
    },
    Document {
        /// Where it is, or what it is.
        source: DocumentSource,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// Where to cut for the prompt cache.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cache_control: Option<Value>,
    },
    /// A call the assistant made.
    ToolUse {
        /// `toolu_…`.
        id: String,
        name: String,
        /// Its arguments, an object.
        input: Value,
        /// Where to cut for the prompt cache.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cache_control: Option<Value>,
    },
    /// The result of a call.
    ToolResult {
        /// The call it answers.
        tool_use_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<TextOr<InputBlock>>,
        /// Whether the call failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        is_error: Option<bool>,
        /// Where to cut for the prompt cache.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cache_control: Option<Value>,
    },
    /// A thought of the assistant, returned unchanged.
    Thinking {
        thinking: String,
        /// Proof that they are the model's own.
        signature: String,
    },
    /// A thought that was not shown, returned unchanged.
    RedactedThinking {
        /// Its encrypted form.
        data: String,
    },
    /// Anything else, whose members are dropped.
    #[serde(other)]
    Unknown,
}

impl InputBlock {
    /// Words, and nothing about the cache.
    pub fn text(text: &str) -> Self {
        Self::Text { text: text.to_owned(), cache_control: None }
    }

    /// Cuts for the prompt cache behind this block, if it can be cut there.
    pub fn cut_cache(&mut self, cut: Value) {
        match self {
            Self::Text { cache_control, .. }
            | Self::Image { cache_control, .. }
            | Self::Document { cache_control, .. }
            | Self::ToolUse { cache_control, .. }
            | Self::ToolResult { cache_control, .. } => *cache_control = Some(cut),
            Self::Thinking { .. } | Self::RedactedThinking { .. } | Self::Unknown => {}
        }
    }
}

/// A document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DocumentSource {
    Base64 {
        /// `application/pdf`.
        media_type: String,
        /// Base64.
        data: String,
    },
    Url {
        /// `https:` address.
        url: String,
    },
    /// Anything else, whose members are dropped.
    #[serde(other)]
    Unknown,
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ImageSource {
    Base64 {
        /// `image/png` and the like.
        media_type: String,
        /// Base64.
        data: String,
    },
    Url {
        /// `https:` address.
        url: String,
    },
    /// Anything else, whose members are dropped.
    #[serde(other)]
    Unknown,
}

/// Something the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON schema of its arguments; absent where the tool is Anthropic's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Value>,
    /// Every other member (`type`, `strict`, `cache_control`), as it came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Whether the model must call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToolChoice {
    Auto {
        /// Whether at most one call may be made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disable_parallel_tool_use: Option<bool>,
    },
    Any {
        /// Whether at most one call may be made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disable_parallel_tool_use: Option<bool>,
    },
    Tool {
        name: String,
        /// Whether at most one call may be made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disable_parallel_tool_use: Option<bool>,
    },
    None,
}

/// About the end user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The caller's opaque name for the end user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

impl MessagesRequest {
    /// The body.
    pub fn to_json(&self) -> Bytes {
        to_json(self)
    }
}
