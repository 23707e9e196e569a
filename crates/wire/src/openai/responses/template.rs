//! Text deltas at the price of a copy: everything but the number and the words is rendered once per
//! message.

use bytes::{BufMut, BytesMut};

use crate::json_text::{escape_into, put_number};

const BEFORE: &[u8] = b"event: response.output_text.delta\ndata: \
                        {\"type\":\"response.output_text.delta\",\"sequence_number\":";
const AFTER: &[u8] = b"\",\"logprobs\":[]}\n\n";

/// A rendered `response.output_text.delta` frame with holes for the sequence number and the words.
#[derive(Clone, Debug)]
pub struct TextDeltaTemplate {
    between: BytesMut,
}

impl TextDeltaTemplate {
    /// Renders the frame for the first part of the item `item_id` at `output_index`.
    pub fn new(item_id: &str, output_index: u32) -> Self {
        let mut between = BytesMut::with_capacity(128);
        between.put_slice(b",\"item_id\":\"");
        escape_into(&mut between, item_id);
        between.put_slice(b"\",\"output_index\":");
        put_number(&mut between, output_index.into());
        between.put_slice(b",\"content_index\":0,\"delta\":\"");
        Self { between }
    }

    /// Appends the frame that says `text`; byte for byte what [`super::Event::write_frame`] writes.
    pub fn write_text(&self, out: &mut BytesMut, sequence_number: u64, text: &str) {
        out.reserve(BEFORE.len() + self.between.len() + text.len() + AFTER.len() + 20);
        out.put_slice(BEFORE);
        put_number(out, sequence_number);
        out.put_slice(&self.between);
        escape_into(out, text);
        out.put_slice(AFTER);
    }
}
