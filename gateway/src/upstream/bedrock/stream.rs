//! A stream of Converse's in OpenAI's chunks, event by event. The usage comes last, behind the reason.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use wire::bedrock::{BlockDelta, BlockStart, ConverseEvent, Reasoning};
use wire::framing::FAILURE;
use wire::openai::ChatChunk;
use wire::sse::Event;
use world::ChunkBuf;

use crate::upstream::answer_form::ANSWER_TOOL;
use crate::upstream::beside_json::Words;
use crate::upstream::chunk_writer::ChunkWriter;
use crate::upstream::citations::Letters;
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
    words: Words,
    /// Where in the words citations stand, and what those of the open block say.
    letters: Letters,
    cited: Vec<Value>,
}

impl Translator {
    /// A translator at the start of a stream, which names neither itself nor its model.
    fn new(at: Opening<'_>) -> Self {
        let chunk = ChatChunk::new(&at.answer_id(), at.model, at.created);
        let chunks = ChunkWriter::new(chunk, at.include_usage);
        Self {
            chunks,
            calls: BTreeMap::new(),
            in_json: None,
            words: Words::at(&at),
            letters: Letters::default(),
            cited: Vec::new(),
        }
    }

    fn translate(&mut self, event: ConverseEvent, finished: bool, out: &mut BytesMut) -> Gist {
        self.chunks.begin(out);
        let mut gist = Gist::default();
        match event {
            ConverseEvent::MessageStart { .. } => {}
            ConverseEvent::ContentBlockStop { .. } => self.end_block(out),
            ConverseEvent::ContentBlockStart { content_block_index, start } => {
                gist.output = self.begin(content_block_index, start, out);
            }
            ConverseEvent::ContentBlockDelta { content_block_index, delta } => {
                gist.output = self.grow(content_block_index, delta, out);
            }
            ConverseEvent::MessageStop { stop_reason } => {
                let native = super::native_finish(&stop_reason);
                let reason = match super::finish_reason(&stop_reason) {
                    super::TOOL_CALLS if self.calls.is_empty() => "stop",
                    other => other,
                };
                gist.output = self.words.end(&self.chunks, out);
                self.chunks.finish(reason, native, out);
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
            // Of several the first.
            self.in_json.get_or_insert(block);
            self.words.superseded();
            return false;
        }
        let index = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        self.calls.insert(block, index);
        self.chunks.call(index, (tool.tool_use_id, tool.name), String::new(), out);
        true
    }

    fn grow(&mut self, block: u32, delta: BlockDelta, out: &mut BytesMut) -> bool {
        let BlockDelta { text, tool_use, reasoning_content, citation } = delta;
        self.cited.extend(citation.filter(|_| self.in_json.is_none()));
        let input = tool_use.map(|tool| tool.input).filter(|input| !input.is_empty());
        let (input, json) = match self.in_json == Some(block) {
            true => (None, input),
            false => (input, None),
        };
        let said = text.filter(|text| !text.is_empty());
        let Reasoning { text: thought, signature, redacted_content, .. } =
            reasoning_content.unwrap_or_default();
        let thought = thought.filter(|thought| !thought.is_empty());
        let mut output = json.is_some() || input.is_some() || thought.is_some();
        if let Some(text) = said {
            self.letters.add(&text);
            output |= self.words.say(&text, &self.chunks, out);
        }
        if let Some(json) = json {
            self.chunks.words(&json, out);
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

impl Translator {
    fn end_block(&mut self, out: &mut BytesMut) {
        let cited = std::mem::take(&mut self.cited);
        let letters = |citation| super::annotated(citation, self.letters.of_block());
        let annotations: Vec<Value> = cited.iter().filter_map(letters).collect();
        if !annotations.is_empty() {
            self.chunks.annotations(annotations, out);
        }
        self.letters.begin();
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

    fn kept(&mut self) -> Option<Bytes> {
        let mut out = BytesMut::new();
        self.words.end(&self.chunks, &mut out).then(|| out.freeze())
    }

    fn stop(&self, _: Option<&Bytes>, _: u64) -> Option<Bytes> {
        Some(self.chunks.stop())
    }
}
