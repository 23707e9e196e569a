//! Google Gemini: generateContent and its neighbours, as the Gemini API and Vertex AI speak them.
//!
//! The model and the method stand in the path (`…/models/{model}:{method}`). A stream is a series of
//! whole [`GenerateReply`]s, each with the words that are new and the usage so far; nothing marks
//! its end but a finish reason. With `alt=sse` they come as frames that end in CRLF CRLF, which is
//! what Google's own edge writes; without it they are the elements of one JSON array. A blocked
//! prompt is no error but a 200 with `promptFeedback` and no candidates.

mod content;
mod error;
mod list;
mod peek;
mod predict;
mod reply;
mod request;
mod stream;
mod template;
mod tokens;

pub use content::{Content, FunctionCall, FunctionResponse, Part};
pub use error::{ApiError, Detail, ErrorLink, QuotaSpent, QuotaViolation, RpcStatus};
pub use list::{Model, ModelList};
pub use peek::{Peek, PeekKind, peek};
pub use predict::{
    PredictParameters, PredictReply, PredictRequest, Prediction, TextEmbedding, TextInstance,
    TextStatistics,
};
pub use reply::{
    Candidate, GenerateReply, ModalityTokenCount, PromptFeedback, SafetyRating, UsageMetadata,
};
pub use request::{
    FunctionCallingConfig, FunctionDeclaration, GenerateRequest, GenerationConfig, ThinkingConfig,
    Tool, ToolConfig,
};
pub use stream::{
    IsFirst, write_array_element, write_array_end, write_array_error, write_error_frame,
    write_sse_frame,
};
pub use template::TextTemplate;
pub use tokens::{
    BatchEmbedReply, BatchEmbedRequest, CountTokensReply, CountTokensRequest, EmbedReply,
    EmbedRequest, Embedding,
};

/// Header that carries the key; `?key=` and `authorization: Bearer` are accepted as well.
pub const API_KEY: &str = "x-goog-api-key";
