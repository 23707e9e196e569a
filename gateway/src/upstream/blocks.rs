//! A stream of chat completions told block by block: one after another, each begun and ended. What a block and a message
//! look like is the [`BlockWriter`]'s business, of which there is one for each API that tells answers that way.
//!
//! It must never know a provider.

use std::fmt;

use bytes::BytesMut;
use serde_json::Value;
use wire::anthropic::OutputBlock;
use wire::openai::{ChatChunk, DONE, Delta, ToolCallDelta, Usage};

use super::retold::Teller;

/// Writes the events of one API.
pub(super) trait BlockWriter: fmt::Debug + Default + Send {
    /// A message begins.
    fn message(&self, id: &str, model: &str, out: &mut BytesMut);

    /// Block number `index` begins.
    fn begin(&self, index: u32, block: Begun<'_>, out: &mut BytesMut);

    /// It grows.
    fn grow(&self, index: u32, by: Growth<'_>, out: &mut BytesMut);

    /// It ends.
    fn end(&self, index: u32, out: &mut BytesMut);

    /// The message ends, for OpenAI's reason and at that cost.
    fn finish(&self, reason: &str, usage: &Usage, out: &mut BytesMut);
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun<'b> {
    Words,
    Thoughts,
    /// A thought that is not shown.
    Hidden(&'b str),
    Call {
        id: &'b str,
        name: &'b str,
    },
}

/// What a block grows by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growth<'b> {
    Words(&'b str),
    Thoughts(&'b str),
    /// What proves a thought.
    Proof(&'b str),
    /// A piece of a call's arguments.
    Arguments(&'b str),
}

/// The state of one stream.
#[derive(Debug, Default)]
pub(super) struct Blocks<W> {
    writer: W,
    begun: bool,
    /// The block that is open, and what it is.
    open: Option<(u32, Kind)>,
    /// Blocks so far.
    blocks: u32,
    finish: Option<String>,
    usage: Option<Usage>,
}

/// What a block is, as far as the next piece belongs to it or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Words,
    Thoughts,
    Hidden,
    /// The call of that number.
    Call(u32),
}

impl<W: BlockWriter> Blocks<W> {
    fn translate(&mut self, chunk: ChatChunk, out: &mut BytesMut) {
        if let Some(usage) = chunk.usage.flatten() {
            self.usage = Some(usage);
        }
        // The first frame of Azure's says nothing yet, and has no name.
        let Some(choice) = chunk.choices.into_iter().next() else { return };
        if !self.begun {
            self.begun = true;
            self.writer.message(&chunk.id, &chunk.model, out);
        }
        self.grow(choice.delta, out);
        self.finish = choice.finish_reason.or(self.finish.take());
    }

    fn grow(&mut self, delta: Delta, out: &mut BytesMut) {
        let Delta { content, refusal, reasoning_content, thinking_blocks, tool_calls, .. } = delta;
        if let Some(thinking) = reasoning_content.filter(|text| !text.is_empty()) {
            let index = self.block(Kind::Thoughts, Begun::Thoughts, out);
            self.writer.grow(index, Growth::Thoughts(&thinking), out);
        }
        for block in thinking_blocks.unwrap_or_default() {
            self.prove(block, out);
        }
        for text in [content, refusal].into_iter().flatten().flatten() {
            if !text.is_empty() {
                let index = self.block(Kind::Words, Begun::Words, out);
                self.writer.grow(index, Growth::Words(&text), out);
            }
        }
        for call in tool_calls.unwrap_or_default() {
            self.call(&call, out);
        }
    }

    /// The proof of the thought that came before, by which it ends, or a thought that is not shown.
    fn prove(&mut self, block: Value, out: &mut BytesMut) {
        match serde_json::from_value(block) {
            Ok(OutputBlock::Thinking { signature, .. }) if !signature.is_empty() => {
                let index = self.block(Kind::Thoughts, Begun::Thoughts, out);
                self.writer.grow(index, Growth::Proof(&signature), out);
                self.end_block(out);
            }
            Ok(OutputBlock::RedactedThinking { data }) => {
                self.block(Kind::Hidden, Begun::Hidden(&data), out);
                self.end_block(out);
            }
            Ok(_) | Err(_) => {}
        }
    }

    fn call(&mut self, call: &ToolCallDelta, out: &mut BytesMut) {
        let function = call.function.as_ref();
        let name = function.and_then(|function| function.name.as_deref()).unwrap_or_default();
        let begun = Begun::Call { id: call.id.as_deref().unwrap_or_default(), name };
        let index = self.block(Kind::Call(call.index), begun, out);
        let piece = function.and_then(|function| function.arguments.as_deref());
        if let Some(piece) = piece.filter(|piece| !piece.is_empty()) {
            self.writer.grow(index, Growth::Arguments(piece), out);
        }
    }

    /// The open block if it is of that kind, else a new one.
    fn block(&mut self, kind: Kind, begun: Begun<'_>, out: &mut BytesMut) -> u32 {
        match self.open {
            Some((index, open)) if open == kind => index,
            Some(_) | None => {
                self.end_block(out);
                let index = self.blocks;
                self.blocks += 1;
                self.open = Some((index, kind));
                self.writer.begin(index, begun, out);
                index
            }
        }
    }

    fn end_block(&mut self, out: &mut BytesMut) {
        if let Some((index, _)) = self.open.take() {
            self.writer.end(index, out);
        }
    }
}

impl<W: BlockWriter> Teller for Blocks<W> {
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
            self.writer.message("", "", out);
        }
        if let Some((index, _)) = self.open {
            self.writer.end(index, out);
        }
        let reason = self.finish.as_deref().unwrap_or_default();
        self.writer.finish(reason, &self.usage.unwrap_or_default(), out);
    }
}
