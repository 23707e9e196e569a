//! An answer that is spoken token by token.
//!
//! It costs one timer, moved once per token, and one small write per token into a shared buffer;
//! tokens that are due in the same tick of the timer leave as separate frames at once.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use record::AttemptEnd;
use tokio::time::Sleep;
use vocab::At;

use crate::case::Seat;
use crate::course::{Course, Step};
use crate::estate::Estate;
use crate::fault::Verdict;
use crate::ledger::Attempt;
use crate::line::Line;
use crate::persona::{OwnedScene, Voice};
use crate::script::{Kind, Piece, Telling};

/// An answer being spoken.
#[derive(Debug)]
pub(crate) struct Stream {
    tale: Tale,
    next: Option<(At, Step)>,
    timer: Pin<Box<Sleep>>,
    armed: Option<At>,
    out: BytesMut,
    stage: Stage,
}

/// What is to be spoken, by whom and over which connection.
#[derive(Debug)]
pub(crate) struct Tale {
    pub(crate) estate: Arc<Estate>,
    pub(crate) line: Arc<Line>,
    /// Until it is over.
    pub(crate) attempt: Option<Attempt>,
    pub(crate) seat: Option<Seat>,
    pub(crate) voice: Voice,
    pub(crate) course: Course,
    /// What is said, in step with the course.
    pub(crate) telling: Telling,
    /// What the persona needs to say an error.
    pub(crate) scene: OwnedScene,
    /// When the request came in.
    pub(crate) arrived: At,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Opening,
    Speaking,
    /// The reset waits one turn, so that what was said before is flushed.
    Cutting,
    Silent,
    Over,
}

/// Room for some twenty frames per allocation.
const BUFFER_BYTES: usize = 8 * 1024;

impl Stream {
    pub(crate) fn new(tale: Tale) -> Self {
        Self {
            tale,
            next: None,
            timer: Box::pin(tokio::time::sleep(std::time::Duration::ZERO)),
            armed: None,
            out: BytesMut::with_capacity(BUFFER_BYTES),
            stage: Stage::Opening,
        }
    }

    /// Whether nothing follows.
    pub(crate) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match self.stage {
            Stage::Opening => {
                self.tale.voice.open(&mut self.out);
                self.stage = Stage::Speaking;
                self.frame()
            }
            Stage::Speaking => self.poll_step(cx),
            Stage::Cutting => {
                self.stage = Stage::Over;
                self.tale.line.reset();
                self.end(AttemptEnd::Reset);
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
            Stage::Silent => Poll::Pending,
            Stage::Over => Poll::Ready(None),
        }
    }

    /// Says what is due; tokens that the provider does not show pass without a frame.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        // Bounded by the length of the answer.
        loop {
            match self.poll_one(cx) {
                Poll::Ready(Some(Ok(bytes)))
                    if bytes.is_empty() && self.stage == Stage::Speaking => {}
                polled => return polled,
            }
        }
    }

    fn poll_one(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let Some(attempt) = &self.tale.attempt else { return Poll::Ready(None) };
        if attempt.entry().is_silent() {
            self.stage = Stage::Silent;
            return Poll::Pending;
        }
        let (due, step) = match self.next.take() {
            Some(next) => next,
            None => self.tale.course.next(attempt.entry()),
        };
        if due > self.tale.estate.clock.now() {
            if self.armed != Some(due) {
                self.timer.as_mut().reset(self.tale.estate.clock.instant(due));
                self.armed = Some(due);
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                self.next = Some((due, step));
                return Poll::Pending;
            }
        }
        match step {
            Step::Token { garbled } => {
                attempt.entry().generated(1);
                self.tale.course.say();
                if let Some(piece) = self.tale.telling.next() {
                    if garbled {
                        self.tale.voice.garble(&mut self.out, &piece);
                    } else {
                        self.tale.voice.say(&mut self.out, &piece);
                    }
                }
                self.frame()
            }
            Step::Finish => {
                let finish = self.tale.telling.script().finish;
                let tally = self.tale.telling.tally();
                let now = self.tale.estate.clock.now();
                self.tale.voice.took(now.since(self.tale.arrived));
                self.tale.voice.close(&mut self.out, finish, tally, true);
                self.tale.voice.terminator(&mut self.out);
                self.over(AttemptEnd::Complete)
            }
            Step::Broken(verdict) => self.poll_broken(cx, &verdict),
        }
    }

    fn poll_broken(
        &mut self,
        cx: &Context<'_>,
        verdict: &Verdict,
    ) -> Poll<Option<io::Result<Bytes>>> {
        match verdict {
            Verdict::Stall => {
                self.fall_silent();
                Poll::Pending
            }
            Verdict::Blackhole => {
                self.fall_silent();
                self.tale.line.silence(self.tale.course.met.until());
                Poll::Pending
            }
            Verdict::Cut | Verdict::Reset | Verdict::Refuse => {
                self.stage = Stage::Cutting;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Verdict::Truncate => {
                self.stage = Stage::Over;
                self.end(AttemptEnd::Truncated);
                Poll::Ready(None)
            }
            Verdict::ErrorEvent(status) => self.fail(*status),
            Verdict::Fail(failure) => self.fail(Some(failure.status)),
            Verdict::Garble { .. } => {
                let (kind, text) = (Kind::Text, " ~");
                let piece = Piece { choice: 0, block: 0, kind, text, starts: false, ends: false };
                self.tale.voice.garble(&mut self.out, &piece);
                self.over(AttemptEnd::Truncated)
            }
            // These let an answer go on; `weigh` never ends one with them.
            Verdict::Pass | Verdict::Delay(_) | Verdict::Scale(_) | Verdict::Stretch { .. } => {
                Poll::Pending
            }
        }
    }

    fn fail(&mut self, status: Option<u16>) -> Poll<Option<io::Result<Bytes>>> {
        let error = self.tale.scene.persona.error_body(status, &self.tale.scene.borrow());
        self.tale.voice.fail(&mut self.out, &error);
        self.over(AttemptEnd::ErrorEvent)
    }

    fn fall_silent(&mut self) {
        self.stage = Stage::Silent;
        if let Some(attempt) = &self.tale.attempt {
            attempt.entry().fall_silent();
        }
    }

    fn over(&mut self, end: AttemptEnd) -> Poll<Option<io::Result<Bytes>>> {
        self.stage = Stage::Over;
        self.end(end);
        self.frame()
    }

    /// The slot is free again as soon as the answer is over, whatever the connection does.
    fn end(&mut self, end: AttemptEnd) {
        self.tale.seat = None;
        if let Some(attempt) = self.tale.attempt.take() {
            attempt.end(end);
        }
    }

    fn frame(&mut self) -> Poll<Option<io::Result<Bytes>>> {
        Poll::Ready(Some(Ok(self.out.split().freeze())))
    }
}
