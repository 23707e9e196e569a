//! A stream of Converse's in OpenAI's chunks, event by event. The usage comes last, behind the reason.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use serde_json::json;
use wire::bedrock::{BlockDelta, BlockStart, ConverseEvent, Reasoning};
use wire::framing::FAILURE;
use wire::openai::ChatChunk;
use wire::sse::Event;
use world::ChunkBuf;

use crate::upstream::answer_form::ANSWER_TOOL;
use crate::upstream::chunk_writer::ChunkWriter;
use crate::upstream::dialect::{Broken, Gist, Interpreter, Opening};
use crate::upstream::forwarded::CONTENT_FILTER;

/// Who reads a stream.
pub(super) fn translator(at: Opening<'_>) -> Box<dyn Interpreter> {
    Box::new(Translator::new(at))
}

/// The state of one stream.
#[derive(Debug)]
struct Translator {
    chunks: ChunkWriter,
    /// Bedrock numbers blocks, OpenAI calls: block → call. Bounded by the answer's blocks.
    calls: BTreeMap<u32, u32>,
    /// The block that is an answer in JSON, which comes as a call.
    in_json: Option<u32>,
}

impl Translator {
    /// A translator at the start of a stream, which names neither itself nor its model.
    fn new(at: Opening<'_>) -> Self {
        let chunk = ChatChunk::new(&at.answer_id(), at.model, at.created);
        let chunks = ChunkWriter::new(chunk, at.include_usage);
        Self { chunks, calls: BTreeMap::new(), in_json: None }
    }

    fn translate(&mut self, event: ConverseEvent, finished: bool, out: &mut BytesMut) -> Gist {
        self.chunks.begin(out);
        let mut gist = Gist::default();
        match event {
            ConverseEvent::MessageStart { .. } | ConverseEvent::ContentBlockStop { .. } => {}
            ConverseEvent::ContentBlockStart { content_block_index, start } => {
                gist.output = self.begin(content_block_index, start, out);
            }
            ConverseEvent::ContentBlockDelta { content_block_index, delta } => {
                gist.output = self.grow(content_block_index, delta, out);
            }
            ConverseEvent::MessageStop { stop_reason } => {
                let reason = match super::finish_reason(&stop_reason) {
                    super::TOOL_CALLS if self.calls.is_empty() => "stop",
                    other => other,
                };
                self.chunks.finish(reason, out);
                (gist.finish, gist.filtered) = (true, reason == CONTENT_FILTER);
            }
            ConverseEvent::Metadata { .. } if !finished => {
                gist.broken = Some(Broken::Unfinished);
            }
            ConverseEvent::Metadata { usage, .. } => {
                let usage = super::reply::usage(&usage);
                self.chunks.end(Some(usage), out);
                (gist.done, gist.usage) = (true, Some(usage));
            }
        }
        gist
    }

    fn begin(&mut self, block: u32, start: BlockStart, out: &mut BytesMut) -> bool {
        let Some(tool) = start.tool_use else { return false };
        if tool.name == ANSWER_TOOL {
            self.in_json = Some(block);
            return false;
        }
        let index = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        self.calls.insert(block, index);
        self.chunks.call(index, (tool.tool_use_id, tool.name), String::new(), out);
        true
    }

    fn grow(&self, block: u32, delta: BlockDelta, out: &mut BytesMut) -> bool {
        let BlockDelta { text, tool_use, reasoning_content } = delta;
        let input = tool_use.map(|tool| tool.input).filter(|input| !input.is_empty());
        let (input, json) = match self.in_json == Some(block) {
            true => (None, input),
            false => (input, None),
        };
        let said = text.filter(|text| !text.is_empty()).or(json);
        let Reasoning { text: thought, signature, redacted_content, .. } =
            reasoning_content.unwrap_or_default();
        let thought = thought.filter(|thought| !thought.is_empty());
        let output = said.is_some() || input.is_some() || thought.is_some();
        if let Some(text) = said {
            self.chunks.words(&text, out);
        }
        if let Some(arguments) = input {
            let index = self.calls.get(&block).copied().unwrap_or_default();
            self.chunks.arguments(index, arguments, out);
        }
        if let Some(thought) = thought {
            self.chunks.thought(thought, out);
        }
        if let Some(signature) = signature.filter(|signature| !signature.is_empty()) {
            let block = json!({ "type": "thinking", "thinking": "", "signature": signature });
            self.chunks.thinking_block(block, out);
        }
        if let Some(data) = redacted_content {
            self.chunks.thinking_block(json!({ "type": "redacted_thinking", "data": data }), out);
        }
        output
    }
}

impl Interpreter for Translator {
    fn read(&mut self, event: Event, finished: bool, out: &mut ChunkBuf) -> Gist {
        let broken = |broken| Gist { broken: Some(broken), ..Gist::default() };
        let name = event.event.as_deref().unwrap_or_default();
        if name == FAILURE {
            return broken(Broken::Error(event.data));
        }
        let Ok(name) = std::str::from_utf8(name) else { return broken(Broken::Malformed) };
        if !ConverseEvent::NAMES.contains(&name) {
            // Of a later version: AWS's own readers skip it.
            return Gist::default();
        }
        let Some(event) = ConverseEvent::read(name, &event.data) else {
            return broken(Broken::Malformed);
        };
        let mut frames = BytesMut::new();
        let gist = self.translate(event, finished, &mut frames);
        if gist.broken.is_none() && !frames.is_empty() {
            out.push(frames.freeze());
        }
        gist
    }

    fn is_translated(&self) -> bool {
        true
    }

    fn stop(&self, _: Option<&Bytes>, _: u64) -> Option<Bytes> {
        Some(self.chunks.stop())
    }
}
