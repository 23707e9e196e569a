//! What comes back: kinds of content, bounded bodies, and the names of broken transports.

use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap};
use http_body_util::BodyExt as _;
use wire::framing::Framing;
use world::pool::{PooledBody, SendError};

use crate::reply::BODY_BYTES_MAX;
use crate::verdict::End;

/// How long to wait for the end of a body whose terminator was read, to keep its connection; beyond
/// it the connection is closed. The request itself is over before.
const TAIL_TIME_MAX: Duration = Duration::from_millis(250);

/// Bytes of such a tail, at most.
const TAIL_BYTES_MAX: usize = 64 * 1024;

/// Whether a response claims to carry a stream of that framing; `None` if it does not say.
pub(super) fn is_stream(headers: &HeaderMap, framing: Framing) -> Option<bool> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let name = value.split(';').next().unwrap_or_default().trim();
    Some(name.eq_ignore_ascii_case(framing.content_type()))
}

/// The whole body, at most [`BODY_BYTES_MAX`] bytes of it. A body in one piece is not copied.
pub(super) async fn collect(body: &mut PooledBody) -> Result<Bytes, End> {
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let data = frame.map_err(|error| end_of_broken(&error))?.into_data().unwrap_or_default();
        if first.is_empty() && joined.is_empty() {
            first = data;
            continue;
        }
        if joined.is_empty() {
            joined.extend_from_slice(&first);
        }
        if joined.len() + data.len() > BODY_BYTES_MAX {
            return Err(End::Malformed);
        }
        joined.extend_from_slice(&data);
    }
    Ok(if joined.is_empty() { first } else { joined.freeze() })
}

/// Why there is no response head.
pub(super) fn end_without_head(error: &SendError) -> End {
    match error {
        SendError::NoDescriptors(_) | SendError::Connect(_) | SendError::ConnectTimeout(_) => {
            End::NoConnection
        }
        SendError::Closed(error) if error.is_parse() => End::Malformed,
        SendError::Closed(_) | SendError::Stale(_) => End::NoHead,
    }
}

/// A body that broke: framing that HTTP does not allow, or a connection that ended.
pub(super) fn end_of_broken(error: &hyper::Error) -> End {
    let kind = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    match kind.map(io::Error::kind) {
        Some(ErrorKind::InvalidInput | ErrorKind::InvalidData) => End::Malformed,
        Some(_) | None => End::Cut,
    }
}

/// Reads what follows a terminator (a chunked body's last chunk), so that the connection can be used
/// again. The request's row is written before.
pub(crate) async fn keep_connection(mut body: PooledBody) {
    let tail = async {
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Bytes::len);
            if bytes > TAIL_BYTES_MAX {
                return;
            }
        }
    };
    // Too late: the body is dropped, and its connection closed.
    let _ = tokio::time::timeout(TAIL_TIME_MAX, tail).await;
}
