//! Content chunks at the price of a copy: everything but the words is rendered once per stream.

use bytes::{BufMut, Bytes, BytesMut};
use memchr::memmem;

use super::ChatChunk;
use crate::json_text::escape_into;

/// In a rendered chunk these bytes stand only at the delta: inside any JSON string the quotes would
/// be escaped.
const HOLE: &[u8] = br#""delta":{"content":""#;

/// What follows the padding, which is a chunk's last member: `"}` and the frame's end.
const PADDED_END: usize = 4;

/// A rendered content frame with a hole for the words. Serves Azure too: give it a chunk with
/// filter results.
#[derive(Clone, Debug)]
pub struct ChunkTemplate {
    before: Bytes,
    after: Bytes,
}

impl ChunkTemplate {
    /// Renders `chunk`, whose first choice becomes the one that grows. A chunk without a choice gets
    /// a template that ignores the words.
    pub fn new(chunk: &ChatChunk) -> Self {
        let mut frame = BytesMut::with_capacity(384);
        chunk.clone().with_content("").write_frame(&mut frame);
        let frame = frame.freeze();
        match memmem::find(&frame, HOLE) {
            Some(at) => {
                let hole = at + HOLE.len();
                Self { before: frame.slice(..hole), after: frame.slice(hole..) }
            }
            None => Self { before: frame, after: Bytes::new() },
        }
    }

    /// Appends the frame that says `text`, padded with `padding`, which must need no escapes. The
    /// template's chunk must have had an empty `obfuscation`.
    pub fn write_padded(&self, out: &mut BytesMut, text: &str, padding: &str) {
        let Some(end) = self.after.len().checked_sub(PADDED_END) else {
            return self.write_content(out, text);
        };
        out.reserve(self.before.len() + text.len() + self.after.len() + padding.len());
        out.put_slice(&self.before);
        escape_into(out, text);
        out.put_slice(&self.after[..end]);
        out.put_slice(padding.as_bytes());
        out.put_slice(&self.after[end..]);
    }

    /// Appends the frame that says `text`; byte for byte what
    /// [`ChatChunk::write_frame`] writes.
    pub fn write_content(&self, out: &mut BytesMut, text: &str) {
        out.reserve(self.before.len() + text.len() + self.after.len());
        out.put_slice(&self.before);
        if !self.after.is_empty() {
            escape_into(out, text);
            out.put_slice(&self.after);
        }
    }
}
