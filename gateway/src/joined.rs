//! Frames that are ready together, on their way into one write.

use bytes::{Bytes, BytesMut};

/// Collects frames. A single frame is passed on as it is; only a second one makes a copy.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    first: Bytes,
    rest: BytesMut,
}

impl Joined {
    /// Appends a frame.
    pub(crate) fn push(&mut self, frame: Bytes) {
        if self.is_empty() {
            self.first = frame;
            return;
        }
        if self.rest.is_empty() {
            self.rest.reserve(4 * (self.first.len() + frame.len()));
            self.rest.extend_from_slice(&self.first);
            self.first = Bytes::new();
        }
        self.rest.extend_from_slice(&frame);
    }

    /// Bytes collected so far.
    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes everything.
    pub(crate) fn take(&mut self) -> Bytes {
        if self.rest.is_empty() {
            std::mem::take(&mut self.first)
        } else {
            self.rest.split().freeze()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Joined;
    use bytes::Bytes;

    #[test]
    fn one_frame_is_not_copied_and_many_keep_their_order() {
        let mut joined = Joined::default();
        let frame = Bytes::from(vec![b'a'; 100]);
        joined.push(frame.clone());
        assert_eq!(joined.take().as_ptr(), frame.as_ptr());
        for part in ["a", "b", "c"] {
            joined.push(Bytes::from_static(part.as_bytes()));
        }
        assert_eq!(joined.take(), "abc");
        assert!(joined.is_empty() && joined.take().is_empty());
        joined.push(frame.clone());
        assert_eq!(joined.take().as_ptr(), frame.as_ptr());
    }
}
