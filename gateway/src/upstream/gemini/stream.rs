//! A stream of Gemini's in OpenAI's chunks. Each frame is a whole reply with what is new; the one with a
//! finish reason is the last.

use bytes::{Bytes, BytesMut};
use wire::gemini::{Candidate, GenerateReply, Part};
use wire::openai::{ChatChunk, Delta, FunctionDelta, ToolCallDelta, Usage};
use wire::sse::{Event, encode};
use world::ChunkBuf;

use super::reply::{call_id, usage};
use crate::upstream::chunks::stop_frame;
use crate::upstream::dialect::{Broken, Gist, Interpreter, Opening};
use crate::upstream::forwarded::CONTENT_FILTER;

/// The state of one stream.
#[derive(Debug)]
pub(super) struct Translator {
    /// Unix seconds that every chunk repeats.
    created: u64,
    include_usage: bool,
    /// What every chunk has in common; set by the first frame.
    chunk: Option<ChatChunk>,
    /// Calls so far.
    calls: u32,
}

impl Translator {
    /// A translator at the start of a stream.
    pub(super) const fn new(at: Opening<'_>) -> Self {
        let Opening { created, include_usage, .. } = at;
        Self { created, include_usage, chunk: None, calls: 0 }
    }

    fn translate(&mut self, reply: GenerateReply, out: &mut BytesMut) -> Gist {
        let usage = reply.usage_metadata.as_ref().map(usage);
        let id = reply.response_id.unwrap_or_default();
        let chunk = self.chunk.get_or_insert_with(|| {
            let model = reply.model_version.as_deref().unwrap_or_default();
            let chunk = ChatChunk::new(&id, model, self.created);
            chunk.clone().with_role().write_frame(out);
            chunk
        });
        let chunk = chunk.clone();
        let mut gist = Gist { usage, ..Gist::default() };
        let finish = match reply.candidates.unwrap_or_default().into_iter().next() {
            Some(candidate) => self.candidate(&id, candidate, (&chunk, &mut gist), out),
            None => reply.prompt_feedback.map(|_| CONTENT_FILTER),
        };
        if let Some(finish) = finish {
            self.finish(&chunk, finish, usage, out);
            (gist.finish, gist.done) = (true, true);
        }
        gist
    }

    fn candidate(
        &mut self,
        id: &str,
        candidate: Candidate,
        (chunk, gist): (&ChatChunk, &mut Gist),
        out: &mut BytesMut,
    ) -> Option<&'static str> {
        for part in candidate.content.and_then(|content| content.parts).unwrap_or_default() {
            if let Some(delta) = self.delta(id, part) {
                gist.output = true;
                let mut chunk = chunk.clone();
                if let Some(choice) = chunk.choices.first_mut() {
                    choice.delta = delta;
                }
                chunk.write_frame(out);
            }
        }
        let reason = candidate.finish_reason?;
        Some(super::finish_reason(&reason, self.calls > 0))
    }

    fn delta(&mut self, id: &str, part: Part) -> Option<Delta> {
        let Part { text, thought, thought_signature, function_call, .. } = part;
        if let Some(call) = function_call {
            let index = self.calls;
            self.calls += 1;
            let id = call_id((id, index as usize), call.id, thought_signature.as_deref());
            let arguments = call.args.map_or_else(|| "{}".to_owned(), |args| args.to_string());
            let function = FunctionDelta { name: Some(call.name), arguments: Some(arguments) };
            let (id, kind) = (Some(id), Some("function".to_owned()));
            let call = ToolCallDelta { index, id, kind, function: Some(function) };
            return Some(Delta { tool_calls: Some(vec![call]), ..Delta::default() });
        }
        let text = text.filter(|text| !text.is_empty())?;
        Some(match thought {
            Some(true) => Delta { reasoning_content: Some(text), ..Delta::default() },
            Some(false) | None => Delta { content: Some(Some(text)), ..Delta::default() },
        })
    }

    fn finish(&self, chunk: &ChatChunk, reason: &str, usage: Option<Usage>, out: &mut BytesMut) {
        chunk.clone().with_finish(reason).write_frame(out);
        if let Some(usage) = usage.filter(|_| self.include_usage) {
            chunk.clone().with_usage(usage).write_frame(out);
        }
        out.extend_from_slice(encode::DONE);
    }
}

impl Interpreter for Translator {
    fn read(&mut self, event: Event, _: bool, out: &mut ChunkBuf) -> Gist {
        let broken = |broken| Gist { broken: Some(broken), ..Gist::default() };
        if wire::gemini::RpcStatus::read(&event.data).is_some() {
            return broken(Broken::Error(event.data));
        }
        let Ok(reply) = serde_json::from_slice::<GenerateReply>(&event.data) else {
            return broken(Broken::Malformed);
        };
        let mut frames = BytesMut::new();
        let gist = self.translate(reply, &mut frames);
        out.push(frames.freeze());
        gist
    }

    fn is_translated(&self) -> bool {
        true
    }

    fn stop(&self, _: Option<&Bytes>, created: u64) -> Option<Bytes> {
        let chunk = self.chunk.clone().unwrap_or_else(|| ChatChunk::new("", "", created));
        Some(stop_frame(chunk))
    }
}
