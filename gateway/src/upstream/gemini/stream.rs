//! A stream of Gemini's in OpenAI's chunks. Each frame is a whole reply with what is new; the one with a
//! finish reason is the last.

use bytes::{Bytes, BytesMut};
use wire::gemini::{GenerateReply, Part};
use wire::openai::ChatChunk;
use wire::sse::Event;
use world::ChunkBuf;

use super::reply::{call_id, usage};
use crate::upstream::chunk_writer::ChunkWriter;
use crate::upstream::chunks::stop_frame;
use crate::upstream::dialect::{Broken, Gist, Interpreter, Opening};
use crate::upstream::forwarded::CONTENT_FILTER;

/// Who reads a stream.
pub(super) fn translator(at: Opening<'_>) -> Box<dyn Interpreter> {
    Box::new(Translator::new(at))
}

/// The state of one stream.
#[derive(Debug)]
struct Translator {
    /// Unix seconds that every chunk repeats.
    created: u64,
    include_usage: bool,
    /// Named by the first frame.
    chunks: Option<ChunkWriter>,
    /// Calls so far.
    calls: u32,
}

impl Translator {
    /// A translator at the start of a stream.
    const fn new(at: Opening<'_>) -> Self {
        let Opening { created, include_usage, .. } = at;
        Self { created, include_usage, chunks: None, calls: 0 }
    }

    fn translate(&mut self, reply: GenerateReply, out: &mut BytesMut) -> Gist {
        let usage = reply.usage_metadata.as_ref().map(usage);
        let id = reply.response_id.unwrap_or_default();
        let chunks = self.chunks.get_or_insert_with(|| {
            let model = reply.model_version.as_deref().unwrap_or_default();
            ChunkWriter::new(ChatChunk::new(&id, model, self.created), self.include_usage)
        });
        chunks.begin(out);
        let mut gist = Gist { usage, ..Gist::default() };
        let finish = match reply.candidates.unwrap_or_default().into_iter().next() {
            Some(candidate) => {
                let parts = candidate.content.and_then(|content| content.parts);
                for part in parts.unwrap_or_default() {
                    gist.output |= say((&id, &mut self.calls), part, chunks, out);
                }
                let reason = candidate.finish_reason;
                reason.map(|reason| super::finish_reason(&reason, self.calls > 0))
            }
            None => reply.prompt_feedback.map(|_| CONTENT_FILTER),
        };
        if let Some(finish) = finish {
            chunks.finish(finish, out);
            chunks.end(usage, out);
            (gist.finish, gist.done) = (true, true);
            gist.filtered = finish == CONTENT_FILTER;
        }
        gist
    }
}

/// Says one part, and whether there was anything to say; `calls` counts those so far.
fn say(
    (answer, calls): (&str, &mut u32),
    part: Part,
    chunks: &ChunkWriter,
    out: &mut BytesMut,
) -> bool {
    let Part { text, thought, thought_signature, function_call, .. } = part;
    if let Some(call) = function_call {
        let index = *calls;
        *calls += 1;
        let id = call_id((answer, index as usize), call.id, thought_signature.as_deref());
        let arguments = call.args.map_or_else(|| "{}".to_owned(), |args| args.to_string());
        chunks.call(index, (id, call.name), arguments, out);
        return true;
    }
    let Some(text) = text.filter(|text| !text.is_empty()) else { return false };
    match thought {
        Some(true) => chunks.thought(text, out),
        Some(false) | None => chunks.words(&text, out),
    }
    true
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
        let unnamed = || stop_frame(ChatChunk::new("", "", created));
        Some(self.chunks.as_ref().map_or_else(unnamed, ChunkWriter::stop))
    }
}
