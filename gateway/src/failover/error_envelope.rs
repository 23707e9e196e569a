//! The error envelopes that clients get, whatever went wrong: OpenAI's, and those of Anthropic, Google and AWS for their
//! clients.

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::json;
use wire::bedrock::{ErrorName, StreamException};

/// The last frame of a stream that broke; no `[DONE]` follows it.
pub(crate) fn error_event(text: &str, kind: Option<&str>, status: u16) -> Bytes {
    let data = envelope(text, kind, None, status);
    let mut frame = BytesMut::with_capacity(data.len() + 8);
    wire::sse::encode::data(&mut frame, &data);
    frame.freeze()
}

/// The same as the Responses API says it: an event of that name, numbered after the newest one.
pub(crate) fn named_error_event(text: &str, status: u16, newest: Option<&Bytes>) -> Bytes {
    #[derive(serde::Deserialize)]
    struct Numbered {
        sequence_number: u64,
    }
    let newest = newest.and_then(|data| serde_json::from_slice::<Numbered>(data).ok());
    let number = newest.map_or(0, |newest| newest.sequence_number.saturating_add(1));
    let (code, kind) = (status.to_string(), "error");
    let data = json!({
        "type": kind, "code": code, "message": text, "param": null, "sequence_number": number
    });
    Bytes::from(format!("event: {kind}\ndata: {data}\n\n"))
}

/// Anthropic's event by which a stream says that it broke.
pub(crate) fn anthropic_error_event(text: &str, status: u16) -> Bytes {
    let data = anthropic_envelope(text, status);
    Bytes::from([b"event: error\ndata: ", &*data, b"\n\n"].concat())
}

/// Anthropic's envelope; its kinds of error go by the status.
pub(crate) fn anthropic_envelope(message: &str, status: u16) -> Bytes {
    let kind = match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        408 | 504 => "timeout_error",
        503 | 529 => "overloaded_error",
        400..500 => "invalid_request_error",
        _ => "api_error",
    };
    let error = json!({ "type": kind, "message": message });
    let envelope = json!({ "type": "error", "error": error, "request_id": null });
    Bytes::from(envelope.to_string())
}

/// Google's frame by which a stream says that it broke.
pub(crate) fn google_error_event(text: &str, status: u16) -> Bytes {
    Bytes::from([b"data: ", &*google_envelope(text, status), b"\r\n\r\n"].concat())
}

/// Google's envelope, whose `status` is the name of the code (`google/rpc/code.proto`).
pub(crate) fn google_envelope(message: &str, status: u16) -> Bytes {
    let name = match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        502 | 503 | 529 => "UNAVAILABLE",
        408 | 504 => "DEADLINE_EXCEEDED",
        402 | 412 => "FAILED_PRECONDITION",
        400..=499 => "INVALID_ARGUMENT",
        _ => "INTERNAL",
    };
    let error = json!({ "code": status, "message": message, "status": name });
    Bytes::from(json!({ "error": error }).to_string())
}

/// AWS's frame by which a stream says that it broke.
pub(crate) fn aws_error_event(text: &str, status: u16) -> Bytes {
    let mut frame = BytesMut::new();
    StreamException::of_status(status).frame(text).write(&mut frame);
    frame.freeze()
}

/// The body of AWS's errors, whose names stand in a header.
pub(crate) fn aws_body(message: &str) -> Bytes {
    Bytes::from(json!({ "message": message }).to_string())
}

/// AWS's name of an error, by its status.
pub(crate) fn aws_name(status: u16) -> &'static str {
    let nearest = match status {
        402 => ErrorName::ServiceQuotaExceeded,
        502 | 529 => ErrorName::ServiceUnavailable,
        504 => ErrorName::ModelTimeout,
        400..500 => ErrorName::Validation,
        _ => ErrorName::InternalServer,
    };
    ErrorName::of_status(status).unwrap_or(nearest).name()
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
