//! Anthropic Messages: requests, replies, streams, errors, limits.
//!
//! Unlike OpenAI's, every frame of a stream is named and its data repeats the name as `type`; there
//! is no `[DONE]`, the last event is `message_stop`. Unknown events and blocks are read as `Unknown`
//! and may be skipped.

mod error;
mod event;
mod headers;
mod peek;
mod reply;
mod request;
mod template;

pub use error::{ErrorDetail, ErrorKind, ErrorMessage};
pub use event::{BlockDelta, DeltaUsage, MessageDelta, StreamEvent};
pub use headers::RateLimits;
pub use peek::{Peek, PeekKind, peek};
pub use reply::{MessagesReply, OutputBlock, Usage};
pub use request::{
    DocumentSource, ImageSource, InputBlock, InputMessage, InputRole, MessagesRequest, Metadata,
    SystemBlock, Tool, ToolChoice,
};
pub use template::TextTemplate;

/// Path of messages under `https://api.anthropic.com`.
pub const MESSAGES_PATH: &str = "/v1/messages";
/// Path of their tokens, counted before.
pub const COUNT_TOKENS_PATH: &str = "/v1/messages/count_tokens";
/// Header that names what a client wants to try.
pub const BETA: &str = "anthropic-beta";
/// Header that carries the key; `authorization: Bearer` is accepted as well.
pub const API_KEY: &str = "x-api-key";
/// Header that every request must have.
pub const VERSION: &str = "anthropic-version";
/// The version nearly every client sends.
pub const VERSION_2023_06_01: &str = "2023-06-01";
/// Header with the provider's id of an answer; errors repeat it in the body.
pub const REQUEST_ID: &str = "request-id";
