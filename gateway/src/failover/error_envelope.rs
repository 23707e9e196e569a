//! OpenAI's error envelope, which is what clients get whatever went wrong.

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::json;

/// The last frame of a stream that broke; no `[DONE]` follows it.
pub(crate) fn error_event(text: &str, kind: Option<&str>, status: u16) -> Bytes {
    let data = envelope(text, kind, None, status);
    let mut frame = BytesMut::with_capacity(data.len() + 8);
    wire::sse::encode::data(&mut frame, &data);
    frame.freeze()
}

/// `code` is the status, as a string: that is how LiteLLM's clients know it.
pub(crate) fn envelope(
    message: &str,
    kind: Option<&str>,
    param: Option<&str>,
    status: u16,
) -> Bytes {
    let code = status.to_string();
    let body = json!({
        "error": { "message": message, "type": kind, "param": param, "code": code }
    });
    let mut out = BytesMut::with_capacity(message.len() + 128);
    // A value with string keys always encodes, and a BytesMut takes any amount.
    let _ = serde_json::to_writer((&mut out).writer(), &body);
    out.freeze()
}
