//! Streams cut into events, whatever frames them: server-sent events, AWS's binary frames, or a line of
//! JSON each. For who reads a stream and does not care.

use bytes::{Bytes, BytesMut};
use memchr::memchr;
use serde_json::json;

use crate::bedrock::eventstream::{self, Frame, FrameKind};
use crate::sse::{self, Event};

/// What frames a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    #[default]
    Sse,
    /// AWS's binary frames ([`eventstream`]).
    Aws,
    /// A line of JSON per event.
    Lines,
}

impl Framing {
    /// The content type under which such streams come.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Sse => sse::CONTENT_TYPE,
            Self::Aws => eventstream::CONTENT_TYPE,
            Self::Lines => "application/x-ndjson",
        }
    }
}

/// The name under which a failure's frame of AWS's comes as an event. Its data is OpenAI's envelope of the
/// failure, whose name stands in `type`.
pub const FAILURE: &[u8] = b"error";

/// Cuts one stream. Push a chunk, take events until there are none, repeat.
#[derive(Debug)]
pub struct Cutter(Inner);

#[derive(Debug)]
enum Inner {
    Sse(sse::Decoder),
    Aws(eventstream::Decoder),
    Lines(Lines),
}

/// A stream that cannot be cut any further: an event outgrew its bound, or its frames do not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream's framing is broken; end the stream")]
pub struct BrokenFraming;

impl Cutter {
    /// A cutter at the start of a stream. `max_event_bytes` bounds one event, and with it the memory held
    /// between chunks.
    pub fn new(framing: Framing, max_event_bytes: usize) -> Self {
        Self(match framing {
            Framing::Sse => Inner::Sse(sse::Decoder::new(max_event_bytes)),
            Framing::Aws => Inner::Aws(eventstream::Decoder::new(max_event_bytes)),
            Framing::Lines => Inner::Lines(Lines::new(max_event_bytes)),
        })
    }

    /// Hands over the next bytes of the stream.
    pub fn push(&mut self, chunk: Bytes) {
        match &mut self.0 {
            Inner::Sse(decoder) => decoder.push(chunk),
            Inner::Aws(decoder) => decoder.push(&chunk),
            Inner::Lines(lines) => lines.held.extend_from_slice(&chunk),
        }
    }

    /// The next complete event, or `None` until more is pushed. Only server-sent events and lines keep their
    /// original bytes; AWS's frames are nobody's to forward.
    ///
    /// # Errors
    /// [`BrokenFraming`] once, after which nothing more comes.
    #[expect(
        clippy::should_implement_trait,
        reason = "not an iterator: `None` means `push more`, not `the end`"
    )]
    pub fn next(&mut self) -> Option<Result<Event, BrokenFraming>> {
        match &mut self.0 {
            Inner::Sse(decoder) => decoder.next().map(|event| event.map_err(|_| BrokenFraming)),
            Inner::Aws(decoder) => loop {
                match decoder.next()? {
                    Err(_) => return Some(Err(BrokenFraming)),
                    Ok(frame) => {
                        if let Some(event) = event_of(frame) {
                            return Some(Ok(event));
                        }
                    }
                }
            },
            Inner::Lines(lines) => lines.next(),
        }
    }
}

/// What a frame of AWS's says; nothing where it is of a kind that readers skip.
fn event_of(frame: Frame) -> Option<Event> {
    let Frame { kind, payload } = frame;
    let (name, data) = match kind {
        FrameKind::Event(name) => (Bytes::from(name), payload),
        FrameKind::Exception(name) => {
            let detail = crate::bedrock::ErrorDetail::read(Some(&name), &payload);
            (Bytes::from_static(FAILURE), envelope(&name, &detail.message))
        }
        FrameKind::Error { code, message } => {
            (Bytes::from_static(FAILURE), envelope(&code, &message))
        }
        FrameKind::Other => return None,
    };
    Some(Event { event: Some(name), data, raw: Bytes::new() })
}

fn envelope(name: &str, message: &str) -> Bytes {
    Bytes::from(json!({ "error": { "type": name, "message": message } }).to_string())
}

/// Lines that say something.
#[derive(Debug)]
struct Lines {
    max_bytes: usize,
    held: BytesMut,
    failed: bool,
}

impl Lines {
    fn new(max_bytes: usize) -> Self {
        Self { max_bytes, held: BytesMut::new(), failed: false }
    }

    fn next(&mut self) -> Option<Result<Event, BrokenFraming>> {
        // Ends: each turn takes a line out of what is held.
        loop {
            if self.failed {
                self.held.clear();
                return None;
            }
            let end = memchr(b'\n', &self.held);
            if end.unwrap_or(self.held.len()) > self.max_bytes {
                self.failed = true;
                return Some(Err(BrokenFraming));
            }
            let raw = self.held.split_to(end? + 1).freeze();
            let data = raw.slice_ref(raw.trim_ascii());
            if !data.is_empty() {
                return Some(Ok(Event { event: None, data, raw }));
            }
        }
    }
}
