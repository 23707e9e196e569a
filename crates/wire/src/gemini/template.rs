//! Text parts at the price of a copy: everything but the words and two counts is rendered once per
//! stream.

use bytes::{BufMut, Bytes, BytesMut};
use memchr::memmem;

use super::{GenerateReply, Part, UsageMetadata, write_sse_frame};
use crate::json_text::{escape_into, put_number};

/// In a rendered part these bytes stand only where they are meant: inside any JSON string the quotes
/// would be escaped.
const WORDS: &[u8] = br#""parts":[{"text":""#;
const ANSWERED: &[u8] = br#""candidatesTokenCount":"#;
const TOTAL: &[u8] = br#""totalTokenCount":"#;

/// A rendered `alt=sse` frame with holes for the words, the answer's tokens so far and the total.
#[derive(Clone, Debug)]
pub struct TextTemplate {
    before: Bytes,
    to_answered: Bytes,
    to_total: Bytes,
    after: Bytes,
    /// Tokens that the total counts beside the answer's.
    other_tokens: u64,
}

impl TextTemplate {
    /// Renders the frame of a stream with that model, id and usage; `usage` says the prompt's and the
    /// thoughts' tokens.
    pub fn new(model: &str, id: &str, usage: &UsageMetadata) -> Self {
        let thoughts = usage.thoughts_token_count.unwrap_or(0);
        let usage = usage.clone().after(0, thoughts);
        let other_tokens = usage.total_token_count;
        let mut frame = BytesMut::with_capacity(512);
        write_sse_frame(&mut frame, &GenerateReply::new(model, id, vec![Part::words("")], usage));
        let frame = frame.freeze();
        let words = behind(&frame, 0, WORDS);
        let answered = behind(&frame, words, ANSWERED);
        let total = behind(&frame, answered, TOTAL);
        let digits = frame[total..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        Self {
            before: frame.slice(..words),
            to_answered: frame.slice(words..answered),
            // the rendered count of answered tokens is the one digit 0
            to_total: frame.slice((answered + 1).min(total)..total),
            after: frame.slice(total + digits..),
            other_tokens,
        }
    }

    /// Appends the frame that says `text`, after which the answer has `answered_tokens`; byte for
    /// byte what [`write_sse_frame`] writes.
    pub fn write_text(&self, out: &mut BytesMut, text: &str, answered_tokens: u64) {
        out.reserve(self.before.len() + text.len() + self.after.len() + 128);
        out.put_slice(&self.before);
        escape_into(out, text);
        out.put_slice(&self.to_answered);
        put_number(out, answered_tokens);
        out.put_slice(&self.to_total);
        put_number(out, self.other_tokens + answered_tokens);
        out.put_slice(&self.after);
    }
}

/// Where the first `needle` at or behind `from` ends; the rendered frame has each of them.
fn behind(frame: &[u8], from: usize, needle: &[u8]) -> usize {
    memmem::find(&frame[from..], needle).map_or(frame.len(), |at| from + at + needle.len())
}
