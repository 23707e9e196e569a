//! A link's one-way latency: what arrives is held back until its time has come.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::time::{Instant, Sleep};

/// Bytes in flight per direction before the reader stops reading: 256 KiB, a common socket buffer.
const IN_FLIGHT_MAX: usize = 256 * 1024;

/// Bytes read from the stream at once.
const PIECE: usize = 16 * 1024;

/// Holds bytes back for a fixed time, in order, bounded.
#[derive(Debug)]
pub(crate) struct Delay {
    one_way: Duration,
    /// Pieces with the instant at which they may be read; an empty piece is the end of the stream.
    queue: VecDeque<(Instant, Vec<u8>)>,
    in_flight: usize,
    ended: bool,
    timer: Pin<Box<Sleep>>,
}

impl Delay {
    pub(crate) fn new(one_way: Duration) -> Self {
        let timer = Box::pin(tokio::time::sleep(Duration::ZERO));
        Self { one_way, queue: VecDeque::new(), in_flight: 0, ended: false, timer }
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        mut inner: impl FnMut(&mut Context<'_>, &mut ReadBuf<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        while !self.ended && self.in_flight < IN_FLIGHT_MAX {
            let mut piece = vec![0; PIECE];
            let mut read = ReadBuf::new(&mut piece);
            match inner(cx, &mut read) {
                Poll::Pending => break,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) => {
                    let n = read.filled().len();
                    piece.truncate(n);
                    self.ended = n == 0;
                    self.in_flight += n;
                    self.queue.push_back((Instant::now() + self.one_way, piece));
                }
            }
        }
        self.deliver(cx, buf)
    }

    fn deliver(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some((due, piece)) = self.queue.front_mut() else {
            return if self.ended { Poll::Ready(Ok(())) } else { Poll::Pending };
        };
        if *due > Instant::now() {
            self.timer.as_mut().reset(*due);
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        let n = piece.len().min(buf.remaining());
        buf.put_slice(&piece[..n]);
        self.in_flight -= n;
        if n == piece.len() {
            self.queue.pop_front();
        } else {
            piece.drain(..n);
        }
        Poll::Ready(Ok(()))
    }
}
