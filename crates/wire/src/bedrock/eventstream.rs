//! `application/vnd.amazon.eventstream`: length-prefixed binary frames, each with two checksums.
//!
//! A [`Frame`] is what one frame says; [`Decoder`] turns pushed chunks into frames and accepts a
//! split at any byte. Reading and writing single frames is `aws-smithy-eventstream`'s; what is added
//! here is a bound on their size and checks that need not wait for a frame's end. Who injects faults
//! gets frames that are wrong on purpose ([`spoil_checksum`]).

mod decoder;
mod frame;

pub use decoder::{Decoder, FrameError, Tail};
pub use frame::{Frame, FrameKind, spoil_checksum};
pub(super) use frame::{PRELUDE_BYTES, event_headers};

/// The content type of such a stream.
pub const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

/// Upper bound of one frame: a payload of 24 MiB, headers of 128 KiB, lengths and checksums, as AWS's
/// own readers have it.
pub const MAX_FRAME_BYTES: usize = 24 * 1024 * 1024 + 128 * 1024 + 16;
