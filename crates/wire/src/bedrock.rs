//! Amazon Bedrock's runtime: Converse and InvokeModel, their replies, streams and errors.
//!
//! Three things differ from every other dialect here. Streams are not server-sent events but binary
//! frames with checksums ([`eventstream`]); a failure is named by a header ([`ERROR_TYPE`]) and its
//! body holds only a message; and unions are written as objects with exactly one member, named after
//! the variant. InvokeModel carries a model family's own bodies, here Anthropic's, and packs the
//! events of a stream as base64 ([`PayloadPart`]). Signing is not a matter of the wire and lives with
//! who signs or checks.

mod chunk;
mod error;
mod event;
pub mod eventstream;
mod exception;
mod reply;
mod request;
mod template;

pub use chunk::PayloadPart;
pub use error::{ErrorDetail, ErrorName};
pub use event::{BlockDelta, BlockStart, ConverseEvent, ToolUseDelta, ToolUseStart, padding};
pub use exception::StreamException;
pub use reply::{
    CitationsContent, CitedWords, ConverseReply, Metrics, Output, OutputBlock, OutputMessage,
    TokenUsage, ToolUse,
};
pub use request::{
    ContentBlock, ConverseRequest, CountTokensReply, CountTokensRequest, InferenceConfig,
    InputMessage, InputRole, InvokeInput, Reasoning, ReasoningText, SystemBlock, TokensOf, Tool,
    ToolConfig, ToolInputSchema, ToolResult, ToolSpec,
};
pub use template::TextTemplate;

/// Header that names an error's kind; readers keep what stands before a colon.
pub const ERROR_TYPE: &str = "x-amzn-errortype";
/// Header with the provider's id of an answer.
pub const REQUEST_ID: &str = "x-amzn-requestid";
/// Header of an InvokeModel stream: the type of what the base64 holds.
pub const INNER_CONTENT_TYPE: &str = "x-amzn-bedrock-content-type";
/// Header of a whole InvokeModel answer: tokens of the prompt.
pub const INPUT_TOKENS: &str = "x-amzn-bedrock-input-token-count";
/// Header of a whole InvokeModel answer: tokens of the answer.
pub const OUTPUT_TOKENS: &str = "x-amzn-bedrock-output-token-count";
/// Header of a whole InvokeModel answer: milliseconds.
pub const LATENCY: &str = "x-amzn-bedrock-invocation-latency";
/// The value of `anthropic_version` that Claude's bodies carry on Bedrock.
pub const ANTHROPIC_VERSION: &str = "bedrock-2023-05-31";
/// Largest request body, in bytes (25 MB in the service's model).
pub const MAX_BODY_BYTES: usize = 25_000_000;
