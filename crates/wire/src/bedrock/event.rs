//! One event of a ConverseStream.
//!
//! Its documentation writes an event as an object with one member, named after the event; so does
//! serde here. On the wire that name is a header and the payload is the member's value
//! ([`ConverseEvent::write_frame`]), with one more member `p`: padding that hides the length.

#![expect(missing_docs, reason = "fields are Bedrock's own, under the names of its reference")]

use bytes::BytesMut;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Metrics, Reasoning, TokenUsage, eventstream::Frame};
use crate::error_reply::to_json;

/// Order: `messageStart`, then per block `contentBlockStart` (calls only), deltas and
/// `contentBlockStop`, then `messageStop` and, last, `metadata`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ConverseEvent {
    MessageStart {
        /// Always `assistant`.
        role: String,
    },
    /// A block begins that needs more than deltas.
    ContentBlockStart {
        /// 0-based.
        content_block_index: u32,
        start: BlockStart,
    },
    ContentBlockDelta {
        content_block_index: u32,
        delta: BlockDelta,
    },
    /// A block is complete.
    ContentBlockStop {
        content_block_index: u32,
    },
    /// The answer is complete.
    MessageStop {
        /// See [`super::ConverseReply::stop_reason`].
        stop_reason: String,
    },
    Metadata {
        usage: TokenUsage,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        metrics: Option<Metrics>,
    },
}

/// What a block is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockStart {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_use: Option<ToolUseStart>,
}

/// A call begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolUseStart {
    /// `tooluse_…`.
    pub tool_use_id: String,
    pub name: String,
}

/// The growth of a block; one of the members is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockDelta {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Arguments of a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_use: Option<ToolUseDelta>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<Reasoning>,
    /// A source of the block's words, in Bedrock's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citation: Option<Value>,
}

/// A piece of a call's arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolUseDelta {
    /// The next piece of the JSON.
    pub input: String,
}

impl ConverseEvent {
    /// The names of all events.
    pub const NAMES: [&str; 6] = [
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ];

    /// The event's name in the frame's headers.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MessageStart { .. } => "messageStart",
            Self::ContentBlockStart { .. } => "contentBlockStart",
            Self::ContentBlockDelta { .. } => "contentBlockDelta",
            Self::ContentBlockStop { .. } => "contentBlockStop",
            Self::MessageStop { .. } => "messageStop",
            Self::Metadata { .. } => "metadata",
        }
    }

    /// A call for the block `index` begins.
    pub fn tool_start(index: u32, id: &str, name: &str) -> Self {
        let (tool_use_id, name) = (id.to_owned(), name.to_owned());
        let start = BlockStart { tool_use: Some(ToolUseStart { tool_use_id, name }) };
        Self::ContentBlockStart { content_block_index: index, start }
    }

    /// A piece of a call's arguments for the block `index`.
    pub fn tool_input(index: u32, input: &str) -> Self {
        let tool_use = Some(ToolUseDelta { input: input.to_owned() });
        Self::delta(index, BlockDelta { tool_use, ..BlockDelta::default() })
    }

    /// Words for the block `index`.
    pub fn text(index: u32, text: &str) -> Self {
        Self::delta(index, BlockDelta { text: Some(text.to_owned()), ..BlockDelta::default() })
    }

    /// Thoughts for the block `index`.
    pub fn thought(index: u32, text: &str) -> Self {
        let reasoning_content = Some(Reasoning::words(text));
        Self::delta(index, BlockDelta { reasoning_content, ..BlockDelta::default() })
    }

    /// Proof of the block `index`'s thoughts.
    pub fn signature(index: u32, signature: &str) -> Self {
        let reasoning_content = Some(Reasoning::proof(signature));
        Self::delta(index, BlockDelta { reasoning_content, ..BlockDelta::default() })
    }

    /// The event of a frame, or `None` if it is of a later version or not readable.
    pub fn read(name: &str, payload: &[u8]) -> Option<Self> {
        let payload: Value = serde_json::from_slice(payload).ok()?;
        let event = serde_json::Map::from_iter([(name.to_owned(), payload)]);
        serde_json::from_value(Value::Object(event)).ok()
    }

    /// Appends the event as a frame, padded by so many letters. Members are in alphabetical order,
    /// as Bedrock sends them.
    pub fn write_frame(&self, out: &mut BytesMut, padding_letters: usize) {
        let mut payload = match serde_json::to_value(self) {
            Ok(Value::Object(mut event)) => event.remove(self.name()).unwrap_or_default(),
            Ok(_) | Err(_) => Value::Null,
        };
        if let Value::Object(members) = &mut payload {
            members.insert("p".to_owned(), padding(padding_letters).into());
            members.sort_keys();
        }
        Frame::event(self.name(), to_json(&payload)).write(out);
    }

    const fn delta(content_block_index: u32, delta: BlockDelta) -> Self {
        Self::ContentBlockDelta { content_block_index, delta }
    }
}

/// The padding that Bedrock uses: the first letters of the alphabet, at most 62.
pub fn padding(letters: usize) -> &'static str {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    &LETTERS[..letters.min(LETTERS.len())]
}
