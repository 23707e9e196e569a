//! Finds the ends of frames in a byte stream without building anything.
//!
//! A frame ends with a blank line. The scanner keeps a few bytes of state instead of the input, so
//! each byte is looked at once however the stream is cut into chunks.

use memchr::memchr2;

/// Incremental search for the blank lines that end frames.
///
/// ```
/// let mut scanner = wire::sse::Scanner::new();
/// assert_eq!(scanner.next_end(b"data: a\n\ndata: b"), Some(9));
/// assert_eq!(scanner.next_end(b"data: b"), None);
/// assert_eq!(scanner.next_end(b"\n\n"), Some(2));
/// ```
#[derive(Clone, Debug)]
pub struct Scanner {
    line_start: bool,
    after_cr: bool,
    lines: u32,
    mid_frame: bool,
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Scanner {
    /// A scanner at the start of a stream.
    pub const fn new() -> Self {
        Self { line_start: true, after_cr: false, lines: 0, mid_frame: false }
    }

    /// Offset just past the next frame's end in `bytes`, or `None` when all of `bytes` was consumed
    /// without meeting one. Call again with the rest after the returned offset, or with new bytes.
    ///
    /// A blank line that ends in CR at the very end of `bytes` completes its frame at once; should
    /// an LF follow, it is counted to the next frame, where it means nothing.
    pub fn next_end(&mut self, bytes: &[u8]) -> Option<usize> {
        if !self.mid_frame {
            self.lines = 0;
        }
        let mut at = 0;
        if std::mem::take(&mut self.after_cr) {
            if bytes.is_empty() {
                self.after_cr = true;
                return None;
            }
            at = usize::from(bytes[0] == b'\n');
        }
        while at < bytes.len() {
            let blank = self.line_start;
            let Some(found) = memchr2(b'\n', b'\r', &bytes[at..]) else {
                self.line_start = false;
                self.mid_frame = true;
                return None;
            };
            let blank = blank && found == 0;
            let end = at + found;
            at = end + 1;
            if bytes[end] == b'\r' {
                match bytes.get(at) {
                    Some(b'\n') => at += 1,
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
            self.line_start = true;
            if blank {
                self.mid_frame = false;
                return Some(at);
            }
            self.mid_frame = true;
            self.lines = self.lines.saturating_add(1);
        }
        None
    }

    /// Whether bytes of an unfinished frame (even if only a comment) have been consumed.
    pub const fn is_mid_frame(&self) -> bool {
        self.mid_frame
    }

    /// How many lines the frame found last had, its blank one not counted.
    pub(super) const fn lines(&self) -> u32 {
        self.lines
    }
}
