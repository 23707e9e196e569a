//! The body of a response: one whole piece, or a stream that is spoken token by token.
//!
//! The body owns the attempt: when it has handed over its last bytes it ends it, and when it is
//! dropped before, the client has hung up. What is said is the business of the two kinds of body;
//! here it is handed over, if need be a few bytes at a time. It must never know why an attempt
//! meets a fault, or which provider speaks.

mod body;
mod buffer;
mod idle;
pub(crate) mod in_band_error;
mod over_http2;
mod pieces;
mod stream;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use record::AttemptEnd;

use crate::action::AnswerForm;
use crate::connection::Exchange;
use crate::ledger::Attempt;
use crate::permit::Permit;
pub(crate) use body::{Body, Then};
use buffer::Buffer;
use idle::IdleTimer;
pub(crate) use over_http2::AnswerOverHttp2;
use pieces::PieceWriter;
pub(crate) use stream::{Stream, StreamParts, TextWidth};

/// The body of a response.
#[derive(Debug)]
pub(crate) struct Answer {
    content: Content,
    /// Until it is over.
    attempt: Option<Attempt>,
    permit: Option<Permit>,
    exchange: Arc<Exchange>,
    /// Length that the head declares; without one the body is chunked.
    declared: Option<u64>,
    buffer: Option<Buffer>,
    pieces: Option<PieceWriter>,
    idle: Option<IdleTimer>,
    over: bool,
}

#[derive(Debug)]
enum Content {
    Piece(Body),
    Stream(Box<Stream>),
}

/// What a body says next.
#[derive(Debug)]
pub(crate) enum Output {
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
pub(crate) struct AttemptGuard {
    pub(crate) attempt: Attempt,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) permit: Option<Permit>,
}

impl Answer {
    /// A body in one piece. It is over at once if it has no bytes, or if the method (`HEAD`) asks for
    /// none.
    pub(crate) fn piece(
        piece: Body,
        declared: Option<u64>,
        guard: AttemptGuard,
        head_only: bool,
    ) -> Self {
        let at_once = piece.ends_at_once(head_only);
        let mut answer = Self::new(Content::Piece(piece), declared, guard);
        if let Some(end) = at_once {
            answer.settle(end);
        }
        answer
    }

    /// A body that is spoken token by token.
    pub(crate) fn stream(stream: Stream, guard: AttemptGuard) -> Self {
        Self::new(Content::Stream(Box::new(stream)), None, guard)
    }

    /// The same, as what is on the way to the client lets it through.
    pub(crate) fn on_its_way(mut self, form: &AnswerForm) -> Self {
        self.buffer = form.buffered.then(Buffer::default);
        self.pieces = form.pieces.map(PieceWriter::new);
        self.idle = form.silence_max.map(IdleTimer::new);
        self
    }

    fn new(content: Content, declared: Option<u64>, guard: AttemptGuard) -> Self {
        let AttemptGuard { attempt, exchange, permit } = guard;
        Self {
            content,
            attempt: Some(attempt),
            permit,
            exchange,
            declared,
            buffer: None,
            pieces: None,
            idle: None,
            over: false,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.over {
            return Poll::Ready(None);
        }
        let content = &mut self.content;
        let mut said = |cx: &mut Context<'_>| match content {
            Content::Piece(piece) => piece.poll(cx, &self.exchange),
            Content::Stream(stream) => stream.poll(cx),
        };
        let mut next = |cx: &mut Context<'_>| match &mut self.buffer {
            Some(buffer) => buffer.poll(cx, &mut said),
            None => said(cx),
        };
        let mut left = |cx: &mut Context<'_>| match &mut self.pieces {
            Some(pieces) => pieces.poll(cx, &mut next),
            None => next(cx),
        };
        let output = match &mut self.idle {
            Some(idle) => idle.poll(cx, &mut left),
            None => left(cx),
        };
        let Poll::Ready(output) = output else { return Poll::Pending };
        Poll::Ready(match output {
            Output::More(bytes) => Some(Ok(bytes)),
            Output::Last(bytes, end) => {
                self.settle(end);
                Some(Ok(bytes))
            }
            Output::End(end) => {
                self.settle(end);
                None
            }
            Output::Broken(end) => {
                self.settle(end);
                Some(Err(io::ErrorKind::ConnectionReset.into()))
            }
        })
    }

    /// The slot is free again as soon as the answer is over, whatever the connection does.
    fn settle(&mut self, end: AttemptEnd) {
        self.over = true;
        self.permit = None;
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
