//! What stands in front of a provider, and answers in its place where a fault asks for that.

use bytes::Bytes;
use wire::ErrorReply;

use crate::action::{ErrorBody, ProviderError};

/// The answer of something in front of the provider, if the fault asks for one.
pub(super) fn edge(error: &ProviderError) -> Option<ErrorReply> {
    let status = error.status;
    let text = |body| ErrorReply { status, content_type: "text/plain", body };
    match error.body {
        ErrorBody::Provider => None,
        ErrorBody::Html => {
            let status_code = http::StatusCode::from_u16(status).ok();
            let reason = status_code.and_then(|code| code.canonical_reason());
            Some(ErrorReply::html(status, reason.unwrap_or("Unknown Error")))
        }
        ErrorBody::Text => Some(text(Bytes::from_static(ENVOY))),
        ErrorBody::Empty => Some(text(Bytes::new())),
    }
}

/// What Envoy says when it cannot reach what is behind it (seen in front of Anthropic).
const ENVOY: &[u8] = b"upstream connect error or disconnect/reset before headers. reset reason: \
                       connection termination";
