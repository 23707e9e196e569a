//! What a model says beside an answer in JSON that comes as the input of a tool: it is no JSON, and so no part of the
//! answer. Streams are told without it; whether the call comes at all is known only at the end, so words are kept until
//! then.
//!
//! It must never know a provider.

use bytes::BytesMut;
use wire::sse::DEFAULT_MAX_EVENT_BYTES;

use super::chunk_writer::ChunkWriter;
use super::dialect::Opening;

/// The words of a stream.
#[derive(Debug)]
pub(super) enum Words {
    /// They are told as they come.
    Told,
    /// They may stand beside an answer in JSON. Bounded as an event is.
    Kept(String),
    /// The answer in JSON has come, and they stand beside it.
    Beside,
}

impl Words {
    /// The words of a stream that begins.
    pub(super) const fn at(at: &Opening<'_>) -> Self {
        if at.in_json { Self::Kept(String::new()) } else { Self::Told }
    }

    /// Some more words; whether they were told.
    pub(super) fn say(&mut self, text: &str, chunks: &ChunkWriter, out: &mut BytesMut) -> bool {
        match self {
            Self::Beside => false,
            Self::Kept(kept) if kept.len() + text.len() <= DEFAULT_MAX_EVENT_BYTES => {
                kept.push_str(text);
                false
            }
            Self::Told | Self::Kept(_) => {
                self.end(chunks, out);
                chunks.words(text, out);
                true
            }
        }
    }

    /// The answer in JSON begins: whatever stands beside it is not told.
    pub(super) fn superseded(&mut self) {
        *self = Self::Beside;
    }

    /// The stream ends, or is told as it comes from here on; whether words were kept.
    pub(super) fn end(&mut self, chunks: &ChunkWriter, out: &mut BytesMut) -> bool {
        let Self::Kept(kept) = self else { return false };
        let kept = std::mem::take(kept);
        *self = Self::Told;
        if !kept.is_empty() {
            chunks.words(&kept, out);
        }
        !kept.is_empty()
    }
}
