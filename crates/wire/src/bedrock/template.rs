//! Text deltas at the price of a copy and a checksum: headers and everything of the payload but the
//! words are rendered once per block.

use bytes::{BufMut, Bytes, BytesMut};

use super::{
    eventstream::{PRELUDE_BYTES, event_headers},
    padding,
};
use crate::json_text::escape_into;

/// A `contentBlockDelta` frame with a hole for the words.
#[derive(Clone, Debug)]
pub struct TextTemplate {
    headers: Bytes,
    before: String,
}

impl TextTemplate {
    /// Renders the frame for block `index`.
    pub fn new(index: u32) -> Self {
        let before = format!("{{\"contentBlockIndex\":{index},\"delta\":{{\"text\":\"");
        Self { headers: event_headers("contentBlockDelta"), before }
    }

    /// Appends the frame that says `text`, padded by `padding_letters` letters; byte for byte what
    /// [`super::ConverseEvent::write_frame`] writes.
    pub fn write_text(&self, out: &mut BytesMut, text: &str, padding_letters: usize) {
        let start = out.len();
        out.reserve(PRELUDE_BYTES + self.headers.len() + self.before.len() + text.len() + 96);
        out.put_bytes(0, PRELUDE_BYTES);
        out.put_slice(&self.headers);
        out.put_slice(self.before.as_bytes());
        escape_into(out, text);
        out.put_slice(b"\"},\"p\":\"");
        out.put_slice(padding(padding_letters).as_bytes());
        out.put_slice(b"\"}");
        seal(&mut *out, start, self.headers.len());
    }
}

/// Fills in the lengths and checksums of the frame that begins at `start` and lacks only its end.
/// A frame of ours is far below 4 GiB, so its lengths fit.
fn seal(out: &mut BytesMut, start: usize, headers_bytes: usize) {
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
    let total = out.len() - start + size_of::<u32>();
    let frame = &mut out[start..];
    frame[..4].copy_from_slice(&length(total));
    frame[4..8].copy_from_slice(&length(headers_bytes));
    let prelude = crc32fast::hash(&frame[..8]);
    frame[8..PRELUDE_BYTES].copy_from_slice(&prelude.to_be_bytes());
    let whole = crc32fast::hash(frame);
    out.put_u32(whole);
}
