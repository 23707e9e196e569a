//! One direction of a connection over a toxic link: bytes come in at one end, wait for their time,
//! and leave at the other in order.
//!
//! Latency says when a piece may leave at the earliest; bandwidth and slicer, asked when a piece is
//! next in line, how much of it leaves and how long that takes. Deadlines are absolute, so that the
//! timers' granularity adds up to nothing.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Sleep;
use vocab::At;

use super::passage::{Passage, Spell};
use crate::Clock;
use crate::toxic::{Stream, Toxic};

/// Bytes in flight per direction before nothing more is taken in: 256 KiB, a common socket buffer.
pub(super) const IN_FLIGHT_MAX: usize = 256 * 1024;

/// A piece that a narrow link sends at once lasts so long, as in toxiproxy.
const QUANTUM: Duration = Duration::from_millis(100);

/// One direction.
#[derive(Debug)]
pub(super) struct Lane {
    stream: Stream,
    clock: Clock,
    queue: VecDeque<(At, Parcel)>,
    /// Bytes in the queue.
    held: usize,
    /// Whether the last word is on its way.
    ended: bool,
    /// Pieces taken in so far; keys their jitter.
    taken: u64,
    /// Slices let out so far; keys their sizes.
    sliced: u64,
    /// Bytes let out inside windows that limit them.
    counted: u64,
    /// No piece may leave before the one before it.
    last: At,
    /// Until then the line is busy with what left last.
    busy_until: At,
    /// How many bytes leave next, and when.
    next: Option<(At, usize)>,
    timer: Pin<Box<Sleep>>,
}

/// Something on its way.
#[derive(Clone, Debug)]
pub(super) enum Parcel {
    /// At least one byte.
    Bytes(Bytes),
    /// The end of the stream, in order.
    End,
    /// The end of the stream, with an error.
    Broken(io::ErrorKind),
}

impl Lane {
    pub(super) fn new(stream: Stream, clock: Clock) -> Self {
        Self {
            stream,
            clock,
            queue: VecDeque::new(),
            held: 0,
            ended: false,
            taken: 0,
            sliced: 0,
            counted: 0,
            last: At(0),
            busy_until: At(0),
            next: None,
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
        }
    }

    /// Whether bytes may pass it by: nothing is under way, and no toxic touches this direction.
    pub(super) fn is_clear(&self, passage: &Passage, now: At) -> bool {
        self.queue.is_empty()
            && self.busy_until <= now
            && self.toxics(passage, now).next().is_none()
    }

    /// Bytes that it would take in now.
    pub(super) fn room(&self) -> usize {
        if self.ended { 0 } else { IN_FLIGHT_MAX.saturating_sub(self.held) }
    }

    /// Whether everything that came in has left, the end aside.
    pub(super) fn is_drained(&self) -> bool {
        self.held == 0
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Takes something in.
    pub(super) fn take(&mut self, parcel: Parcel, passage: &Passage, now: At) {
        let mut wait = Duration::ZERO;
        let in_order = matches!(parcel, Parcel::End);
        let is_last = !matches!(parcel, Parcel::Bytes(_));
        for spell in self.toxics(passage, now) {
            match spell.toxic {
                // The end is not seen either: it comes with the end of the silence.
                Toxic::Timeout { .. } => {
                    self.ended |= is_last;
                    return;
                }
                Toxic::Latency { latency, jitter } if !is_last => {
                    wait = wait.saturating_add(jittered(spell, latency, jitter, self.taken));
                }
                Toxic::SlowClose { delay } if in_order => wait = wait.saturating_add(delay),
                Toxic::Latency { .. }
                | Toxic::SlowClose { .. }
                | Toxic::Bandwidth { .. }
                | Toxic::ResetPeer { .. }
                | Toxic::Slicer { .. }
                | Toxic::LimitData { .. }
                | Toxic::Down
                | Toxic::Hold => {}
            }
        }
        if let Parcel::Bytes(piece) = &parcel {
            self.held += piece.len();
        }
        self.ended |= is_last;
        self.taken += 1;
        self.last = self.last.max(now.plus(wait));
        self.queue.push_back((self.last, parcel));
    }

    /// What may leave now: at most `most` bytes, or the end. Ready once for each; after the end it
    /// stays ready. `Pending` where nothing may, and the task is woken when something may, if it is
    /// on its way already.
    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        (passage, now): (&Passage, At),
        most: usize,
    ) -> Poll<Parcel> {
        let Some((ready, parcel)) = self.queue.front().cloned() else { return Poll::Pending };
        let Parcel::Bytes(bytes) = parcel else {
            return if self.is_due(cx, ready, now) { Poll::Ready(parcel) } else { Poll::Pending };
        };
        let (due, len) = match self.next {
            Some(next) => next,
            None => self.plan(ready, bytes.len(), passage, now),
        };
        self.next = Some((due, len));
        if !self.is_due(cx, due, now) {
            return Poll::Pending;
        }
        Poll::Ready(Parcel::Bytes(bytes.slice(..len.min(most))))
    }

    /// So many bytes of what [`Self::poll_next`] gave have left. Says whether a limit is reached.
    pub(super) fn left(&mut self, n: usize, passage: &Passage, now: At) -> bool {
        if let Some((_, Parcel::Bytes(front))) = self.queue.front_mut() {
            bytes::Buf::advance(front, n);
            self.held = self.held.saturating_sub(n);
            if front.is_empty() {
                self.queue.pop_front();
            }
        }
        if let Some((due, len)) = self.next.take() {
            if len > n {
                self.next = Some((due, len - n));
            } else {
                self.busy_until = due.plus(self.pause(passage, now));
            }
        }
        match self.limit(passage, now) {
            Some(limit) => {
                self.counted += n as u64;
                self.counted >= limit
            }
            None => false,
        }
    }

    /// When the next piece leaves, and how long it is.
    fn plan(&mut self, ready: At, waiting: usize, passage: &Passage, now: At) -> (At, usize) {
        let (mut len, mut rate, mut sliced) = (waiting, u64::MAX, self.sliced);
        for spell in self.toxics(passage, now) {
            match spell.toxic {
                Toxic::Bandwidth { bytes_per_second } => rate = rate.min(bytes_per_second.max(1)),
                Toxic::Slicer { average, variation, .. } => {
                    let spread = 2 * variation as u64 + 1;
                    let drawn = spell.luck.clone().n(1).n(sliced).below(spread) as usize;
                    len = len.min((average + drawn).saturating_sub(variation).max(1));
                    sliced += 1;
                }
                Toxic::LimitData { bytes } => {
                    let left = usize::try_from(bytes.saturating_sub(self.counted));
                    len = len.min(left.unwrap_or(usize::MAX).max(1));
                }
                Toxic::Latency { .. }
                | Toxic::SlowClose { .. }
                | Toxic::Timeout { .. }
                | Toxic::ResetPeer { .. }
                | Toxic::Down
                | Toxic::Hold => {}
            }
        }
        self.sliced = sliced;
        let begins = ready.max(self.busy_until);
        if rate == u64::MAX {
            return (begins, len);
        }
        let at_once = (rate as f64 * QUANTUM.as_secs_f64()) as usize;
        let len = len.min(at_once.max(1));
        (begins.plus(Duration::from_secs_f64(len as f64 / rate as f64)), len)
    }

    fn pause(&self, passage: &Passage, now: At) -> Duration {
        let pauses = self.toxics(passage, now).map(|spell| match spell.toxic {
            Toxic::Slicer { delay, .. } => delay,
            Toxic::Latency { .. }
            | Toxic::Bandwidth { .. }
            | Toxic::SlowClose { .. }
            | Toxic::Timeout { .. }
            | Toxic::ResetPeer { .. }
            | Toxic::LimitData { .. }
            | Toxic::Down
            | Toxic::Hold => Duration::ZERO,
        });
        pauses.max().unwrap_or_default()
    }

    fn limit(&self, passage: &Passage, now: At) -> Option<u64> {
        let limits = self.toxics(passage, now).filter_map(|spell| match spell.toxic {
            Toxic::LimitData { bytes } => Some(bytes),
            Toxic::Latency { .. }
            | Toxic::Bandwidth { .. }
            | Toxic::SlowClose { .. }
            | Toxic::Timeout { .. }
            | Toxic::ResetPeer { .. }
            | Toxic::Slicer { .. }
            | Toxic::Down
            | Toxic::Hold => None,
        });
        limits.min()
    }

    fn toxics<'p>(
        &self,
        passage: &'p Passage,
        now: At,
    ) -> impl Iterator<Item = &'p Spell> + use<'p> {
        let stream = self.stream;
        passage.active(now).filter(move |spell| spell.stream == stream)
    }

    /// Whether `due` has come; if not, the task is woken then.
    fn is_due(&mut self, cx: &mut Context<'_>, due: At, now: At) -> bool {
        if due <= now {
            return true;
        }
        let instant = self.clock.instant(due);
        if self.timer.deadline() != instant {
            self.timer.as_mut().reset(instant);
        }
        self.timer.as_mut().poll(cx).is_ready()
    }
}

/// `latency` give or take `jitter`, uniformly.
fn jittered(spell: &Spell, latency: Duration, jitter: Duration, piece: u64) -> Duration {
    if jitter.is_zero() {
        return latency;
    }
    let drawn = jitter.mul_f64(2.0 * spell.luck.clone().n(0).n(piece).unit());
    (latency + drawn).saturating_sub(jitter)
}
