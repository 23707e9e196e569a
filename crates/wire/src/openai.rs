//! OpenAI: chat completions with their streams, errors, limits and the list of models; beside them
//! the Responses API ([`responses`]), embeddings, moderations and the older text completions.
//!
//! Who only forwards uses [`RequestHead`] (one pass over a request) and [`peek()`] (one pass over a
//! chunk); who must understand or author uses the typed values. Azure speaks the same bodies, so the
//! few members only Azure sends are optional here and defined in [`crate::azure`].

mod chunk;
mod completions;
mod embeddings;
mod error;
mod head;
mod headers;
mod models;
mod moderations;
mod peek;
mod reply;
mod request;
pub mod responses;
mod splice;
mod template;

pub use chunk::{ChatChunk, ChunkChoice, Delta, FunctionDelta, ToolCallDelta};
pub use completions::{COMPLETIONS_PATH, CompletionChoice, CompletionReply, CompletionRequest};
pub use embeddings::{
    EMBEDDINGS_PATH, Embedding, EmbeddingInput, EmbeddingReply, EmbeddingRequest, EmbeddingUsage,
    Vector,
};
pub use error::{ApiError, Dimension, ErrorDetail, RateLimited};
pub use head::{HeadError, MAX_BODY_BYTES, RequestHead, is_gateway_only};
pub use headers::{RateLimits, format_go_duration, parse_go_duration};
pub use models::{Model, ModelList};
pub use moderations::{
    CATEGORIES, MODERATIONS_PATH, Moderation, ModerationReply, ModerationRequest,
};
pub use peek::{Peek, PeekKind, peek};
pub use reply::{
    ChatReply, Choice, CompletionTokensDetails, PromptTokensDetails, ReplyMessage, Usage,
};
pub use request::{
    ChatRequest, ContentPart, FunctionCall, FunctionSpec, ImageUrl, Message, Role, StreamOptions,
    Tool, ToolCall,
};
pub use splice::{
    splice_model, upstream_body, upstream_body_without_metadata, upstream_body_without_model,
};
pub use template::ChunkTemplate;

/// Path of chat completions under `https://api.openai.com`; proxies also accept it without `/v1`.
pub const CHAT_COMPLETIONS_PATH: &str = "/v1/chat/completions";
/// Path of the list of models.
pub const MODELS_PATH: &str = "/v1/models";
/// Header that carries `Bearer <key>`.
pub const AUTHORIZATION: &str = "authorization";
/// Header with the provider's id of an answer; the SDKs print it in their exceptions.
pub const REQUEST_ID: &str = "x-request-id";
/// The data of the frame that ends a stream.
pub const DONE: &[u8] = b"[DONE]";
