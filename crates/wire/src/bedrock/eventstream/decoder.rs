//! Chunks in, frames out.

use aws_smithy_eventstream::error::Error as SmithyError;
use bytes::{Buf, Bytes, BytesMut};

use super::{Frame, PRELUDE_BYTES};

/// Smallest frame: lengths and checksums around nothing.
const MIN_FRAME_BYTES: usize = PRELUDE_BYTES + size_of::<u32>();

/// Incremental decoder. Push a chunk, take frames until there are none, repeat.
#[derive(Debug)]
pub struct Decoder {
    max_frame_bytes: usize,
    buffer: BytesMut,
    failed: bool,
}

/// Why a stream cannot be decoded any further: after a broken frame nobody knows where the next one
/// begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A frame announces more than the decoder's bound.
    #[error("a frame of {announced} bytes, over the limit of {limit}; raise it or end the stream")]
    TooLong {
        /// What the frame's first four bytes say.
        announced: usize,
        /// The bound given to [`Decoder::new`], in bytes.
        limit: usize,
    },
    /// Lengths, checksums or headers do not add up.
    #[error("a broken frame: {problem}; end the stream")]
    Malformed {
        /// What does not.
        problem: String,
    },
}

/// What was left when the stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The bytes after the last complete frame. AWS's own readers drop them silently.
    pub rest: Bytes,
}

impl Decoder {
    /// A decoder at the start of a stream. `max_frame_bytes` bounds one frame, and with it the memory
    /// held between chunks.
    pub fn new(max_frame_bytes: usize) -> Self {
        Self { max_frame_bytes, buffer: BytesMut::new(), failed: false }
    }

    /// Hands over the next bytes of the stream. Take all frames before pushing again, or what is
    /// held grows.
    pub fn push(&mut self, chunk: &[u8]) {
        if !self.failed {
            self.buffer.extend_from_slice(chunk);
        }
    }

    /// The next complete frame, or `None` until more is pushed.
    ///
    /// # Errors
    /// [`FrameError`] once, after which the decoder yields nothing more.
    #[expect(
        clippy::should_implement_trait,
        reason = "not an iterator: `None` means `push more`, not `the end`"
    )]
    pub fn next(&mut self) -> Option<Result<Frame, FrameError>> {
        let found = self.take().transpose()?;
        if found.is_err() {
            self.failed = true;
            self.buffer = BytesMut::new();
        }
        Some(found)
    }

    /// Ends the stream and tells what was left of an incomplete frame.
    pub fn finish(self) -> Tail {
        Tail { rest: self.buffer.freeze() }
    }

    fn take(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some((mut prelude, _)) = self.buffer.split_at_checked(PRELUDE_BYTES) else {
            return Ok(None);
        };
        let expected = crc32fast::hash(&prelude[..8]);
        let (announced, _headers, stated) =
            (prelude.get_u32() as usize, prelude.get_u32(), prelude.get_u32());
        if stated != expected {
            let problem = "the checksum of its lengths is wrong".to_owned();
            return Err(FrameError::Malformed { problem });
        }
        if announced < MIN_FRAME_BYTES {
            let problem = format!("a length of {announced} bytes");
            return Err(FrameError::Malformed { problem });
        }
        if announced > self.max_frame_bytes {
            return Err(FrameError::TooLong { announced, limit: self.max_frame_bytes });
        }
        if self.buffer.len() < announced {
            return Ok(None);
        }
        Frame::read(&self.buffer.split_to(announced)).map(Some)
    }
}

impl FrameError {
    pub(super) fn malformed(error: &SmithyError) -> Self {
        Self::Malformed { problem: error.to_string() }
    }
}
