//! A failure as a provider answers it: status, content type, body.

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;

use crate::sse;

/// An authored error answer. Retry and rate-limit headers are added by whoever knows the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorReply {
    /// HTTP status.
    pub status: u16,
    /// Value of `content-type`.
    pub content_type: &'static str,
    /// The body, in the provider's own shape.
    pub body: Bytes,
}

impl ErrorReply {
    /// Content type of the providers' JSON bodies.
    pub const JSON: &str = "application/json";
    /// Content type of the pages that edges in front of the providers answer with.
    pub const HTML: &str = "text/html";

    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        Self { status, content_type: Self::JSON, body: to_json(body) }
    }

    /// The page an nginx-like edge sends when it cannot reach what is behind it; no provider's JSON.
    /// `reason` is the status's phrase, such as `Bad Gateway`.
    pub fn html(status: u16, reason: &str) -> Self {
        let page = format!(
            "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n\
             <center><h1>{status} {reason}</h1></center>\r\n</body>\r\n</html>\r\n"
        );
        Self { status, content_type: Self::HTML, body: Bytes::from(page) }
    }

    /// Appends the body as a data-only SSE frame: how OpenAI and Azure report a failure inside a
    /// stream that began with status 200.
    pub fn write_frame(&self, out: &mut BytesMut) {
        sse::encode::data(out, &self.body);
    }
}

/// Our own types have string keys and no fallible `Serialize`, so encoding them cannot fail.
pub(crate) fn to_json(value: &impl Serialize) -> Bytes {
    let mut out = BytesMut::with_capacity(256);
    write_json(&mut out, value);
    out.freeze()
}

/// See [`to_json`].
pub(crate) fn write_json(out: &mut BytesMut, value: &impl Serialize) {
    #[expect(clippy::expect_used, reason = "see `to_json`; a BytesMut takes any amount")]
    serde_json::to_writer(out.writer(), value).expect("wire types always encode");
}

/// See [`to_json`]; indented by two spaces, as Google's servers write.
pub(crate) fn to_json_pretty(value: &impl Serialize) -> Bytes {
    let mut out = BytesMut::with_capacity(512);
    #[expect(clippy::expect_used, reason = "see `to_json`; a BytesMut takes any amount")]
    serde_json::to_writer_pretty((&mut out).writer(), value).expect("wire types always encode");
    out.put_u8(b'\n');
    out.freeze()
}
