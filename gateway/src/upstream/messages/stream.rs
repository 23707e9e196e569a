//! The events of Messages, of which a stream of chat completions is made.

use bytes::BytesMut;
use serde_json::{Map, Value};
use wire::anthropic::{
    BlockDelta, DeltaUsage, MessageDelta, MessagesReply, OutputBlock, StreamEvent, Usage,
};
use wire::openai::Usage as ChatUsage;

use super::reply::usage;
use crate::upstream::blocks::{Begun, BlockWriter, Growth};

/// Writes them.
#[derive(Debug, Default)]
pub(super) struct Events;

impl BlockWriter for Events {
    fn message(&self, id: &str, model: &str, out: &mut BytesMut) {
        let message = MessagesReply::begun(id, model, Usage::default());
        StreamEvent::MessageStart { message }.write_frame(out);
    }

    fn begin(&self, index: u32, block: Begun<'_>, out: &mut BytesMut) {
        let content_block = match block {
            Begun::Words => OutputBlock::Text { text: String::new() },
            Begun::Thoughts => {
                OutputBlock::Thinking { thinking: String::new(), signature: String::new() }
            }
            Begun::Hidden(data) => OutputBlock::RedactedThinking { data: data.to_owned() },
            Begun::Call { id, name } => OutputBlock::ToolUse {
                id: id.to_owned(),
                name: name.to_owned(),
                input: Value::Object(Map::new()),
            },
        };
        StreamEvent::ContentBlockStart { index, content_block }.write_frame(out);
    }

    fn grow(&self, index: u32, by: Growth<'_>, out: &mut BytesMut) {
        let delta = match by {
            Growth::Words(text) => {
                StreamEvent::text(index, text).write_frame(out);
                return;
            }
            Growth::Thoughts(text) => BlockDelta::ThinkingDelta { thinking: text.to_owned() },
            Growth::Proof(proof) => BlockDelta::SignatureDelta { signature: proof.to_owned() },
            Growth::Arguments(json) => BlockDelta::InputJsonDelta { partial_json: json.to_owned() },
        };
        StreamEvent::ContentBlockDelta { index, delta }.write_frame(out);
    }

    fn end(&self, index: u32, out: &mut BytesMut) {
        StreamEvent::ContentBlockStop { index }.write_frame(out);
    }

    fn finish(&self, reason: &str, counted: &ChatUsage, out: &mut BytesMut) {
        let counted = usage(counted);
        let stop_reason = Some(super::stop_reason(reason).to_owned());
        let delta = MessageDelta { stop_reason, stop_sequence: None };
        let usage = DeltaUsage {
            output_tokens: counted.output_tokens,
            input_tokens: Some(counted.input_tokens),
            cache_creation_input_tokens: counted.cache_creation_input_tokens,
            cache_read_input_tokens: counted.cache_read_input_tokens,
        };
        StreamEvent::MessageDelta { delta, usage }.write_frame(out);
        StreamEvent::MessageStop.write_frame(out);
    }
}
