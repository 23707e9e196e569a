//! What gateway and balancer share of HTTP/1: how slow a client may be, and which headers belong to
//! one connection only. It must never know a path, a key or a body.

use std::time::Duration;

use http::{HeaderMap, HeaderName, header};
use world::ServeOptions;

/// Bounds of a client's connection.
pub(crate) const CLIENTS: ServeOptions = ServeOptions {
    header_timeout: Some(Duration::from_secs(30)),
    head_bytes_max: 64 * 1024,
    // nginx' `send_timeout`.
    write_timeout: Some(Duration::from_secs(60)),
};

/// Connections served at a time unless told otherwise. Bounds tasks and, under HTTP/1, requests. nginx'
/// `worker_connections` is of this order.
pub(crate) const CONNECTIONS_MAX: usize = 65_536;

/// Longest time between two arrivals of a request's body: nginx' `client_body_timeout`.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(60);

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
