//! Text deltas at the price of a copy: everything but the words is rendered once per block.

use bytes::{BufMut, BytesMut};

use crate::json_text::escape_into;

const AFTER: &[u8] = b"\"}}\n\n";

/// A rendered `text_delta` frame with a hole for the words.
#[derive(Clone, Debug)]
pub struct TextTemplate {
    before: Vec<u8>,
}

impl TextTemplate {
    /// Renders the frame for block `index`.
    pub fn new(index: u32) -> Self {
        let before = format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":{index},\
             \"delta\":{{\"type\":\"text_delta\",\"text\":\""
        );
        Self { before: before.into_bytes() }
    }

    /// Appends the frame that says `text`; byte for byte what
    /// [`super::StreamEvent::write_frame`] writes.
    pub fn write_text(&self, out: &mut BytesMut, text: &str) {
        out.reserve(self.before.len() + text.len() + AFTER.len());
        out.put_slice(&self.before);
        escape_into(out, text);
        out.put_slice(AFTER);
    }
}
