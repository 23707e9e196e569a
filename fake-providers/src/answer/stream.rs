//! An answer that is spoken token by token.
//!
//! It costs one timer, moved once per token, and one small write per token into a shared buffer;
//! tokens that are due in the same tick of the timer leave as separate frames at once.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use record::AttemptEnd;
use tokio::time::Sleep;
use vocab::{At, mark};

use super::{Said, slip};
use crate::action::{
    CutPoint, EndMutation, ErrorShape, FramingBreak, InBandError, StreamEnd, TokenMutation,
};
use crate::course::{Course, Step};
use crate::estate::Estate;
use crate::ledger::Entry;
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
    /// The text of a token that is not said as planned.
    text: String,
    stage: Stage,
    /// A frame that leaves after the one that follows it.
    held: BytesMut,
}

/// What is to be spoken, by whom and over which connection.
#[derive(Debug)]
pub(crate) struct Tale {
    pub(crate) estate: Arc<Estate>,
    pub(crate) line: Arc<Line>,
    pub(crate) entry: Arc<Entry>,
    pub(crate) voice: Voice,
    pub(crate) course: Course,
    /// What is said, in step with the course.
    pub(crate) telling: Telling,
    /// Whether every token's text holds a character of several bytes.
    pub(crate) wide: bool,
    /// Whether the end tells how many tokens it took.
    pub(crate) with_usage: bool,
    /// What the persona needs to say an error.
    pub(crate) scene: OwnedScene,
    /// When the request came in.
    pub(crate) arrived: At,
}

/// What is odd about a token's own frame.
#[derive(Clone, Copy, Debug, Default)]
struct Oddities {
    garbled: bool,
    twice: bool,
    after_the_next: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Opening,
    Speaking,
    /// The break waits one turn, so that what was said before is flushed.
    Breaking(AttemptEnd),
    /// Heartbeats, one each so often.
    Beating(Duration),
    Silent,
}

/// Room for some twenty frames per allocation.
const BUFFER_BYTES: usize = 8 * 1024;

impl Stream {
    pub(crate) fn new(tale: Tale) -> Self {
        Self {
            tale,
            next: None,
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            armed: None,
            out: BytesMut::with_capacity(BUFFER_BYTES),
            text: String::with_capacity(48),
            stage: Stage::Opening,
            held: BytesMut::new(),
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Said> {
        match self.stage {
            Stage::Opening => self.poll_opening(cx),
            Stage::Speaking => self.poll_step(cx),
            Stage::Breaking(end) => {
                if end == AttemptEnd::Reset {
                    self.tale.line.reset();
                }
                Poll::Ready(Said::Broken(end))
            }
            Stage::Beating(every) => self.poll_beat(cx, every),
            Stage::Silent => Poll::Pending,
        }
    }

    /// What opens an answer leaves with its head, unless a fault lets nothing follow the head.
    fn poll_opening(&mut self, cx: &mut Context<'_>) -> Poll<Said> {
        self.stage = Stage::Speaking;
        let (due, step) = self.tale.course.next(&self.tale.entry);
        let broken = matches!(step, Step::Broken(_));
        self.next = Some((due, step));
        if broken {
            return self.poll_step(cx);
        }
        self.tale.voice.open(&mut self.out);
        self.more()
    }

    /// Says what is due; tokens that the provider does not show pass without a frame.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Said> {
        // Bounded by the length of the answer, and by time where it has no end.
        loop {
            match self.poll_one(cx) {
                Poll::Ready(Said::More(bytes)) if bytes.is_empty() => {}
                polled => return polled,
            }
        }
    }

    fn poll_one(&mut self, cx: &mut Context<'_>) -> Poll<Said> {
        if self.tale.entry.is_silent() {
            self.stage = Stage::Silent;
            return Poll::Pending;
        }
        let (due, step) = match self.next.take() {
            Some(next) => next,
            None => self.tale.course.next(&self.tale.entry),
        };
        if self.wait_until(cx, due).is_pending() {
            self.next = Some((due, step));
            return Poll::Pending;
        }
        match step {
            Step::Token(mutations) => {
                self.say_token(&mutations);
                self.more()
            }
            Step::Finish(mutations) => self.finish(&mutations),
            Step::Broken(end) => self.poll_broken(cx, &end),
        }
    }

    fn wait_until(&mut self, cx: &mut Context<'_>, due: At) -> Poll<()> {
        if due <= self.tale.estate.clock.now() {
            return Poll::Ready(());
        }
        if self.armed != Some(due) {
            self.timer.as_mut().reset(self.tale.estate.clock.instant(due));
            self.armed = Some(due);
        }
        self.timer.as_mut().poll(cx)
    }

    /// The next token's frame into the buffer, with what is odd about it.
    fn say_token(&mut self, mutations: &[TokenMutation]) {
        let Tale { entry, course, telling, voice, wide, .. } = &mut self.tale;
        entry.generated(1);
        course.say();
        if mutations.is_empty() && !*wide && !course.endless && self.held.is_empty() {
            if let Some(piece) = telling.next() {
                voice.say(&mut self.out, &piece);
            }
            return;
        }
        let mut odd = Oddities::default();
        for mutation in mutations {
            match mutation {
                TokenMutation::Comments { ids } => voice.idle_frames(&mut self.out, *ids),
                TokenMutation::UnknownEvent => voice.unknown_event(&mut self.out),
                TokenMutation::Garble => odd.garbled = true,
                TokenMutation::Duplicate => odd.twice = true,
                TokenMutation::Reorder => odd.after_the_next = true,
            }
        }
        self.say_oddly(odd);
    }

    fn say_oddly(&mut self, odd: Oddities) {
        let before = std::mem::take(&mut self.held);
        let start = self.out.len();
        let is_last = self.tale.course.said >= self.tale.course.length;
        let Tale { telling, voice, course, wide, .. } = &mut self.tale;
        let piece = odd_piece(telling, &mut self.text, *wide, course.endless);
        if odd.garbled {
            voice.garble(&mut self.out, &piece);
        } else {
            voice.say(&mut self.out, &piece);
        }
        if odd.twice {
            // Said twice, it is billed twice: no token is delivered that nobody billed.
            self.tale.entry.generated(1);
            let frame = Bytes::copy_from_slice(&self.out[start..]);
            self.out.extend_from_slice(&frame);
        }
        // The last token has nobody to change places with.
        if odd.after_the_next && before.is_empty() && !is_last {
            self.held = self.out.split_off(start);
        }
        self.out.extend_from_slice(&before);
    }

    fn finish(&mut self, mutations: &[EndMutation]) -> Poll<Said> {
        let Tale { voice, telling, with_usage, estate, arrived, .. } = &mut self.tale;
        voice.took(estate.clock.now().since(*arrived));
        voice.close(&mut self.out, telling.script().finish, telling.tally(), *with_usage);
        voice.terminator(&mut self.out);
        let mut doubled = false;
        for mutation in mutations {
            match mutation {
                EndMutation::DoubleDone => doubled = true,
            }
        }
        if doubled {
            voice.say(&mut self.out, &filler(" ~"));
            voice.terminator(&mut self.out);
        }
        self.last(AttemptEnd::Complete)
    }

    fn poll_broken(&mut self, cx: &mut Context<'_>, end: &StreamEnd) -> Poll<Said> {
        match end {
            StreamEnd::Silence => self.fall_silent(),
            StreamEnd::Heartbeats(every) => {
                self.tale.entry.doom(AttemptEnd::Silent);
                self.stage = Stage::Beating(*every);
                self.poll_beat(cx, *every)
            }
            StreamEnd::Reset => self.break_off(cx, AttemptEnd::Reset),
            StreamEnd::BreakFraming(FramingBreak::Fin) => self.break_off(cx, AttemptEnd::Closed),
            StreamEnd::BreakFraming(FramingBreak::Garbage) => {
                self.tale.line.break_framing();
                self.break_off(cx, AttemptEnd::Closed)
            }
            StreamEnd::Truncate(inside) => self.truncate(*inside),
            StreamEnd::Error(error) => self.fail(error),
            StreamEnd::Garble => {
                self.tale.voice.garble(&mut self.out, &filler(" ~"));
                self.last(AttemptEnd::Truncated)
            }
        }
    }

    fn fail(&mut self, in_band: &InBandError) -> Poll<Said> {
        let error = slip::error(in_band, &self.tale.scene);
        if in_band.shape == ErrorShape::Envelope {
            self.out.extend_from_slice(&error.body);
        } else {
            self.tale.voice.fail(&mut self.out, &error);
        }
        if in_band.terminated {
            self.tale.voice.terminator(&mut self.out);
        }
        self.last(AttemptEnd::ErrorEvent)
    }

    fn truncate(&mut self, inside: CutPoint) -> Poll<Said> {
        if inside != CutPoint::Nothing {
            let Tale { telling, voice, course, wide, .. } = &mut self.tale;
            course.say();
            let wide = *wide || inside == CutPoint::Utf8;
            let piece = odd_piece(telling, &mut self.text, wide, course.endless);
            voice.say(&mut self.out, &piece);
            let first_byte = self.out.iter().position(|byte| !byte.is_ascii());
            let end = match (inside, first_byte) {
                (CutPoint::Utf8, Some(at)) => at + 1,
                _ => self.out.len() / 2,
            };
            self.out.truncate(end);
        }
        if self.out.is_empty() {
            return Poll::Ready(Said::End(AttemptEnd::Truncated));
        }
        self.last(AttemptEnd::Truncated)
    }

    fn poll_beat(&mut self, cx: &mut Context<'_>, every: Duration) -> Poll<Said> {
        let due = match self.next {
            Some((due, _)) => due,
            None => self.tale.course.due.plus(every),
        };
        self.tale.course.due = due;
        self.next = Some((due, Step::Broken(StreamEnd::Heartbeats(every))));
        if self.wait_until(cx, due).is_pending() {
            return Poll::Pending;
        }
        self.next = None;
        self.tale.voice.heartbeat(&mut self.out);
        self.more()
    }

    fn break_off(&mut self, cx: &Context<'_>, end: AttemptEnd) -> Poll<Said> {
        self.stage = Stage::Breaking(end);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn fall_silent(&mut self) -> Poll<Said> {
        self.stage = Stage::Silent;
        self.tale.entry.fall_silent();
        Poll::Pending
    }

    fn more(&mut self) -> Poll<Said> {
        Poll::Ready(Said::More(self.out.split().freeze()))
    }

    fn last(&mut self, end: AttemptEnd) -> Poll<Said> {
        Poll::Ready(Said::Last(self.out.split().freeze(), end))
    }
}

/// The next token; a filler, where an answer goes on after its planned end.
fn odd_piece<'t>(
    telling: &'t mut Telling,
    text: &'t mut String,
    wide: bool,
    endless: bool,
) -> Piece<'t> {
    let Some(mut piece) = telling.next() else { return filler(" ~") };
    // The block stays open where more is to come.
    piece.ends &= !endless;
    if wide && piece.kind == Kind::Text && !piece.text.ends_with('$') {
        text.clear();
        text.push_str(piece.text);
        text.push(mark::WIDE);
        piece.text = text;
    }
    piece
}

/// A token that no script has.
const fn filler(text: &str) -> Piece<'_> {
    Piece { choice: 0, block: 0, kind: Kind::Text, text, starts: false, ends: false }
}
