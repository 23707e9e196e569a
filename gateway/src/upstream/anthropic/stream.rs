//! A stream of Anthropic's in OpenAI's chunks, frame by frame.
//!
//! Words go through a template; everything rarer is decoded.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use wire::anthropic::{BlockDelta, MessageDelta, OutputBlock, PeekKind, StreamEvent, peek};
use wire::openai::{ChatChunk, Usage};
use wire::sse::Event;

use super::citations;
use crate::upstream::answer_form::ANSWER_TOOL;
use crate::upstream::beside_json::Words;
use crate::upstream::chunk_writer::ChunkWriter;
use crate::upstream::citations::Letters;
use crate::upstream::dialect::{Broken, Gist, Interpreter, Opening};
use crate::upstream::forwarded::CONTENT_FILTER;
use world::ChunkBuf;

/// Who reads a stream.
pub(in crate::upstream) fn translator(at: Opening<'_>) -> Box<dyn Interpreter> {
    Box::new(Translator::new(at))
}

/// The state of one stream.
#[derive(Debug)]
struct Translator {
    /// Unix seconds that every chunk repeats.
    created: u64,
    include_usage: bool,
    /// Named by `message_start`.
    chunks: ChunkWriter,
    /// Anthropic numbers blocks, OpenAI calls: block → call. Bounded by the answer's blocks.
    calls: BTreeMap<u32, u32>,
    /// The block that is an answer in JSON, which comes as a call.
    in_json: Option<u32>,
    words: Words,
    /// Where in the words citations stand, and what those of the open block say.
    letters: Letters,
    cited: Vec<Value>,
    usage: wire::anthropic::Usage,
}

impl Interpreter for Translator {
    fn read(&mut self, event: Event, _: bool, out: &mut ChunkBuf) -> Gist {
        let mut frames = BytesMut::new();
        let gist = self.translate(&event, &mut frames);
        if !frames.is_empty() {
            out.push(frames.freeze());
        }
        gist
    }

    fn is_translated(&self) -> bool {
        true
    }

    /// Anthropic's errors say so in their `type`; an event's name alone says nothing.
    fn reports(&self, data: &[u8]) -> bool {
        let error: Option<ErrorFrame> = serde_json::from_slice(data).ok();
        error.is_some_and(|frame| frame.kind.as_deref() == Some("error"))
    }

    fn kept(&mut self) -> Option<Bytes> {
        let mut out = BytesMut::new();
        self.words.end(&self.chunks, &mut out).then(|| out.freeze())
    }

    fn stop(&self, _: Option<&Bytes>, _: u64) -> Option<Bytes> {
        Some(self.chunks.stop())
    }
}

#[derive(serde::Deserialize)]
struct ErrorFrame {
    #[serde(default, rename = "type")]
    kind: Option<Box<str>>,
}

impl Translator {
    /// A translator at the start of a stream.
    fn new(at: Opening<'_>) -> Self {
        let words = Words::at(&at);
        let Opening { created, include_usage, .. } = at;
        Self {
            created,
            include_usage,
            chunks: ChunkWriter::new(ChatChunk::new("", "", created), include_usage),
            calls: BTreeMap::new(),
            in_json: None,
            words,
            letters: Letters::default(),
            cited: Vec::new(),
            usage: wire::anthropic::Usage::default(),
        }
    }

    /// Translates one event; appends zero or more frames to `out`.
    fn translate(&mut self, event: &Event, out: &mut BytesMut) -> Gist {
        let peek = peek(event.event.as_deref(), &event.data);
        let gist = Gist { output: peek.has_output(), ..Gist::default() };
        match peek.kind {
            PeekKind::Delta => match peek.content {
                Some(text) => {
                    let text = text.unescape();
                    self.letters.add(&text);
                    let output = self.words.say(&text, &self.chunks, out);
                    Gist { output, ..gist }
                }
                None => self.decode(event, gist, out),
            },
            PeekKind::MessageStart | PeekKind::BlockStart | PeekKind::MessageDelta => {
                self.decode(event, gist, out)
            }
            PeekKind::MessageStop => {
                let usage = self.usage_so_far();
                self.chunks.end(Some(usage), out);
                Gist { done: true, usage: Some(usage), ..gist }
            }
            PeekKind::Error => Gist { broken: Some(Broken::Error(event.data.clone())), ..gist },
            PeekKind::Malformed => Gist { broken: Some(Broken::Malformed), ..gist },
            PeekKind::BlockStop => {
                self.end_block(out);
                gist
            }
            PeekKind::Ping | PeekKind::Unknown => gist,
        }
    }

    fn decode(&mut self, event: &Event, gist: Gist, out: &mut BytesMut) -> Gist {
        let Ok(decoded) = serde_json::from_slice::<StreamEvent>(&event.data) else {
            return Gist { broken: Some(Broken::Malformed), ..gist };
        };
        match decoded {
            StreamEvent::MessageStart { message } => {
                let chunk = ChatChunk::new(&message.id, &message.model, self.created);
                self.chunks = ChunkWriter::new(chunk, self.include_usage);
                self.usage = message.usage;
                self.chunks.begin(out);
            }
            StreamEvent::ContentBlockStart { index, content_block } => {
                self.begin_block(index, content_block, out);
            }
            StreamEvent::ContentBlockDelta { delta: BlockDelta::Unknown, .. } => {
                self.cite(&event.data, out);
            }
            StreamEvent::ContentBlockDelta { index, delta } => self.grow_block(index, delta, out),
            StreamEvent::MessageDelta { delta, usage } => {
                self.usage = std::mem::take(&mut self.usage).ended(usage);
                return self.finish(&delta, gist, out);
            }
            StreamEvent::Ping
            | StreamEvent::ContentBlockStop { .. }
            | StreamEvent::MessageStop
            | StreamEvent::Error { .. }
            | StreamEvent::Unknown => {}
        }
        gist
    }

    fn begin_block(&mut self, index: u32, block: OutputBlock, out: &mut BytesMut) {
        self.letters.begin();
        match block {
            OutputBlock::ToolUse { name, .. } if name == ANSWER_TOOL => {
                // Of several the first.
                self.in_json.get_or_insert(index);
                self.words.superseded();
            }
            OutputBlock::ToolUse { id, name, .. } => {
                let call = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
                self.calls.insert(index, call);
                self.chunks.call(call, (id, name), String::new(), out);
            }
            OutputBlock::Text { text } => self.write_words(&text, out),
            block @ OutputBlock::RedactedThinking { .. } => self.prove(&block, out),
            OutputBlock::Thinking { .. } | OutputBlock::Unknown => {}
        }
    }

    fn grow_block(&mut self, index: u32, delta: BlockDelta, out: &mut BytesMut) {
        match delta {
            BlockDelta::TextDelta { text } => self.write_words(&text, out),
            BlockDelta::InputJsonDelta { partial_json } if self.in_json == Some(index) => {
                if !partial_json.is_empty() {
                    self.chunks.words(&partial_json, out);
                }
            }
            BlockDelta::InputJsonDelta { partial_json } => {
                // What Anthropic's own tools are asked is no call of the client's.
                if let Some(call) = self.calls.get(&index) {
                    self.chunks.arguments(*call, partial_json, out);
                }
            }
            BlockDelta::ThinkingDelta { thinking } => self.chunks.thought(thinking, out),
            BlockDelta::SignatureDelta { signature } => {
                self.prove(&OutputBlock::Thinking { thinking: String::new(), signature }, out);
            }
            BlockDelta::Unknown => {}
        }
    }

    /// A citation of the open block, whose words may still come.
    fn cite(&mut self, data: &[u8], out: &mut BytesMut) {
        let Some(citation) = citations::of_event(data).filter(|_| self.in_json.is_none()) else {
            return;
        };
        self.chunks.provider_specific(json!({ "citation": citation }), out);
        self.cited.push(citation);
    }

    fn end_block(&mut self, out: &mut BytesMut) {
        let cited = std::mem::take(&mut self.cited);
        let letters = |citation| citations::annotated(citation, self.letters.of_block());
        let annotations: Vec<Value> = cited.iter().filter_map(letters).collect();
        if !annotations.is_empty() {
            self.chunks.annotations(annotations, out);
        }
    }

    fn prove(&self, thought: &OutputBlock, out: &mut BytesMut) {
        if let Ok(block) = serde_json::to_value(thought) {
            self.chunks.thinking_block(block, out);
        }
    }

    fn finish(&mut self, delta: &MessageDelta, gist: Gist, out: &mut BytesMut) -> Gist {
        let Some(reason) = &delta.stop_reason else { return gist };
        let native = super::native_finish(reason);
        let reason = match super::finish_reason(reason) {
            super::TOOL_CALLS if self.in_json.is_some() && self.calls.is_empty() => "stop",
            other => other,
        };
        let output = self.words.end(&self.chunks, out);
        self.chunks.finish(reason, native, out);
        let filtered = reason == CONTENT_FILTER;
        Gist { output, finish: true, filtered, usage: Some(self.usage_so_far()), ..gist }
    }

    fn usage_so_far(&self) -> Usage {
        super::reply::usage(&self.usage)
    }

    fn write_words(&mut self, text: &str, out: &mut BytesMut) {
        if !text.is_empty() {
            self.letters.add(text);
            self.words.say(text, &self.chunks, out);
        }
    }
}
