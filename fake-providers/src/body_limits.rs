//! Reading bodies, within bounds: of one request, and of all requests together, so that many clients
//! who each send as much as one may send do not fill the machine.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Largest request body, in bytes; Anthropic's bound, and above what the others accept.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Bytes of all bodies under way together: 16 of the largest, or 64,000 of 8 kB.
const ALL_BODIES_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Room for the bodies of one world.
#[derive(Clone, Debug)]
pub(crate) struct BodyLimits(Arc<Semaphore>);

/// A body, and its room until it was dealt with.
#[derive(Debug)]
pub(crate) struct LimitedBody {
    /// `None` if it was too large, or there was no room.
    pub(crate) body: Option<Bytes>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ALL_BODIES_BYTES_MAX)))
    }
}

impl BodyLimits {
    /// Reads a body; a length beyond the bound is believed without reading. `None` if the client
    /// broke off.
    pub(crate) async fn read(&self, parts: &Parts, mut body: Incoming) -> Option<LimitedBody> {
        let refused = LimitedBody { body: None, _room: None };
        let declared = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let declared = declared.and_then(|value| value.parse::<u64>().ok()).unwrap_or(0);
        if declared > BODY_BYTES_MAX as u64 {
            return Some(refused);
        }
        let (mut read, mut room) = (BytesMut::new(), None::<OwnedSemaphorePermit>);
        // Ends with the body, or at the bound.
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.ok()?.into_data() else { continue };
            if read.len() + data.len() > BODY_BYTES_MAX {
                return Some(refused);
            }
            let needed = u32::try_from(data.len()).unwrap_or(u32::MAX);
            match Arc::clone(&self.0).try_acquire_many_owned(needed) {
                Ok(more) => match &mut room {
                    Some(room) => room.merge(more),
                    None => room = Some(more),
                },
                Err(_) => return Some(refused),
            }
            read.extend_from_slice(&data);
        }
        Some(LimitedBody { body: Some(read.freeze()), _room: room })
    }
}
