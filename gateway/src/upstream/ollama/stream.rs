//! A stream of Ollama's in OpenAI's chunks, line by line. The line that is done is the last.

use bytes::{Bytes, BytesMut};
use wire::ollama::{Message, Reply};
use wire::openai::{ChatChunk, Delta, ErrorDetail, FunctionDelta, ToolCallDelta, Usage};
use wire::sse::{Event, encode};
use world::ChunkBuf;

use super::reply::{call_id, usage};
use crate::upstream::chunks::stop_frame;
use crate::upstream::dialect::{Broken, Gist, Interpreter, Opening};

/// The state of one stream.
#[derive(Debug)]
pub(super) struct Translator {
    include_usage: bool,
    /// What every chunk has in common.
    chunk: ChatChunk,
    begun: bool,
    /// Calls so far.
    calls: u32,
}

impl Translator {
    /// A translator at the start of a stream.
    pub(super) fn new(at: Opening<'_>) -> Self {
        let chunk = ChatChunk::new(&at.answer_id(), at.model, at.created);
        Self { include_usage: at.include_usage, chunk, begun: false, calls: 0 }
    }

    fn translate(&mut self, reply: Reply, out: &mut BytesMut) -> Gist {
        if !std::mem::replace(&mut self.begun, true) {
            self.chunk.clone().with_role().write_frame(out);
        }
        let usage = reply.done.then(|| usage(&reply));
        let (done, reason) = (reply.done, reply.done_reason);
        let output = reply.message.is_some_and(|message| self.say(message, out));
        if let Some(usage) = usage {
            self.end(super::finish_reason(reason.as_deref(), self.calls > 0), usage, out);
        }
        Gist { output, finish: done, done, usage, broken: None }
    }

    fn say(&mut self, message: Message, out: &mut BytesMut) -> bool {
        let Message { content, thinking, tool_calls, .. } = message;
        let thinking = thinking.filter(|thought| !thought.is_empty());
        let mut output = !content.is_empty() || thinking.is_some();
        if thinking.is_some() {
            self.write(Delta { reasoning_content: thinking, ..Delta::default() }, out);
        }
        if !content.is_empty() {
            self.write(Delta { content: Some(Some(content)), ..Delta::default() }, out);
        }
        for call in tool_calls.unwrap_or_default() {
            let index = self.calls;
            self.calls += 1;
            output = true;
            let id = Some(call_id((&self.chunk.id, index), call.id));
            let arguments = Some(call.function.arguments.to_string());
            let function = Some(FunctionDelta { name: Some(call.function.name), arguments });
            let kind = Some("function".to_owned());
            let call = ToolCallDelta { index, id, kind, function };
            self.write(Delta { tool_calls: Some(vec![call]), ..Delta::default() }, out);
        }
        output
    }

    fn end(&self, reason: &str, usage: Usage, out: &mut BytesMut) {
        self.chunk.clone().with_finish(reason).write_frame(out);
        if self.include_usage {
            self.chunk.clone().with_usage(usage).write_frame(out);
        }
        out.extend_from_slice(encode::DONE);
    }

    fn write(&self, delta: Delta, out: &mut BytesMut) {
        let mut chunk = self.chunk.clone();
        if let Some(choice) = chunk.choices.first_mut() {
            choice.delta = delta;
        }
        chunk.write_frame(out);
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
        Some(stop_frame(self.chunk.clone()))
    }
}
