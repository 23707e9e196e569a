//! A connection end over a toxic link: both directions, and what ends it.
//!
//! It is driven by being polled. Reading also moves what was written and waits for its time, so
//! whoever reads (as hyper always does) keeps both directions going; flushing waits until everything
//! has left. Everything is bounded: see [`lane`](super::lane).

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::ReadBuf;
use tokio::time::Sleep;
use vocab::At;

use super::lane::{Lane, Parcel};
use super::passage::Passage;
use crate::Clock;
use crate::conn::Wire;
use crate::toxic::{Doom, Stream};

/// Bytes read from the connection at once; they pass through the stack, and only what was read is
/// kept.
const PIECE: usize = 16 * 1024;

/// Pieces read in one poll: a peer that floods a swallowing link must not keep the task for itself.
const PIECES_MAX: usize = 16;

/// The toxic part of a connection end.
#[derive(Debug)]
pub(crate) struct Toxics {
    passage: Passage,
    clock: Clock,
    /// What comes in, and what goes out; which of them is `downstream` depends on who dialled.
    incoming: Lane,
    outgoing: Lane,
    doom: Option<(At, Doom)>,
    over: Option<Doom>,
    alarm: Pin<Box<Sleep>>,
    /// Wakes at the end of a hold.
    release: Pin<Box<Sleep>>,
}

impl Toxics {
    /// For an end that dialled (its answers come downstream), or that was dialled.
    pub(crate) fn new(passage: Passage, clock: Clock, dialled: bool) -> Self {
        let (incoming, outgoing) = match dialled {
            true => (Stream::Downstream, Stream::Upstream),
            false => (Stream::Upstream, Stream::Downstream),
        };
        let timer = || Box::pin(tokio::time::sleep(Duration::ZERO));
        Self {
            doom: passage.doom(clock.now()),
            passage,
            clock,
            incoming: Lane::new(incoming, clock),
            outgoing: Lane::new(outgoing, clock),
            over: None,
            alarm: timer(),
            release: timer(),
        }
    }

    /// Whether the connection should be reset by now, as one must be whose owner died.
    pub(crate) fn is_reset_due(&self) -> bool {
        self.doom.is_some_and(|(at, doom)| doom == Doom::Reset && at <= self.clock.now())
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        wire: &mut Wire,
    ) -> Poll<io::Result<()>> {
        let now = self.clock.now();
        if let Some(doom) = self.met_doom(cx, wire, now) {
            return Poll::Ready(ended(doom));
        }
        ready!(self.poll_released(cx, now));
        // An error of the other direction is for those who write.
        let _ = self.poll_drained(cx, wire, now);
        if self.incoming.is_clear(&self.passage, now) {
            return wire.poll_read(cx, buf);
        }
        self.take_in(cx, wire, now);
        match ready!(self.incoming.poll_next(cx, (&self.passage, now), buf.remaining())) {
            Parcel::End => Poll::Ready(Ok(())),
            Parcel::Broken(kind) => Poll::Ready(Err(kind.into())),
            Parcel::Bytes(piece) => {
                buf.put_slice(&piece);
                if self.incoming.left(piece.len(), &self.passage, now) {
                    self.over = Some(Doom::Close);
                }
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Takes everything at once where there is room.
    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        wire: &mut Wire,
    ) -> Poll<io::Result<usize>> {
        let now = self.clock.now();
        if let Some(doom) = self.met_doom(cx, wire, now) {
            return Poll::Ready(Err(broken(doom)));
        }
        ready!(self.poll_released(cx, now));
        if self.outgoing.is_clear(&self.passage, now) {
            return wire.poll_write_vectored(cx, bufs);
        }
        if self.outgoing.room() == 0 {
            ready!(self.poll_drained(cx, wire, now))?;
        }
        let piece = gathered(bufs, self.outgoing.room());
        let n = piece.len();
        if n > 0 {
            self.outgoing.take(Parcel::Bytes(piece), &self.passage, now);
        }
        match self.poll_drained(cx, wire, now) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(n)),
        }
    }

    pub(crate) fn poll_flush(
        &mut self,
        cx: &mut Context<'_>,
        wire: &mut Wire,
    ) -> Poll<io::Result<()>> {
        let now = self.clock.now();
        if self.met_doom(cx, wire, now).is_some() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_released(cx, now));
        ready!(self.poll_drained(cx, wire, now))?;
        wire.poll_flush(cx)
    }

    pub(crate) fn poll_shutdown(
        &mut self,
        cx: &mut Context<'_>,
        wire: &mut Wire,
    ) -> Poll<io::Result<()>> {
        let now = self.clock.now();
        if self.met_doom(cx, wire, now).is_some() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_released(cx, now));
        if !self.outgoing.has_ended() {
            self.outgoing.take(Parcel::End, &self.passage, now);
        }
        ready!(self.poll_drained(cx, wire, now))?;
        ready!(self.outgoing.poll_next(cx, (&self.passage, now), 0));
        wire.poll_shutdown(cx)
    }

    /// Sends what may leave; ready when nothing is left.
    fn poll_drained(
        &mut self,
        cx: &mut Context<'_>,
        wire: &mut Wire,
        now: At,
    ) -> Poll<io::Result<()>> {
        // Each turn sends at least a byte of what the lane holds, which is bounded.
        while !self.outgoing.is_drained() {
            let next = self.outgoing.poll_next(cx, (&self.passage, now), usize::MAX);
            let Parcel::Bytes(piece) = ready!(next) else { break };
            let n = ready!(wire.poll_write_vectored(cx, &[IoSlice::new(&piece)]))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            if self.outgoing.left(n, &self.passage, now) {
                self.over = Some(Doom::Close);
                cx.waker().wake_by_ref();
                break;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what has arrived, as far as there is room for it.
    fn take_in(&mut self, cx: &mut Context<'_>, wire: &mut Wire, now: At) {
        let mut scratch = [MaybeUninit::uninit(); PIECE];
        for _ in 0..PIECES_MAX {
            if self.incoming.room() == 0 {
                return;
            }
            let mut read = ReadBuf::uninit(&mut scratch);
            let parcel = match wire.poll_read(cx, &mut read) {
                Poll::Pending => return,
                Poll::Ready(Err(error)) => Parcel::Broken(error.kind()),
                Poll::Ready(Ok(())) if read.filled().is_empty() => Parcel::End,
                Poll::Ready(Ok(())) => Parcel::Bytes(Bytes::copy_from_slice(read.filled())),
            };
            self.incoming.take(parcel, &self.passage, now);
        }
        cx.waker().wake_by_ref();
    }

    /// What ended the connection, if something did; otherwise the task is woken when it will.
    fn met_doom(&mut self, cx: &mut Context<'_>, wire: &Wire, now: At) -> Option<Doom> {
        if self.over.is_some() {
            return self.over;
        }
        let (at, doom) = self.doom?;
        let instant = self.clock.instant(at);
        if at > now {
            if self.alarm.deadline() != instant {
                self.alarm.as_mut().reset(instant);
            }
            if self.alarm.as_mut().poll(cx).is_pending() {
                return None;
            }
        }
        if doom == Doom::Reset {
            wire.reset();
        }
        self.over = Some(doom);
        self.over
    }

    fn poll_released(&mut self, cx: &mut Context<'_>, now: At) -> Poll<()> {
        let Some(until) = self.passage.held_until(now) else { return Poll::Ready(()) };
        let instant = self.clock.instant(until);
        if self.release.deadline() != instant {
            self.release.as_mut().reset(instant);
        }
        self.release.as_mut().poll(cx)
    }
}

fn ended(doom: Doom) -> io::Result<()> {
    match doom {
        Doom::Close => Ok(()),
        Doom::Reset => Err(broken(doom)),
    }
}

fn broken(doom: Doom) -> io::Error {
    match doom {
        Doom::Close => io::ErrorKind::BrokenPipe.into(),
        Doom::Reset => io::ErrorKind::ConnectionReset.into(),
    }
}

/// The first `most` bytes of `bufs`.
fn gathered(bufs: &[IoSlice<'_>], most: usize) -> Bytes {
    let mut all =
        BytesMut::with_capacity(bufs.iter().map(|buf| buf.len()).sum::<usize>().min(most));
    for buf in bufs {
        let n = buf.len().min(most - all.len());
        all.extend_from_slice(&buf[..n]);
    }
    all.freeze()
}
