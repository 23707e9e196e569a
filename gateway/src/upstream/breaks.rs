//! Why an answer, begun or whole, is none: in words, and as a failure.

use std::time::Duration;

use bytes::Bytes;
use wire::openai::ErrorDetail;
use world::ReadError;

use super::failure::{Failure, Trouble};

/// Why a stream is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Break {
    #[error("Connection to the provider broke mid-stream: {0}")]
    Cut(ReadError),
    #[error("Timeout on reading data from socket: nothing came for {:.1} s", .0.as_secs_f64())]
    Stalled(Duration),
    #[error("The provider ended the stream before the answer was complete")]
    Truncated,
    #[error("{}", words(.0))]
    Error(Bytes),
    #[error("The provider sent a malformed chunk")]
    Malformed,
    #[error("The provider's answer says nothing, and not why")]
    Empty,
}

impl Break {
    /// How long it was silent, where silence broke it.
    pub(crate) const fn limit(&self) -> Duration {
        match self {
            Self::Stalled(limit) => *limit,
            Self::Cut(_) | Self::Truncated | Self::Error(_) | Self::Malformed | Self::Empty => {
                Duration::ZERO
            }
        }
    }

    /// Data of the event by which the provider reported an error; else nothing.
    pub(crate) fn said(&self) -> &[u8] {
        match self {
            Self::Error(data) => data,
            Self::Cut(_) | Self::Stalled(_) | Self::Truncated | Self::Malformed | Self::Empty => {
                &[]
            }
        }
    }

    /// What it means for retries, cooldowns and the client.
    pub(crate) fn failure(&self) -> Failure {
        let trouble = match self {
            Self::Cut(ReadError::Broken(_)) => Trouble::Cut,
            Self::Stalled(_) => Trouble::Stalled,
            Self::Truncated => Trouble::Truncated,
            Self::Error(_) => Trouble::ErrorEvent,
            Self::Cut(ReadError::Coding(_)) | Self::Malformed | Self::Empty => Trouble::Malformed,
        };
        Failure::broken(trouble, &self.to_string())
    }
}

/// The provider's own words for an error inside a stream.
fn words(data: &Bytes) -> String {
    match ErrorDetail::read(data) {
        Some(detail) if !detail.message.is_empty() => detail.message,
        _ => "The provider reported an error mid-stream".to_owned(),
    }
}
