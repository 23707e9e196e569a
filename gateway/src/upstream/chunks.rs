//! Streams of OpenAI's chat completions, passed through frame by frame, but for the name of thoughts. Chunks keep the provider's
//! `model`: rewriting it as LiteLLM does would cost a copy per token.

use bytes::{Bytes, BytesMut};
use wire::openai::{ChatChunk, PeekKind, Usage};
use wire::sse::{Event, encode};
use world::ChunkBuf;

use super::dialect::{Broken, Gist, Interpreter};
use super::forwarded::CONTENT_FILTER;
use super::thoughts;

/// Reads chunks. It has no state: every chunk says whose it is.
#[derive(Debug)]
pub(super) struct Chunks;

impl Interpreter for Chunks {
    fn read(&mut self, event: Event, finished: bool, out: &mut ChunkBuf) -> Gist {
        let event = with_thoughts_named(event);
        let peek = wire::openai::peek(&event.data);
        let mut gist = Gist {
            output: peek.has_output(),
            finish: peek.finish_reason.is_some(),
            filtered: peek.finish_reason.clone().is_some_and(|it| it.unescape() == CONTENT_FILTER),
            ..Gist::default()
        };
        match peek.kind {
            PeekKind::Delta => {
                if peek.usage {
                    gist.usage = Usage::read(&event.data);
                }
            }
            PeekKind::Done if finished => gist.done = true,
            PeekKind::Done => {
                gist.broken = Some(Broken::Unfinished);
                return gist;
            }
            PeekKind::Error => {
                gist.broken = Some(Broken::Error(event.data));
                return gist;
            }
            PeekKind::Malformed => {
                gist.broken = Some(Broken::Malformed);
                return gist;
            }
        }
        out.push(event.raw);
        gist
    }

    fn stop(&self, newest: Option<&Bytes>, created: u64) -> Option<Bytes> {
        let newest: Option<Heading> = newest.and_then(|data| serde_json::from_slice(data).ok());
        let Heading { id, model } = newest.unwrap_or_default();
        Some(stop_frame(ChatChunk::new(&id, &model, created)))
    }
}

/// The frame with its thoughts under the name that clients know.
fn with_thoughts_named(event: Event) -> Event {
    let Some(data) = thoughts::renamed(&event.data, "delta") else { return event };
    let mut raw = BytesMut::with_capacity(data.len() + 8);
    encode::data(&mut raw, &data);
    Event { raw: raw.freeze(), data, ..event }
}

/// The frame by which an empty chunk of an answer says that it ended of itself.
pub(super) fn stop_frame(chunk: ChatChunk) -> Bytes {
    let mut frame = BytesMut::new();
    chunk.with_finish(FINISH_STOP).write_frame(&mut frame);
    frame.freeze()
}

/// OpenAI's finish reason of an answer that ended of itself.
const FINISH_STOP: &str = "stop";

/// What every chunk repeats.
#[derive(Default, serde::Deserialize)]
struct Heading {
    #[serde(default)]
    id: String,
    #[serde(default)]
    model: String,
}
