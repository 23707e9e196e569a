//! Pieces of a body that are ready together, on their way into one write.

use bytes::{Bytes, BytesMut};

/// Collects frames. A single frame is passed on as it is; only a second one makes a copy.
#[derive(Debug, Default)]
pub struct ChunkBuf {
    first: Bytes,
    rest: BytesMut,
    /// Bytes that are expected in all, if anybody knows.
    expected: usize,
}

impl ChunkBuf {
    /// A buffer for so many bytes in all, more or less; they take memory as they come.
    pub fn expecting(bytes: usize) -> Self {
        Self { expected: bytes, ..Self::default() }
    }

    /// Appends a frame.
    pub fn push(&mut self, frame: Bytes) {
        if self.is_empty() {
            self.first = frame;
            return;
        }
        if self.rest.is_empty() {
            let come = self.first.len() + frame.len();
            self.rest.reserve(if self.expected > 0 { self.expected.max(come) } else { 4 * come });
            self.rest.extend_from_slice(&self.first);
            self.first = Bytes::new();
        }
        self.rest.extend_from_slice(&frame);
    }

    /// Bytes collected so far.
    pub fn len(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes everything.
    pub fn take(&mut self) -> Bytes {
        if self.rest.is_empty() {
            std::mem::take(&mut self.first)
        } else {
            self.rest.split().freeze()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ChunkBuf;
    use bytes::Bytes;

    #[test]
    fn one_frame_is_not_copied_and_many_keep_their_order() {
        let mut buf = ChunkBuf::default();
        let frame = Bytes::from(vec![b'a'; 100]);
        buf.push(frame.clone());
        assert_eq!(buf.take().as_ptr(), frame.as_ptr());
        for part in ["a", "b", "c"] {
            buf.push(Bytes::from_static(part.as_bytes()));
        }
        assert_eq!(buf.take(), "abc");
        assert!(buf.is_empty() && buf.take().is_empty());
        buf.push(frame.clone());
        assert_eq!(buf.take().as_ptr(), frame.as_ptr());
    }
}
