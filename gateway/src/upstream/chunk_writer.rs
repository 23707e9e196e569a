//! Writes the chunks of a stream that is translated to chat completions: the role first, then what the answer grows
//! by, then why it ended and what it cost.
//!
//! It must never know whose stream it is.

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use wire::openai::{ChatChunk, ChunkTemplate, Delta, FunctionDelta, ToolCallDelta, Usage};
use wire::sse::encode;

use super::chunks::stop_frame;
use super::pictures;

/// The chunks of one stream.
#[derive(Debug)]
pub(super) struct ChunkWriter {
    include_usage: bool,
    /// What every chunk has in common.
    chunk: ChatChunk,
    words: ChunkTemplate,
    begun: bool,
}

impl ChunkWriter {
    /// A writer of chunks like `chunk`; `include_usage` is the client's wish.
    pub(super) fn new(chunk: ChatChunk, include_usage: bool) -> Self {
        let words = ChunkTemplate::new(&chunk);
        Self { include_usage, chunk, words, begun: false }
    }

    /// The id of the answer.
    pub(super) fn id(&self) -> &str {
        &self.chunk.id
    }

    /// Names the role, once.
    pub(super) fn begin(&mut self, out: &mut BytesMut) {
        if !std::mem::replace(&mut self.begun, true) {
            self.chunk.clone().with_role().write_frame(out);
        }
    }

    /// Words.
    pub(super) fn words(&self, text: &str, out: &mut BytesMut) {
        self.words.write_content(out, text);
    }

    /// A piece of a thought.
    pub(super) fn thought(&self, text: String, out: &mut BytesMut) {
        self.delta(Delta { reasoning_content: Some(text), ..Delta::default() }, out);
    }

    /// What proves the thought that came before, or a thought that is not shown: a block of Anthropic's.
    pub(super) fn thinking_block(&self, block: Value, out: &mut BytesMut) {
        self.delta(Delta { thinking_blocks: Some(vec![block]), ..Delta::default() }, out);
    }

    /// The beginning of call number `index`, or all of it.
    pub(super) fn call(
        &self,
        index: u32,
        (id, name): (String, String),
        arguments: String,
        out: &mut BytesMut,
    ) {
        let function = FunctionDelta { name: Some(name), arguments: Some(arguments) };
        let (id, kind) = (Some(id), Some("function".to_owned()));
        self.call_delta(ToolCallDelta { index, id, kind, function: Some(function) }, out);
    }

    /// The next piece of the arguments of call number `index`.
    pub(super) fn arguments(&self, index: u32, piece: String, out: &mut BytesMut) {
        let function = Some(FunctionDelta { name: None, arguments: Some(piece) });
        self.call_delta(ToolCallDelta { index, function, ..ToolCallDelta::default() }, out);
    }

    fn call_delta(&self, call: ToolCallDelta, out: &mut BytesMut) {
        self.delta(Delta { tool_calls: Some(vec![call]), ..Delta::default() }, out);
    }

    fn delta(&self, delta: Delta, out: &mut BytesMut) {
        let mut chunk = self.chunk.clone();
        if let Some(choice) = chunk.choices.first_mut() {
            choice.delta = delta;
        }
        chunk.write_frame(out);
    }

    /// A picture, at that data URL.
    pub(super) fn picture(&self, url: &str, out: &mut BytesMut) {
        self.delta(Delta { images: Some(vec![pictures::picture(url)]), ..Delta::default() }, out);
    }

    /// Citations of the words so far.
    pub(super) fn annotations(&self, annotations: Vec<Value>, out: &mut BytesMut) {
        self.delta(Delta { annotations: Some(annotations), ..Delta::default() }, out);
    }

    /// What only the provider says.
    pub(super) fn provider_specific(&self, fields: Value, out: &mut BytesMut) {
        self.delta(Delta { provider_specific_fields: Some(fields), ..Delta::default() }, out);
    }

    /// Words in the place of an answer.
    pub(super) fn refusal(&self, text: String, out: &mut BytesMut) {
        self.delta(Delta { refusal: Some(Some(text)), ..Delta::default() }, out);
    }

    /// Says why the answer ended; `native` is the provider's word where OpenAI has none like it.
    pub(super) fn finish(&self, reason: &str, native: Option<&str>, out: &mut BytesMut) {
        let mut chunk = self.chunk.clone().with_finish(reason);
        if let Some(choice) = chunk.choices.first_mut() {
            choice.provider_specific_fields = native.map(native_finish);
        }
        chunk.write_frame(out);
    }

    /// The end of the stream, behind what it cost where the client wants to know and the provider says so.
    pub(super) fn end(&self, usage: Option<Usage>, out: &mut BytesMut) {
        if let Some(usage) = usage.filter(|_| self.include_usage) {
            self.chunk.clone().with_usage(usage).write_frame(out);
        }
        out.extend_from_slice(encode::DONE);
    }

    /// The frame that says for the provider that the answer ended of itself.
    pub(super) fn stop(&self) -> Bytes {
        stop_frame(self.chunk.clone())
    }
}

/// A provider's own word for why an answer ended, as LiteLLM tells it.
pub(super) fn native_finish(native: &str) -> Value {
    json!({ "native_finish_reason": native })
}
