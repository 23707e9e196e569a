//! OpenAI's Responses API: a request of items, a reply of items, a stream of named events.
//!
//! Every event carries a `sequence_number` that grows by one; the frame's name repeats its `type`,
//! and nothing follows the last of them (`response.completed`, `.incomplete`, `.failed` or `error`):
//! there is no `[DONE]`. Errors before a stream are the envelope of [`super::ApiError`].

mod event;
mod reply;
mod request;
mod template;

pub use event::Event;
pub use reply::{
    FailedBecause, IncompleteBecause, InputTokensDetails, OutputItem, OutputPart,
    OutputTokensDetails, Response, SummaryPart, Usage,
};
pub use request::{InputItem, InputPart, Reasoning, ResponsesRequest, TextConfig};
pub use template::TextDeltaTemplate;

/// Path under `https://api.openai.com`; Azure has `/openai/v1/responses`.
pub const PATH: &str = "/v1/responses";
