//! The body of a response: one whole piece, or a stream that is spoken token by token.
//!
//! The body owns the attempt: when it has handed over its last frame it ends it, and when it is
//! dropped before, the client has hung up.

mod stream;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use record::AttemptEnd;

use crate::case::Seat;
use crate::ledger::Attempt;
use crate::line::Line;
pub(crate) use stream::{Stream, Tale};

/// The body of a response.
#[derive(Debug)]
pub(crate) enum Answer {
    /// One piece, and how it goes on.
    Piece(Piece),
    /// A stream.
    Stream(Box<Stream>),
}

/// Bytes, and what follows them.
#[derive(Debug)]
pub(crate) struct Piece {
    bytes: Option<Bytes>,
    /// Length that the head declares; without one the body is chunked.
    declared: Option<u64>,
    then: Then,
    line: Arc<Line>,
    attempt: Option<Attempt>,
    _seat: Option<Seat>,
    /// A cut waits one turn, so that what was said before is flushed.
    waited: bool,
}

/// What follows the bytes of a [`Piece`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The end, and of this kind.
    End(AttemptEnd),
    /// A reset of the connection.
    Cut,
    /// Nothing, for ever.
    Silence,
}

impl Answer {
    /// A body whose attempt ends when the last byte was handed over; at once, if there is none, or
    /// if the method (`HEAD`) asks for none.
    pub(crate) fn whole(
        bytes: Bytes,
        end: AttemptEnd,
        attempt: Attempt,
        (line, seat, head_only): (Arc<Line>, Option<Seat>, bool),
    ) -> Self {
        let declared = Some(bytes.len() as u64);
        let mut attempt = Some(attempt);
        if (bytes.is_empty() || head_only)
            && let Some(attempt) = attempt.take()
        {
            attempt.end(end);
        }
        let bytes = (!bytes.is_empty()).then_some(bytes);
        Self::Piece(Piece {
            bytes,
            declared,
            then: Then::End(end),
            line,
            attempt,
            _seat: seat,
            waited: false,
        })
    }

    /// A body that a fault breaks: `bytes` of `declared` bytes, then `then`.
    pub(crate) fn broken(
        bytes: Bytes,
        declared: Option<u64>,
        then: Then,
        (attempt, line, seat): (Attempt, Arc<Line>, Option<Seat>),
    ) -> Self {
        if then == Then::Silence {
            attempt.entry().fall_silent();
        }
        let bytes = (!bytes.is_empty()).then_some(bytes);
        Self::Piece(Piece {
            bytes,
            declared,
            then,
            line,
            attempt: Some(attempt),
            _seat: seat,
            waited: false,
        })
    }
}

impl Piece {
    fn poll(&mut self, cx: &Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if let Some(bytes) = self.bytes.take() {
            if let Then::End(end) = self.then
                && let Some(attempt) = self.attempt.take()
            {
                attempt.end(end);
            }
            return Poll::Ready(Some(Ok(bytes)));
        }
        match self.then {
            Then::End(end) => {
                if let Some(attempt) = self.attempt.take() {
                    attempt.end(end);
                }
                Poll::Ready(None)
            }
            Then::Silence => Poll::Pending,
            Then::Cut if !self.waited => {
                self.waited = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Then::Cut => {
                self.line.reset();
                if let Some(attempt) = self.attempt.take() {
                    attempt.end(AttemptEnd::Reset);
                }
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let polled = match self.get_mut() {
            Self::Piece(piece) => piece.poll(cx),
            Self::Stream(stream) => stream.poll(cx),
        };
        polled.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Piece(piece) => piece.bytes.is_none() && matches!(piece.then, Then::End(_)),
            Self::Stream(stream) => stream.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Piece(Piece { declared: Some(length), .. }) => SizeHint::with_exact(*length),
            Self::Piece(_) | Self::Stream(_) => SizeHint::default(),
        }
    }
}
