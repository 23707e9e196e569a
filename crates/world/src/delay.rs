//! A link's one-way latency: what arrives is held back until its time has come, be it bytes, the end
//! of the stream, or a reset. Nothing overtakes.

use std::collections::VecDeque;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::ReadBuf;
use tokio::time::{Instant, Sleep};

/// Bytes in flight per direction before the reader stops reading: 256 KiB, a common socket buffer.
const IN_FLIGHT_MAX: usize = 256 * 1024;

/// Bytes read from the stream at once; they pass through the stack, and only what was read is kept.
const PIECE: usize = 16 * 1024;

/// Holds back what arrives for a fixed time, in order, bounded.
#[derive(Debug)]
pub(crate) struct Delay {
    one_way: Duration,
    /// What is on its way, with the instant at which it may be read. The last word stays in front
    /// once it was read, and is repeated.
    queue: VecDeque<(Instant, Arrival)>,
    in_flight: usize,
    /// Whether the last word is on its way.
    ended: bool,
    timer: Pin<Box<Sleep>>,
}

#[derive(Debug)]
enum Arrival {
    /// At least one.
    Bytes(Bytes),
    End,
    Broken(io::ErrorKind),
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
        let mut scratch = [MaybeUninit::uninit(); PIECE];
        while !self.ended && self.in_flight < IN_FLIGHT_MAX {
            let mut read = ReadBuf::uninit(&mut scratch);
            let arrival = match inner(cx, &mut read) {
                Poll::Pending => break,
                Poll::Ready(Err(error)) => Arrival::Broken(error.kind()),
                Poll::Ready(Ok(())) if read.filled().is_empty() => Arrival::End,
                Poll::Ready(Ok(())) => Arrival::Bytes(Bytes::copy_from_slice(read.filled())),
            };
            match &arrival {
                Arrival::Bytes(piece) => self.in_flight += piece.len(),
                Arrival::End | Arrival::Broken(_) => self.ended = true,
            }
            self.queue.push_back((Instant::now() + self.one_way, arrival));
        }
        self.deliver(cx, buf)
    }

    /// Whether the reader was told, or is about to be, that the connection broke.
    pub(crate) fn is_broken(&self) -> bool {
        let front = self.queue.front();
        front.is_some_and(|(due, arrival)| {
            matches!(arrival, Arrival::Broken(_)) && *due <= Instant::now()
        })
    }

    fn deliver(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some((due, arrival)) = self.queue.front_mut() else { return Poll::Pending };
        if *due > Instant::now() {
            self.timer.as_mut().reset(*due);
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        match arrival {
            Arrival::End => Poll::Ready(Ok(())),
            Arrival::Broken(kind) => Poll::Ready(Err((*kind).into())),
            Arrival::Bytes(piece) => {
                let n = piece.len().min(buf.remaining());
                buf.put_slice(&piece.split_to(n));
                self.in_flight -= n;
                if piece.is_empty() {
                    self.queue.pop_front();
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}
