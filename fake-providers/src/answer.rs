//! The body of a response: one whole piece, or a stream that is spoken token by token.
//!
//! The body owns the attempt: when it has handed over its last bytes it ends it, and when it is
//! dropped before, the client has hung up. What is said is the business of the two kinds of body;
//! here it is handed over, if need be a few bytes at a time.

mod drip;
mod piece;
pub(crate) mod slip;
mod stream;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use record::AttemptEnd;

use crate::case::Seat;
use crate::ledger::Attempt;
use crate::line::Line;
pub(crate) use drip::Drip;
pub(crate) use piece::{Body, Then};
pub(crate) use stream::{Stream, Tale};

/// The body of a response.
#[derive(Debug)]
pub(crate) struct Answer {
    spoken: Spoken,
    /// Until it is over.
    attempt: Option<Attempt>,
    seat: Option<Seat>,
    line: Arc<Line>,
    /// Length that the head declares; without one the body is chunked.
    declared: Option<u64>,
    drip: Option<Drip>,
    over: bool,
}

#[derive(Debug)]
enum Spoken {
    Piece(Body),
    Stream(Box<Stream>),
}

/// What a body says next.
#[derive(Debug)]
pub(crate) enum Said {
    /// Bytes, and more to come.
    More(Bytes),
    /// The last bytes; then the attempt ends so.
    Last(Bytes, AttemptEnd),
    /// Nothing more; the attempt ends so.
    End(AttemptEnd),
    /// The body breaks off, and the attempt ends so.
    Broken(AttemptEnd),
}

/// Who answers, on what, and holding what.
#[derive(Debug)]
pub(crate) struct Bearer {
    pub(crate) attempt: Attempt,
    pub(crate) line: Arc<Line>,
    pub(crate) seat: Option<Seat>,
}

impl Answer {
    /// A body in one piece. It is over at once if it has no bytes, or if the method (`HEAD`) asks for
    /// none.
    pub(crate) fn piece(
        piece: Body,
        declared: Option<u64>,
        bearer: Bearer,
        head_only: bool,
    ) -> Self {
        let at_once = piece.ends_at_once(head_only);
        let mut answer = Self::new(Spoken::Piece(piece), declared, bearer);
        if let Some(end) = at_once {
            answer.settle(end);
        }
        answer
    }

    /// A body that is spoken token by token.
    pub(crate) fn stream(stream: Stream, bearer: Bearer) -> Self {
        Self::new(Spoken::Stream(Box::new(stream)), None, bearer)
    }

    /// The same, handed over a few bytes at a time.
    pub(crate) fn dripping(mut self, drip: Drip) -> Self {
        self.drip = Some(drip);
        self
    }

    fn new(spoken: Spoken, declared: Option<u64>, bearer: Bearer) -> Self {
        let Bearer { attempt, line, seat } = bearer;
        Self { spoken, attempt: Some(attempt), seat, line, declared, drip: None, over: false }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.over {
            return Poll::Ready(None);
        }
        let spoken = &mut self.spoken;
        let mut speak = |cx: &mut Context<'_>| match spoken {
            Spoken::Piece(piece) => piece.poll(cx, &self.line),
            Spoken::Stream(stream) => stream.poll(cx),
        };
        let said = match &mut self.drip {
            Some(drip) => drip.poll(cx, speak),
            None => speak(cx),
        };
        let Poll::Ready(said) = said else { return Poll::Pending };
        Poll::Ready(match said {
            Said::More(bytes) => Some(Ok(bytes)),
            Said::Last(bytes, end) => {
                self.settle(end);
                Some(Ok(bytes))
            }
            Said::End(end) => {
                self.settle(end);
                None
            }
            Said::Broken(end) => {
                self.settle(end);
                Some(Err(io::ErrorKind::ConnectionReset.into()))
            }
        })
    }

    /// The slot is free again as soon as the answer is over, whatever the connection does.
    fn settle(&mut self, end: AttemptEnd) {
        self.over = true;
        self.seat = None;
        if let Some(attempt) = self.attempt.take() {
            attempt.end(end);
        }
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.get_mut().poll(cx).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.over
    }

    fn size_hint(&self) -> SizeHint {
        self.declared.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Drop for Answer {
    /// The line carries nothing any more, however the answer ended.
    fn drop(&mut self) {
        self.line.rest();
    }
}
