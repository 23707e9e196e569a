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
    /// How the answer is named where it does not name itself; the first frame may.
    unnamed: ChatChunk,
    include_usage: bool,
    /// Named by the first frame.
    chunks: Option<ChunkWriter>,
    /// Calls so far.
    calls: u32,
    /// Something was said, and not only thought.
    said: bool,
}

impl Translator {
    /// A translator at the start of a stream.
    fn new(at: Opening<'_>) -> Self {
        let unnamed = ChatChunk::new(&at.answer_id(), at.model, at.created);
        let include_usage = at.include_usage;
        Self { unnamed, include_usage, chunks: None, calls: 0, said: false }
    }

    fn translate(&mut self, reply: GenerateReply, out: &mut BytesMut) -> Gist {
        let usage = reply.usage_metadata.as_ref().map(usage);
        let ChatChunk { id, model, created, .. } = &self.unnamed;
        let id = reply.response_id.unwrap_or_else(|| id.clone());
        let chunks = self.chunks.get_or_insert_with(|| {
            let model = reply.model_version.as_deref().unwrap_or(model);
            ChunkWriter::new(ChatChunk::new(&id, model, *created), self.include_usage)
        });
        chunks.begin(out);
        let mut gist = Gist { usage, ..Gist::default() };
        let finish = match reply.candidates.unwrap_or_default().into_iter().next() {
            Some(candidate) => {
                let parts = candidate.content.and_then(|content| content.parts);
                for part in parts.unwrap_or_default() {
                    let thought = part.thought == Some(true);
                    let output = say((&id, &mut self.calls), part, chunks, out);
                    gist.output |= output;
                    self.said |= output && !thought;
                }
                candidate.finish_reason.map(|reason| {
                    let native = super::native_finish(&reason).map(str::to_owned);
                    (
                        super::finish_reason(&reason, self.calls > 0),
                        native,
                        candidate.finish_message,
                    )
                })
            }
            None => reply
                .prompt_feedback
                .map(|feedback| (CONTENT_FILTER, None, feedback.block_reason_message)),
        };
        if let Some((finish, native, message)) = finish {
            // Why nothing was said, in Gemini's words.
            if let Some(message) = message.filter(|_| !self.said) {
                chunks.refusal(message, out);
                // Of what a filter stopped the client has nothing yet.
                gist.output |= finish != CONTENT_FILTER;
            }
            chunks.finish(finish, native.as_deref(), out);
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
    let Part { text, thought, thought_signature, function_call, inline_data, .. } = part;
    if let Some(call) = function_call {
        let index = *calls;
        *calls += 1;
        let id = call_id((answer, index as usize), call.id, thought_signature.as_deref());
        let arguments = call.args.map_or_else(|| "{}".to_owned(), |args| args.to_string());
        chunks.call(index, (id, call.name), arguments, out);
        return true;
    }
    let media = inline_data.filter(|_| thought != Some(true));
    if let Some(url) = media.as_ref().and_then(super::picture) {
        chunks.picture(&url, out);
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
        let unnamed = || stop_frame(ChatChunk { created, ..self.unnamed.clone() });
        Some(self.chunks.as_ref().map_or_else(unnamed, ChunkWriter::stop))
    }
}
