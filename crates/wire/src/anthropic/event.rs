//! One event of a streamed answer.

#![expect(missing_docs, reason = "fields are Anthropic's own, under the names of its reference")]

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use super::{ErrorMessage, MessagesReply, OutputBlock, Usage};
use crate::error_reply::write_json;

/// The data of one frame; the frame's name repeats its `type`.
///
/// Order: `message_start`, then per block `content_block_start`, deltas, `content_block_stop`, then
/// `message_delta` and `message_stop`; `ping` anywhere, `error` instead of the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamEvent {
    MessageStart {
        /// Nothing said yet, but its input is counted.
        message: MessagesReply,
    },
    ContentBlockStart {
        /// 0-based.
        index: u32,
        /// The block, still empty.
        content_block: OutputBlock,
    },
    Ping,
    ContentBlockDelta {
        index: u32,
        delta: BlockDelta,
    },
    /// A block is complete.
    ContentBlockStop {
        index: u32,
    },
    /// The answer's own members, at its end.
    MessageDelta {
        delta: MessageDelta,
        /// Tokens of the answer in all, not since the last event.
        usage: DeltaUsage,
    },
    /// The answer is complete.
    MessageStop,
    /// The answer failed, under status 200.
    Error {
        error: ErrorMessage,
        /// `req_…`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
    },
    /// An event of a later version; skip it.
    #[serde(other)]
    Unknown,
}

/// The growth of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BlockDelta {
    TextDelta {
        text: String,
    },
    /// A piece of a call's arguments.
    InputJsonDelta {
        /// The next piece of the JSON, possibly empty.
        partial_json: String,
    },
    /// A piece of a thought.
    ThinkingDelta {
        thinking: String,
    },
    /// Proof of a thought, at its end.
    SignatureDelta {
        signature: String,
    },
    /// A kind of a later version; skip it.
    #[serde(other)]
    Unknown,
}

/// Why an answer ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDelta {
    /// See [`MessagesReply::stop_reason`].
    pub stop_reason: Option<String>,
    /// The sequence that ended it, if one did.
    #[serde(default)]
    pub stop_sequence: Option<String>,
}

/// Tokens at the end of a stream. Newer versions repeat the input's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeltaUsage {
    /// Tokens of the answer in all.
    pub output_tokens: u64,
    /// Tokens of the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens written to the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_creation_input_tokens: Option<u64>,
    /// Tokens read from the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_input_tokens: Option<u64>,
}

impl Usage {
    /// The same at a stream's end, whose counts are those of the whole answer; what it does not say stays.
    #[must_use]
    pub fn ended(self, at: DeltaUsage) -> Self {
        Self {
            output_tokens: at.output_tokens,
            input_tokens: at.input_tokens.unwrap_or(self.input_tokens),
            cache_creation_input_tokens: at
                .cache_creation_input_tokens
                .or(self.cache_creation_input_tokens),
            cache_read_input_tokens: at.cache_read_input_tokens.or(self.cache_read_input_tokens),
            ..self
        }
    }
}

impl StreamEvent {
    /// The frame's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MessageStart { .. } => "message_start",
            Self::ContentBlockStart { .. } => "content_block_start",
            Self::Ping => "ping",
            Self::ContentBlockDelta { .. } => "content_block_delta",
            Self::ContentBlockStop { .. } => "content_block_stop",
            Self::MessageDelta { .. } => "message_delta",
            Self::MessageStop => "message_stop",
            Self::Error { .. } => "error",
            Self::Unknown => "unknown",
        }
    }

    /// Words for the block `index`.
    pub fn text(index: u32, text: &str) -> Self {
        Self::ContentBlockDelta { index, delta: BlockDelta::TextDelta { text: text.to_owned() } }
    }

    /// Appends the event as a frame.
    pub fn write_frame(&self, out: &mut BytesMut) {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(self.name().as_bytes());
        out.extend_from_slice(b"\ndata: ");
        write_json(out, self);
        out.extend_from_slice(b"\n\n");
    }
}
