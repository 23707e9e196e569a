//! Chunks in, events out, original bytes beside them.
//!
//! A frame that lies within one chunk is sliced, not copied; a frame that spans chunks is gathered
//! in one carry buffer whose size is bounded.

use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr, memchr2};

use super::Scanner;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The `event:` field, if the frame has one that is not empty.
    pub event: Option<Bytes>,
    /// The data, lines joined by LF. A slice of the input if the frame has one data line and lies
    /// within one chunk.
    pub data: Bytes,
    /// The whole frame as it came, blank line included, for forwarding.
    pub raw: Bytes,
}

/// Incremental decoder. Push a chunk, take events until there are none, repeat.
///
/// Frames without data (comments, `retry:` or `id:` alone) yield nothing, as the standard says;
/// who must forward those as well uses [`Scanner`].
#[derive(Debug)]
pub struct Decoder {
    max_event_bytes: usize,
    scanner: Scanner,
    chunk: Bytes,
    carry: BytesMut,
    at_stream_start: bool,
    failed: bool,
}

/// Why a stream cannot be decoded any further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// A frame outgrew the decoder's bound.
    #[error("an event of more than {limit} bytes; raise the limit or end the stream")]
    TooLong {
        /// The bound given to [`Decoder::new`], in bytes.
        limit: usize,
    },
}

/// What was left when the stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The bytes after the last complete frame.
    pub rest: Bytes,
    /// Whether `rest` holds part of an event, which the standard says to discard. Comments and line
    /// ends are no loss.
    pub lost: bool,
}

impl Decoder {
    /// A decoder at the start of a stream. `max_event_bytes` bounds one frame, and with it the
    /// memory held between chunks.
    pub fn new(max_event_bytes: usize) -> Self {
        Self {
            max_event_bytes,
            scanner: Scanner::new(),
            chunk: Bytes::new(),
            carry: BytesMut::new(),
            at_stream_start: true,
            failed: false,
        }
    }

    /// Hands over the next bytes of the stream. Take all events before pushing again; otherwise the
    /// untaken bytes are copied together.
    pub fn push(&mut self, chunk: Bytes) {
        if self.failed {
            return;
        }
        if self.chunk.is_empty() {
            self.chunk = chunk;
        } else {
            let mut joined = BytesMut::with_capacity(self.chunk.len() + chunk.len());
            joined.extend_from_slice(&self.chunk);
            joined.extend_from_slice(&chunk);
            self.chunk = joined.freeze();
        }
    }

    /// The next complete event, or `None` until more is pushed.
    ///
    /// # Errors
    /// [`SseError::TooLong`] once, after which the decoder yields nothing more.
    #[expect(
        clippy::should_implement_trait,
        reason = "not an iterator: `None` means `push more`, not `the end`"
    )]
    pub fn next(&mut self) -> Option<Result<Event, SseError>> {
        while !self.chunk.is_empty() {
            let end = self.scanner.next_end(&self.chunk);
            if self.carry.len() + end.unwrap_or(self.chunk.len()) > self.max_event_bytes {
                return Some(Err(self.fail()));
            }
            let Some(end) = end else {
                self.carry.extend_from_slice(&self.chunk);
                self.chunk.clear();
                return None;
            };
            let frame = self.take_frame(end);
            if let Some(event) = parse(&frame, self.scanner.lines()) {
                return Some(Ok(event));
            }
        }
        None
    }

    /// Ends the stream and tells what was left of an incomplete event.
    pub fn finish(mut self) -> Tail {
        self.carry.extend_from_slice(&self.chunk);
        let rest = self.carry.freeze();
        let text =
            if self.at_stream_start { rest.strip_prefix(BOM).unwrap_or(&rest) } else { &rest };
        let lost = Lines(text).any(|line| !line.is_empty() && line[0] != b':');
        Tail { lost, rest }
    }

    fn take_frame(&mut self, end: usize) -> Frame {
        let raw = if self.carry.is_empty() {
            self.chunk.split_to(end)
        } else {
            self.carry.extend_from_slice(&self.chunk[..end]);
            self.chunk.advance(end);
            self.carry.split().freeze()
        };
        let starts_stream = std::mem::take(&mut self.at_stream_start);
        let skip = if starts_stream && raw.starts_with(BOM) { BOM.len() } else { 0 };
        Frame { raw, skip }
    }

    fn fail(&mut self) -> SseError {
        self.failed = true;
        self.chunk = Bytes::new();
        self.carry = BytesMut::new();
        SseError::TooLong { limit: self.max_event_bytes }
    }
}

struct Frame {
    raw: Bytes,
    /// Bytes of a byte order mark.
    skip: usize,
}

/// `lines` is the number of lines before the blank one; one line is the common case and needs no
/// second search.
fn parse(frame: &Frame, lines: u32) -> Option<Event> {
    let raw = &frame.raw;
    let text = &raw[frame.skip..];
    let plain = lines == 1 && text.starts_with(b"data: ") && text.ends_with(b"\n\n");
    if plain && !text.ends_with(b"\r\n\n") {
        let data = raw.slice(frame.skip + 6..raw.len() - 2);
        return Some(Event { event: None, data, raw: raw.clone() });
    }
    let mut event = None;
    let mut data: Option<&[u8]> = None;
    let mut joined: Option<BytesMut> = None;
    for line in Lines(text) {
        match field(line) {
            (b"data", value) => match (&mut joined, data) {
                (Some(joined), _) => extend_line(joined, value),
                (None, Some(first)) => {
                    let mut both = BytesMut::from(first);
                    extend_line(&mut both, value);
                    joined = Some(both);
                }
                (None, None) => data = Some(value),
            },
            (b"event", value) => event = Some(value),
            _ => {}
        }
    }
    let data = match joined {
        Some(joined) => joined.freeze(),
        None => slice_of(raw, data?),
    };
    let event = event.filter(|name| !name.is_empty()).map(|name| slice_of(raw, name));
    Some(Event { event, data, raw: raw.clone() })
}

/// `part` as a slice of `raw`; an empty part needs no owner.
fn slice_of(raw: &Bytes, part: &[u8]) -> Bytes {
    if part.is_empty() { Bytes::new() } else { raw.slice_ref(part) }
}

fn extend_line(joined: &mut BytesMut, line: &[u8]) {
    joined.extend_from_slice(b"\n");
    joined.extend_from_slice(line);
}

/// A line's field name and value; comments have an empty name.
fn field(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr(b':', line) {
        Some(colon) => {
            let value = &line[colon + 1..];
            (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
        }
        None => (line, b""),
    }
}

struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = memchr2(b'\n', b'\r', self.0).unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at(end);
        let terminator = if rest.starts_with(b"\r\n") { 2 } else { rest.len().min(1) };
        self.0 = &rest[terminator..];
        Some(line)
    }
}
