//! How the parts of a stream stand on the wire.

#![expect(missing_docs, reason = "fields are Gemini's own, under the names of its reference")]

use bytes::{BufMut, BytesMut};

use super::{ApiError, GenerateReply};
use crate::error_reply::{to_json_pretty, write_json};

/// Appends a part as an event: `data: {…}` and two CRLF. Google's own SDKs insist on the space.
pub fn write_sse_frame(out: &mut BytesMut, part: &GenerateReply) {
    out.put_slice(b"data: ");
    write_json(out, part);
    out.put_slice(b"\r\n\r\n");
}

/// Appends an error as an event; readers tell it by its first member's name.
pub fn write_error_frame(out: &mut BytesMut, error: &ApiError) {
    out.put_slice(b"data: ");
    write_json(out, error);
    out.put_slice(b"\r\n\r\n");
}

/// Appends a part as an element of one JSON array, for who asked for no events.
pub fn write_array_element(out: &mut BytesMut, is_first: IsFirst, part: &GenerateReply) {
    write_element(out, is_first, &to_json_pretty(part));
}

/// Appends an error as an element.
pub fn write_array_error(out: &mut BytesMut, is_first: IsFirst, error: &ApiError) {
    write_element(out, is_first, &to_json_pretty(error));
}

/// Appends the array's end. An array without elements must still be opened.
pub fn write_array_end(out: &mut BytesMut, is_first: IsFirst) {
    match is_first {
        IsFirst::Yes => out.put_slice(b"[]"),
        IsFirst::No => out.put_slice(b"\n]\n"),
    }
}

/// Whether an array's element is its first: the array opens before it, a comma before any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsFirst {
    Yes,
    No,
}

fn write_element(out: &mut BytesMut, is_first: IsFirst, element: &[u8]) {
    match is_first {
        IsFirst::Yes => out.put_slice(b"["),
        IsFirst::No => out.put_slice(b"\n,\r\n"),
    }
    out.put_slice(element);
}
