//! What every proxy must know of HTTP headers: which of them belong to one connection only.

use http::{HeaderMap, HeaderName, header};

/// Whether a header speaks about this connection and not about the message (RFC 9110, 7.6.1).
pub(crate) fn is_hop_by_hop(name: &HeaderName) -> bool {
    const PER_CONNECTION: [HeaderName; 7] = [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::TE,
        header::TRAILER,
        header::UPGRADE,
        header::PROXY_AUTHENTICATE,
        header::PROXY_AUTHORIZATION,
    ];
    PER_CONNECTION.contains(name) || name == "keep-alive"
}

/// A header's value as text; empty if it is absent or not visible ASCII.
pub(crate) fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
