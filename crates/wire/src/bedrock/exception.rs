//! Failures inside a stream that began with status 200, as frames.

use bytes::Bytes;
use serde::Serialize;

use super::eventstream::{Frame, FrameKind};
use crate::error_reply::to_json;

/// The modelled failures of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamException {
    /// Something broke.
    InternalServer,
    /// The model broke.
    ModelStreamError,
    /// The request turned out to make no sense.
    Validation,
    /// Too fast.
    Throttling,
    /// Nobody there.
    ServiceUnavailable,
    /// The model took too long; InvokeModel's streams only.
    ModelTimeout,
}

impl StreamException {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::InternalServer,
        Self::ModelStreamError,
        Self::Validation,
        Self::Throttling,
        Self::ServiceUnavailable,
        Self::ModelTimeout,
    ];

    /// The name in the frame's `:exception-type`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InternalServer => "internalServerException",
            Self::ModelStreamError => "modelStreamErrorException",
            Self::Validation => "validationException",
            Self::Throttling => "throttlingException",
            Self::ServiceUnavailable => "serviceUnavailableException",
            Self::ModelTimeout => "modelTimeoutException",
        }
    }

    /// The exception that stands for an HTTP status.
    pub const fn of_status(status: u16) -> Self {
        match status {
            429 => Self::Throttling,
            503 | 529 => Self::ServiceUnavailable,
            408 | 504 => Self::ModelTimeout,
            424 => Self::ModelStreamError,
            400..=499 => Self::Validation,
            _ => Self::InternalServer,
        }
    }

    /// The frame.
    pub fn frame(self, message: &str) -> Frame {
        Frame::exception(self.name(), payload(message))
    }

    /// The exception that a frame is, if it is one of these.
    pub fn of(frame: &Frame) -> Option<Self> {
        let FrameKind::Exception(name) = &frame.kind else { return None };
        Self::ALL.into_iter().find(|exception| exception.name() == name)
    }
}

fn payload(message: &str) -> Bytes {
    #[derive(Serialize)]
    struct Payload<'m> {
        message: &'m str,
    }
    to_json(&Payload { message })
}
