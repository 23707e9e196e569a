//! The frames of a Converse stream, of which a stream of chat completions is made.

use bytes::BytesMut;
use wire::bedrock::{BlockDelta, ConverseEvent, Reasoning};
use wire::openai::Usage;

use super::reply::usage;
use crate::upstream::blocks::{Begun, BlockWriter, Growth};

/// Writes them, without the padding by which AWS hides how long an event is.
#[derive(Debug, Default)]
pub(super) struct Frames;

fn write(event: &ConverseEvent, out: &mut BytesMut) {
    event.write_frame(out, 0);
}

impl BlockWriter for Frames {
    fn message(&self, _: &str, _: &str, out: &mut BytesMut) {
        write(&ConverseEvent::MessageStart { role: "assistant".to_owned() }, out);
    }

    /// Only calls need to be announced; a thought that is not shown comes whole.
    fn begin(&self, index: u32, block: Begun<'_>, out: &mut BytesMut) {
        match block {
            Begun::Words | Begun::Thoughts => {}
            Begun::Hidden(data) => {
                let redacted_content = Some(data.to_owned());
                let thought = Reasoning { redacted_content, ..Reasoning::default() };
                let reasoning_content = Some(thought);
                let delta = BlockDelta { reasoning_content, ..BlockDelta::default() };
                write(&ConverseEvent::ContentBlockDelta { content_block_index: index, delta }, out);
            }
            Begun::Call { id, name } => write(&ConverseEvent::tool_start(index, id, name), out),
        }
    }

    fn grow(&self, index: u32, by: Growth<'_>, out: &mut BytesMut) {
        let event = match by {
            Growth::Words(text) => ConverseEvent::text(index, text),
            Growth::Thoughts(text) => ConverseEvent::thought(index, text),
            Growth::Proof(proof) => ConverseEvent::signature(index, proof),
            Growth::Arguments(json) => ConverseEvent::tool_input(index, json),
        };
        write(&event, out);
    }

    fn end(&self, index: u32, out: &mut BytesMut) {
        write(&ConverseEvent::ContentBlockStop { content_block_index: index }, out);
    }

    fn finish(&self, reason: &str, counted: &Usage, out: &mut BytesMut) {
        let stop_reason = super::stop_reason(reason).to_owned();
        write(&ConverseEvent::MessageStop { stop_reason }, out);
        write(&ConverseEvent::Metadata { usage: usage(counted), metrics: None }, out);
    }
}
