//! A stream of chat completions in the events of Messages: one block after another, each begun and ended.

use bytes::BytesMut;
use serde_json::Value;
use wire::anthropic::{
    BlockDelta, DeltaUsage, MessageDelta, MessagesReply, OutputBlock, StreamEvent, Usage,
};
use wire::openai::{ChatChunk, DONE, Delta, ToolCallDelta, Usage as ChatUsage};

use super::reply::usage;
use crate::upstream::retold::Teller;

/// The state of one stream.
#[derive(Debug, Default)]
pub(super) struct Translator {
    begun: bool,
    /// The block that is open, and what it is.
    open: Option<(u32, Kind)>,
    /// Blocks so far.
    blocks: u32,
    finish: Option<String>,
    usage: Option<ChatUsage>,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Words,
    Thoughts,
    /// Thoughts that are not shown.
    Hidden,
    /// The call of that number.
    Call(u32),
}

impl Translator {
    fn translate(&mut self, chunk: ChatChunk, out: &mut BytesMut) {
        if let Some(usage) = chunk.usage.flatten() {
            self.usage = Some(usage);
        }
        // The first frame of Azure's says nothing yet, and has no name.
        let Some(choice) = chunk.choices.into_iter().next() else { return };
        if !self.begun {
            self.begun = true;
            let message = MessagesReply::begun(&chunk.id, &chunk.model, Usage::default());
            StreamEvent::MessageStart { message }.write_frame(out);
        }
        self.grow(choice.delta, out);
        self.finish = choice.finish_reason.or(self.finish.take());
    }

    fn grow(&mut self, delta: Delta, out: &mut BytesMut) {
        let Delta { content, refusal, reasoning_content, thinking_blocks, tool_calls, .. } = delta;
        if let Some(thinking) = reasoning_content.filter(|text| !text.is_empty()) {
            self.think(BlockDelta::ThinkingDelta { thinking }, out);
        }
        for block in thinking_blocks.unwrap_or_default() {
            self.prove(block, out);
        }
        for text in [content, refusal].into_iter().flatten().flatten() {
            if !text.is_empty() {
                let index = self.block(Kind::Words, OutputBlock::Text { text: String::new() }, out);
                StreamEvent::text(index, &text).write_frame(out);
            }
        }
        for call in tool_calls.unwrap_or_default() {
            self.call(call, out);
        }
    }

    fn think(&mut self, delta: BlockDelta, out: &mut BytesMut) {
        let block = OutputBlock::Thinking { thinking: String::new(), signature: String::new() };
        let index = self.block(Kind::Thoughts, block, out);
        StreamEvent::ContentBlockDelta { index, delta }.write_frame(out);
    }

    /// The proof of the thought that came before, by which it ends, or a thought that is not shown.
    fn prove(&mut self, block: Value, out: &mut BytesMut) {
        match serde_json::from_value(block) {
            Ok(OutputBlock::Thinking { signature, .. }) if !signature.is_empty() => {
                self.think(BlockDelta::SignatureDelta { signature }, out);
                self.end_block(out);
            }
            Ok(block @ OutputBlock::RedactedThinking { .. }) => {
                self.block(Kind::Hidden, block, out);
                self.end_block(out);
            }
            Ok(_) | Err(_) => {}
        }
    }

    fn call(&mut self, call: ToolCallDelta, out: &mut BytesMut) {
        let function = call.function.unwrap_or_default();
        let block = OutputBlock::ToolUse {
            id: call.id.unwrap_or_default(),
            name: function.name.unwrap_or_default(),
            input: serde_json::Value::Object(serde_json::Map::new()),
        };
        let index = self.block(Kind::Call(call.index), block, out);
        if let Some(partial_json) = function.arguments.filter(|json| !json.is_empty()) {
            let delta = BlockDelta::InputJsonDelta { partial_json };
            StreamEvent::ContentBlockDelta { index, delta }.write_frame(out);
        }
    }

    /// The open block if it is of that kind, else a new one that begins with `block`.
    fn block(&mut self, kind: Kind, content_block: OutputBlock, out: &mut BytesMut) -> u32 {
        match self.open {
            Some((index, open)) if open == kind => index,
            Some(_) | None => {
                self.end_block(out);
                let index = self.blocks;
                self.blocks += 1;
                self.open = Some((index, kind));
                StreamEvent::ContentBlockStart { index, content_block }.write_frame(out);
                index
            }
        }
    }

    fn end_block(&mut self, out: &mut BytesMut) {
        if let Some((index, _)) = self.open.take() {
            StreamEvent::ContentBlockStop { index }.write_frame(out);
        }
    }
}

impl Teller for Translator {
    fn tell(&mut self, data: &[u8], out: &mut BytesMut) -> bool {
        if data.trim_ascii() == DONE {
            self.end(out);
            return true;
        }
        let Ok(chunk) = serde_json::from_slice(data) else { return false };
        self.translate(chunk, out);
        true
    }

    /// What ends a message: its last block, why it ended, what it cost.
    fn end(&self, out: &mut BytesMut) {
        if !self.begun {
            // Nothing came but the end, and an end alone is no message.
            let message = MessagesReply::begun("", "", Usage::default());
            StreamEvent::MessageStart { message }.write_frame(out);
        }
        if let Some((index, _)) = self.open {
            StreamEvent::ContentBlockStop { index }.write_frame(out);
        }
        let counted = usage(&self.usage.unwrap_or_default());
        let reason = super::stop_reason(self.finish.as_deref().unwrap_or_default());
        let delta = MessageDelta { stop_reason: Some(reason.to_owned()), stop_sequence: None };
        let usage = DeltaUsage {
            output_tokens: counted.output_tokens,
            input_tokens: Some(counted.input_tokens),
            cache_creation_input_tokens: None,
            cache_read_input_tokens: counted.cache_read_input_tokens,
        };
        StreamEvent::MessageDelta { delta, usage }.write_frame(out);
        StreamEvent::MessageStop.write_frame(out);
    }
}
