//! What one frame of an InvokeModel stream carries: an event of the model family, as base64.

use aws_smithy_types::base64;
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use super::{eventstream::Frame, padding};
use crate::error_reply::to_json;

/// The payload of a `chunk` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayloadPart {
    /// Base64 of the model family's own event, for Claude the data of an Anthropic event.
    pub bytes: String,
    /// Padding that hides the length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<String>,
}

impl PayloadPart {
    /// The event's name in the frame's headers.
    pub const EVENT: &str = "chunk";

    /// Wraps an event's JSON, padded by so many letters.
    pub fn new(inner: &[u8], padding_letters: usize) -> Self {
        Self { bytes: base64::encode(inner), p: Some(padding(padding_letters).to_owned()) }
    }

    /// The event's JSON, or `None` if it is no base64.
    pub fn inner(&self) -> Option<Bytes> {
        base64::decode(&self.bytes).ok().map(Bytes::from)
    }

    /// Appends the part as a frame.
    pub fn write_frame(&self, out: &mut BytesMut) {
        Frame::event(Self::EVENT, to_json(self)).write(out);
    }
}
