//! One event of a stream.

#![expect(missing_docs, reason = "fields are OpenAI's own, under the names of its reference")]

use bytes::BytesMut;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{OutputItem, OutputPart, Response, SummaryPart};
use crate::{error_reply::to_json, sse::encode};

/// The data of one frame; the frame's name repeats its `type`.
///
/// Order: `created`, `in_progress`; per item `output_item.added`, what it is made of (per part
/// `content_part.added`, `output_text.delta`s, `output_text.done`, `content_part.done`; of a call
/// `function_call_arguments.delta`s and `.done`), `output_item.done`; then `completed`, `incomplete`
/// or `failed`. `error` may stand instead of the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Event {
    #[serde(rename = "response.created")]
    Created {
        /// Grows by one from event to event.
        sequence_number: u64,
        /// The reply so far.
        response: Box<Response>,
    },
    /// The reply waits for its turn; background replies only.
    #[serde(rename = "response.queued")]
    Queued {
        /// Grows by one from event to event.
        sequence_number: u64,
        /// The reply so far.
        response: Box<Response>,
    },
    /// The model is at work.
    #[serde(rename = "response.in_progress")]
    InProgress {
        /// Grows by one from event to event.
        sequence_number: u64,
        /// The reply so far.
        response: Box<Response>,
    },
    /// The last event: all is said.
    #[serde(rename = "response.completed")]
    Completed {
        /// Grows by one from event to event.
        sequence_number: u64,
        /// The reply so far.
        response: Box<Response>,
    },
    /// The last event: something cut the reply short.
    #[serde(rename = "response.incomplete")]
    Incomplete {
        /// Grows by one from event to event.
        sequence_number: u64,
        /// The reply so far.
        response: Box<Response>,
    },
    /// The last event: the reply failed.
    #[serde(rename = "response.failed")]
    Failed {
        /// Grows by one from event to event.
        sequence_number: u64,
        /// The reply so far.
        response: Box<Response>,
    },
    /// An item begins, still empty.
    #[serde(rename = "response.output_item.added")]
    OutputItemAdded {
        /// Grows by one from event to event.
        sequence_number: u64,
        /// Which item, 0-based.
        output_index: u32,
        item: OutputItem,
    },
    /// An item is complete.
    #[serde(rename = "response.output_item.done")]
    OutputItemDone {
        /// Grows by one from event to event.
        sequence_number: u64,
        /// Which item, 0-based.
        output_index: u32,
        item: OutputItem,
    },
    /// A message's part begins, still empty.
    #[serde(rename = "response.content_part.added")]
    ContentPartAdded {
        /// Grows by one from event to event.
        sequence_number: u64,
        item_id: String,
        /// Which item, 0-based.
        output_index: u32,
        /// Which part, 0-based.
        content_index: u32,
        part: OutputPart,
    },
    /// A message's part is complete.
    #[serde(rename = "response.content_part.done")]
    ContentPartDone {
        /// Grows by one from event to event.
        sequence_number: u64,
        item_id: String,
        /// Which item, 0-based.
        output_index: u32,
        /// Which part, 0-based.
        content_index: u32,
        part: OutputPart,
    },
    #[serde(rename = "response.output_text.delta")]
    OutputTextDelta {
        /// Grows by one from event to event.
        sequence_number: u64,
        item_id: String,
        /// Which item, 0-based.
        output_index: u32,
        /// Which part, 0-based.
        content_index: u32,
        delta: String,
        /// Token probabilities, if asked for.
        #[serde(default)]
        logprobs: Vec<Value>,
        /// Padding that hides the length of the text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        obfuscation: Option<String>,
    },
    /// A message's words in all.
    #[serde(rename = "response.output_text.done")]
    OutputTextDone {
        /// Grows by one from event to event.
        sequence_number: u64,
        item_id: String,
        /// Which item, 0-based.
        output_index: u32,
        /// Which part, 0-based.
        content_index: u32,
        text: String,
        /// Token probabilities, if asked for.
        #[serde(default)]
        logprobs: Vec<Value>,
    },
    #[serde(rename = "response.refusal.delta")]
    RefusalDelta {
        /// Grows by one from event to event.
        sequence_number: u64,
        item_id: String,
        /// Which item, 0-based.
        output_index: u32,
        /// Which part, 0-based.
        content_index: u32,
        delta: String,
    },
    /// A refusal's words in all.
    #[serde(rename = "response.refusal.done")]
    RefusalDone {
        /// Grows by one from event to event.
        sequence_number: u64,
        item_id: String,
        /// Which item, 0-based.
        output_index: u32,
        /// Which part, 0-based.
        content_index: u32,
        refusal: String,
    },
    /// A call's arguments grow.
    #[serde(rename = "response.function_call_arguments.delta")]
    ArgumentsDelta {
        /// Grows by one from event to event.
        sequence_number: u64,
        item_id: String,
        /// Which item, 0-based.
        output_index: u32,
        delta: String,
    },
    /// A call's arguments in all.
    #[serde(rename = "response.function_call_arguments.done")]
    ArgumentsDone {
        /// Grows by one from event to event.
        sequence_number: u64,
        item_id: String,
        /// Which item, 0-based.
        output_index: u32,
        arguments: String,
    },
    /// A part of what is shown of a thought begins.
    #[serde(rename = "response.reasoning_summary_part.added")]
    SummaryPartAdded {
        /// Grows by one from event to event.
        sequence_number: u64,
        item_id: String,
        /// Which item, 0-based.
        output_index: u32,
        /// Which part, 0-based.
        summary_index: u32,
        part: SummaryPart,
    },
    #[serde(rename = "response.reasoning_summary_text.delta")]
    SummaryTextDelta {
        /// Grows by one from event to event.
        sequence_number: u64,
        item_id: String,
        /// Which item, 0-based.
        output_index: u32,
        /// Which part, 0-based.
        summary_index: u32,
        delta: String,
    },
    /// Its words in all.
    #[serde(rename = "response.reasoning_summary_text.done")]
    SummaryTextDone {
        /// Grows by one from event to event.
        sequence_number: u64,
        item_id: String,
        /// Which item, 0-based.
        output_index: u32,
        /// Which part, 0-based.
        summary_index: u32,
        text: String,
    },
    #[serde(rename = "response.reasoning_summary_part.done")]
    SummaryPartDone {
        /// Grows by one from event to event.
        sequence_number: u64,
        item_id: String,
        /// Which item, 0-based.
        output_index: u32,
        /// Which part, 0-based.
        summary_index: u32,
        part: SummaryPart,
    },
    #[serde(rename = "error")]
    Error {
        /// Grows by one from event to event.
        #[serde(default)]
        sequence_number: u64,
        code: Option<String>,
        message: String,
        /// The request's member at fault.
        param: Option<String>,
    },
    /// An event of a later version; skip it.
    #[serde(other)]
    Unknown,
}

impl Event {
    /// The frame's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "response.created",
            Self::Queued { .. } => "response.queued",
            Self::InProgress { .. } => "response.in_progress",
            Self::Completed { .. } => "response.completed",
            Self::Incomplete { .. } => "response.incomplete",
            Self::Failed { .. } => "response.failed",
            Self::OutputItemAdded { .. } => "response.output_item.added",
            Self::OutputItemDone { .. } => "response.output_item.done",
            Self::ContentPartAdded { .. } => "response.content_part.added",
            Self::ContentPartDone { .. } => "response.content_part.done",
            Self::OutputTextDelta { .. } => "response.output_text.delta",
            Self::OutputTextDone { .. } => "response.output_text.done",
            Self::RefusalDelta { .. } => "response.refusal.delta",
            Self::RefusalDone { .. } => "response.refusal.done",
            Self::ArgumentsDelta { .. } => "response.function_call_arguments.delta",
            Self::ArgumentsDone { .. } => "response.function_call_arguments.done",
            Self::SummaryPartAdded { .. } => "response.reasoning_summary_part.added",
            Self::SummaryTextDelta { .. } => "response.reasoning_summary_text.delta",
            Self::SummaryTextDone { .. } => "response.reasoning_summary_text.done",
            Self::SummaryPartDone { .. } => "response.reasoning_summary_part.done",
            Self::Error { .. } => "error",
            Self::Unknown => "unknown",
        }
    }

    /// Appends the event as a frame.
    pub fn write_frame(&self, out: &mut BytesMut) {
        encode::event(out, self.name(), &to_json(self));
    }
}
