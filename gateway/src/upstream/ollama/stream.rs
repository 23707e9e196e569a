//! A stream of Ollama's in OpenAI's chunks, line by line. The line that is done is the last.

use bytes::{Bytes, BytesMut};
use wire::ollama::{Message, Reply};
use wire::openai::{ChatChunk, ErrorDetail};
use wire::sse::Event;
use world::ChunkBuf;

use super::reply::{call_id, usage};
use crate::upstream::chunk_writer::ChunkWriter;
use crate::upstream::dialect::{Broken, Gist, Interpreter, Opening};

/// Who reads a stream.
pub(super) fn translator(at: Opening<'_>) -> Box<dyn Interpreter> {
    Box::new(Translator::new(at))
}

/// The state of one stream.
#[derive(Debug)]
struct Translator {
    chunks: ChunkWriter,
    /// Calls so far.
    calls: u32,
}

impl Translator {
    /// A translator at the start of a stream.
    fn new(at: Opening<'_>) -> Self {
        let chunk = ChatChunk::new(&at.answer_id(), at.model, at.created);
        Self { chunks: ChunkWriter::new(chunk, at.include_usage), calls: 0 }
    }

    fn translate(&mut self, reply: Reply, out: &mut BytesMut) -> Gist {
        self.chunks.begin(out);
        let usage = reply.done.then(|| usage(&reply));
        let (done, reason) = (reply.done, reply.done_reason);
        let nothing = done && reason.is_none();
        let output = reply.message.is_some_and(|message| self.say(message, out));
        if done {
            let reason = super::finish_reason(reason.as_deref(), self.calls > 0);
            self.chunks.finish(reason, None, out);
            self.chunks.end(usage, out);
        }
        Gist { output, finish: done, done, nothing, usage, ..Gist::default() }
    }

    fn say(&mut self, message: Message, out: &mut BytesMut) -> bool {
        let Message { content, thinking, tool_calls, .. } = message;
        let thinking = thinking.filter(|thought| !thought.is_empty());
        let mut output = !content.is_empty() || thinking.is_some();
        if let Some(thinking) = thinking {
            self.chunks.thought(thinking, out);
        }
        if !content.is_empty() {
            self.chunks.words(&content, out);
        }
        for call in tool_calls.unwrap_or_default() {
            let index = self.calls;
            self.calls += 1;
            output = true;
            let id = call_id((self.chunks.id(), index), call.id);
            let (name, arguments) = (call.function.name, call.function.arguments.to_string());
            self.chunks.call(index, (id, name), arguments, out);
        }
        output
    }
}

impl Interpreter for Translator {
    fn read(&mut self, event: Event, _: bool, out: &mut ChunkBuf) -> Gist {
        let broken = |broken| Gist { broken: Some(broken), ..Gist::default() };
        let Ok(reply) = serde_json::from_slice::<Reply>(&event.data) else {
            return broken(match ErrorDetail::read(&event.data) {
                Some(_) => Broken::Error(event.data),
                None => Broken::Malformed,
            });
        };
        let mut frames = BytesMut::new();
        let gist = self.translate(reply, &mut frames);
        if !frames.is_empty() {
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
