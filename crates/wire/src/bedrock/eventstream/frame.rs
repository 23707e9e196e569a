//! One frame: what its headers make of its payload.

use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::{
    event_stream::{Header, HeaderValue, Message},
    str_bytes::StrBytes,
};
use bytes::{Bytes, BytesMut};

use super::FrameError;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What the payload is.
    pub kind: FrameKind,
    /// JSON of an event or of an exception; empty in an error.
    pub payload: Bytes,
}

/// What a frame's headers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// An event of this name.
    Event(String),
    /// A modelled failure of this name, such as `throttlingException`; the stream ends with it.
    Exception(String),
    /// A failure outside the service's model.
    Error {
        /// For programs.
        code: String,
        /// For people.
        message: String,
    },
    /// No message type, or one of a later version; skip it.
    Other,
}

/// Longest text of an unmodelled error, in bytes; a header's value may have 32,767.
const MAX_MESSAGE_BYTES: usize = 4096;

impl Frame {
    /// An event with a JSON payload.
    pub fn event(name: &str, payload: impl Into<Bytes>) -> Self {
        Self { kind: FrameKind::Event(name.to_owned()), payload: payload.into() }
    }

    /// An exception with a JSON payload.
    pub fn exception(name: &str, payload: impl Into<Bytes>) -> Self {
        Self { kind: FrameKind::Exception(name.to_owned()), payload: payload.into() }
    }

    /// An unmodelled error. Texts beyond 4 KiB are cut.
    pub fn error(code: &str, message: &str) -> Self {
        let (code, message) = (clip(code).to_owned(), clip(message).to_owned());
        Self { kind: FrameKind::Error { code, message }, payload: Bytes::new() }
    }

    /// Appends the frame, lengths and checksums included. Headers stand in the order in which
    /// Bedrock sends them.
    pub fn write(&self, out: &mut BytesMut) {
        let headers = match &self.kind {
            FrameKind::Event(name) => typed(":event-type", clip(name), "event"),
            FrameKind::Exception(name) => typed(":exception-type", clip(name), "exception"),
            FrameKind::Error { code, message } => vec![
                text(":error-code", code),
                text(":error-message", message),
                text(":message-type", "error"),
            ],
            FrameKind::Other => Vec::new(),
        };
        let message = Message::new_from_parts(headers, self.payload.clone());
        #[expect(clippy::expect_used, reason = "texts are clipped; memory ends before 4 GiB do")]
        write_message_to(&message, out).expect("headers and payload fit their length fields");
    }

    /// Reads the one frame that `bytes` is.
    ///
    /// # Errors
    /// [`FrameError::Malformed`], if lengths, checksums or headers do not add up.
    pub fn read(bytes: &[u8]) -> Result<Self, FrameError> {
        let malformed = |error| FrameError::malformed(&error);
        let message = read_message_from(bytes).map_err(malformed)?;
        let header = |name: &str| {
            let named = |header: &&Header| header.name().as_str() == name;
            let value = message.headers().iter().find(named)?.value().as_string().ok()?;
            Some(value.as_str().to_owned())
        };
        let kind = match header(":message-type").as_deref() {
            Some("event") => header(":event-type").map(FrameKind::Event),
            Some("exception") => header(":exception-type").map(FrameKind::Exception),
            Some("error") => Some(FrameKind::Error {
                code: header(":error-code").unwrap_or_default(),
                message: header(":error-message").unwrap_or_default(),
            }),
            Some(_) | None => None,
        };
        Ok(Self { kind: kind.unwrap_or(FrameKind::Other), payload: message.payload().clone() })
    }
}

/// Flips a bit of a written frame's last checksum, so that every reader must refuse it.
pub fn spoil_checksum(frame: &mut [u8]) {
    if let Some(last) = frame.last_mut() {
        *last ^= 1;
    }
}

/// Bytes before a frame's headers: two lengths and their checksum.
pub(crate) const PRELUDE_BYTES: usize = 12;

/// The headers of an event, as they stand in a frame.
pub(crate) fn event_headers(name: &str) -> Bytes {
    let mut frame = BytesMut::with_capacity(128);
    Frame::event(name, Bytes::new()).write(&mut frame);
    let end = frame.len() - size_of::<u32>();
    frame.freeze().slice(PRELUDE_BYTES..end)
}

fn typed(type_header: &'static str, name: &str, kind: &'static str) -> Vec<Header> {
    vec![
        text(type_header, name),
        text(":content-type", "application/json"),
        text(":message-type", kind),
    ]
}

fn text(name: &'static str, value: &str) -> Header {
    Header::new(name, HeaderValue::String(StrBytes::copy_from_str(value)))
}

fn clip(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_MESSAGE_BYTES)]
}
