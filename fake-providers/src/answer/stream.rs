//! An answer that is sent token by token.
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

use super::{Output, in_band_error};
use crate::action::{
    CutPoint, EndMutation, ErrorShape, FramingBreak, InBandError, StreamEnd, TokenMutation,
};
use crate::attempt_record::AttemptRecord;
use crate::connection::Exchange;
use crate::lateness::StreamLateness;
use crate::persona::{OwnedContext, StreamEncoder};
use crate::script::{Kind, Piece, TokenCursor};
use crate::state::State;
use crate::token_schedule::{Step, TokenSchedule};

/// An answer being sent.
#[derive(Debug)]
pub(crate) struct Stream {
    parts: StreamParts,
    next: Option<(At, Step)>,
    timer: Pin<Box<Sleep>>,
    armed: Option<At>,
    out: BytesMut,
    /// The text of a token that is not said as planned.
    text: String,
    mode: Mode,
    /// A frame that leaves after the one that follows it.
    held: BytesMut,
    late: StreamLateness,
}

/// What is to be sent, in whose words and over what.
#[derive(Debug)]
pub(crate) struct StreamParts {
    pub(crate) state: Arc<State>,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) record: Arc<AttemptRecord>,
    pub(crate) encoder: StreamEncoder,
    pub(crate) token_schedule: TokenSchedule,
    /// What is said, in step with the token schedule.
    pub(crate) cursor: TokenCursor,
    /// Of every token's text.
    pub(crate) width: TextWidth,
    /// Whether the end tells how many tokens it took.
    pub(crate) with_usage: bool,
    /// What the persona needs to say an error.
    pub(crate) context: OwnedContext,
    /// When the request came in.
    pub(crate) arrived: At,
}

/// Whether a token's text holds a character of several bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextWidth {
    /// None.
    Narrow,
    /// One, so that a cut can fall into it.
    Wide,
}

/// What mutations make of a token's own frame.
#[derive(Clone, Copy, Debug, Default)]
struct TokenForm {
    garbled: bool,
    twice: bool,
    after_the_next: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
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
    pub(crate) fn new(parts: StreamParts) -> Self {
        Self {
            parts,
            next: None,
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            armed: None,
            out: BytesMut::with_capacity(BUFFER_BYTES),
            text: String::with_capacity(48),
            mode: Mode::Opening,
            held: BytesMut::new(),
            late: StreamLateness::default(),
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Output> {
        match self.mode {
            Mode::Opening => self.poll_opening(cx),
            Mode::Speaking => self.poll_step(cx),
            Mode::Breaking(end) => {
                if end == AttemptEnd::Reset {
                    self.parts.exchange.reset();
                }
                Poll::Ready(Output::Broken(end))
            }
            Mode::Beating(every) => self.poll_beat(cx, every),
            Mode::Silent => Poll::Pending,
        }
    }

    /// What opens an answer leaves with its head, unless a fault lets nothing follow the head.
    fn poll_opening(&mut self, cx: &mut Context<'_>) -> Poll<Output> {
        self.mode = Mode::Speaking;
        let (due, step) = self.parts.token_schedule.next(&self.parts.record);
        let broken = matches!(step, Step::Broken(_));
        self.next = Some((due, step));
        if broken {
            return self.poll_step(cx);
        }
        self.parts.encoder.open(&mut self.out);
        self.more()
    }

    /// Says what is due; tokens that the provider does not show pass without a frame.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Output> {
        // Bounded by the length of the answer, and by time where it has no end.
        loop {
            match self.poll_one(cx) {
                Poll::Ready(Output::More(bytes)) if bytes.is_empty() => {}
                polled => return polled,
            }
        }
    }

    fn poll_one(&mut self, cx: &mut Context<'_>) -> Poll<Output> {
        if self.parts.record.is_silent() {
            self.mode = Mode::Silent;
            return Poll::Pending;
        }
        let (due, step) = match self.next.take() {
            Some(next) => next,
            None => self.parts.token_schedule.next(&self.parts.record),
        };
        if self.wait_until(cx, due).is_pending() {
            self.next = Some((due, step));
            return Poll::Pending;
        }
        match step {
            Step::Token(mutations) => {
                self.late.token(self.parts.state.clock.now().since(due));
                self.encode_token(&mutations);
                self.more()
            }
            Step::Finish(mutations) => {
                let StreamParts { state, record, .. } = &self.parts;
                let now = state.clock.now();
                if !record.has_met(now) {
                    state.lateness.end(now.since(due));
                }
                self.finish(&mutations)
            }
            Step::Broken(end) => self.poll_broken(cx, &end),
        }
    }

    fn wait_until(&mut self, cx: &mut Context<'_>, due: At) -> Poll<()> {
        if due <= self.parts.state.clock.now() {
            return Poll::Ready(());
        }
        if self.armed != Some(due) {
            self.timer.as_mut().reset(self.parts.state.clock.instant(due));
            self.armed = Some(due);
        }
        self.timer.as_mut().poll(cx)
    }

    /// The next token's frame into the buffer, as mutations have it.
    fn encode_token(&mut self, mutations: &[TokenMutation]) {
        let StreamParts { record, token_schedule, cursor, encoder, width, .. } = &mut self.parts;
        record.generated(1);
        token_schedule.send();
        if mutations.is_empty()
            && *width == TextWidth::Narrow
            && !token_schedule.endless
            && self.held.is_empty()
        {
            if let Some(piece) = cursor.next() {
                encoder.say(&mut self.out, &piece);
            }
            return;
        }
        let mut form = TokenForm::default();
        for mutation in mutations {
            match mutation {
                TokenMutation::Comments { ids } => encoder.idle_frames(&mut self.out, *ids),
                TokenMutation::UnknownEvent => encoder.unknown_event(&mut self.out),
                TokenMutation::Garble => form.garbled = true,
                TokenMutation::Duplicate => form.twice = true,
                TokenMutation::Reorder => form.after_the_next = true,
            }
        }
        self.encode_mutated(form);
    }

    fn encode_mutated(&mut self, form: TokenForm) {
        let before = std::mem::take(&mut self.held);
        let start = self.out.len();
        let is_last = self.parts.token_schedule.sent >= self.parts.token_schedule.length;
        let StreamParts { cursor, encoder, token_schedule, width, .. } = &mut self.parts;
        let piece = next_piece(cursor, &mut self.text, *width, token_schedule);
        if form.garbled {
            encoder.garble(&mut self.out, &piece);
        } else {
            encoder.say(&mut self.out, &piece);
        }
        if form.twice {
            // Said twice, it is billed twice: no token is delivered that nobody billed.
            self.parts.record.generated(1);
            let frame = Bytes::copy_from_slice(&self.out[start..]);
            self.out.extend_from_slice(&frame);
        }
        // The last token has nobody to change places with.
        if form.after_the_next && before.is_empty() && !is_last {
            self.held = self.out.split_off(start);
        }
        self.out.extend_from_slice(&before);
    }

    fn finish(&mut self, mutations: &[EndMutation]) -> Poll<Output> {
        let StreamParts { encoder, cursor, with_usage, state, arrived, .. } = &mut self.parts;
        encoder.took(state.clock.now().since(*arrived));
        encoder.close(&mut self.out, cursor.script().finish, cursor.tally(), *with_usage);
        encoder.terminator(&mut self.out);
        let mut doubled = false;
        for mutation in mutations {
            match mutation {
                EndMutation::DoubleDone => doubled = true,
            }
        }
        if doubled {
            encoder.say(&mut self.out, &filler(" ~"));
            encoder.terminator(&mut self.out);
        }
        self.last(AttemptEnd::Complete)
    }

    fn poll_broken(&mut self, cx: &mut Context<'_>, end: &StreamEnd) -> Poll<Output> {
        match end {
            StreamEnd::Silence => self.fall_silent(),
            StreamEnd::Heartbeats(every) => {
                self.parts.record.doom(AttemptEnd::Silent);
                self.mode = Mode::Beating(*every);
                self.poll_beat(cx, *every)
            }
            StreamEnd::Reset => self.break_off(cx, AttemptEnd::Reset),
            StreamEnd::BreakFraming(FramingBreak::Fin) => self.break_off(cx, AttemptEnd::Closed),
            StreamEnd::BreakFraming(FramingBreak::Garbage) => {
                self.parts.exchange.break_framing();
                self.break_off(cx, AttemptEnd::Closed)
            }
            StreamEnd::Truncate(inside) => self.truncate(*inside),
            StreamEnd::Error(error) => self.fail(error),
            StreamEnd::Garble => {
                self.parts.encoder.garble(&mut self.out, &filler(" ~"));
                self.last(AttemptEnd::Truncated)
            }
        }
    }

    fn fail(&mut self, in_band: &InBandError) -> Poll<Output> {
        let error = in_band_error::error(in_band, &self.parts.context);
        if in_band.shape == ErrorShape::Envelope {
            self.out.extend_from_slice(&error.body);
        } else {
            self.parts.encoder.fail(&mut self.out, &error);
        }
        if in_band.terminated {
            self.parts.encoder.terminator(&mut self.out);
        }
        self.last(AttemptEnd::ErrorEvent)
    }

    fn truncate(&mut self, inside: CutPoint) -> Poll<Output> {
        match inside {
            CutPoint::Nothing => {}
            CutPoint::Frame => {
                self.encode_plain(self.parts.width);
                self.out.truncate(self.out.len() / 2);
            }
            CutPoint::Utf8 => {
                self.encode_plain(TextWidth::Wide);
                let first_byte = self.out.iter().position(|byte| !byte.is_ascii());
                self.out.truncate(first_byte.map_or(self.out.len() / 2, |at| at + 1));
            }
        }
        if self.out.is_empty() {
            return Poll::Ready(Output::End(AttemptEnd::Truncated));
        }
        self.last(AttemptEnd::Truncated)
    }

    /// The next token's frame as it is, into the buffer.
    fn encode_plain(&mut self, width: TextWidth) {
        let StreamParts { cursor, encoder, token_schedule, .. } = &mut self.parts;
        token_schedule.send();
        let piece = next_piece(cursor, &mut self.text, width, token_schedule);
        encoder.say(&mut self.out, &piece);
    }

    fn poll_beat(&mut self, cx: &mut Context<'_>, every: Duration) -> Poll<Output> {
        let due = match self.next {
            Some((due, _)) => due,
            None => self.parts.token_schedule.due.plus(every),
        };
        self.parts.token_schedule.due = due;
        self.next = Some((due, Step::Broken(StreamEnd::Heartbeats(every))));
        if self.wait_until(cx, due).is_pending() {
            return Poll::Pending;
        }
        self.next = None;
        self.parts.encoder.heartbeat(&mut self.out);
        self.more()
    }

    fn break_off(&mut self, cx: &Context<'_>, end: AttemptEnd) -> Poll<Output> {
        self.mode = Mode::Breaking(end);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn fall_silent(&mut self) -> Poll<Output> {
        self.mode = Mode::Silent;
        self.parts.record.fall_silent();
        Poll::Pending
    }

    fn more(&mut self) -> Poll<Output> {
        Poll::Ready(Output::More(self.out.split().freeze()))
    }

    fn last(&mut self, end: AttemptEnd) -> Poll<Output> {
        Poll::Ready(Output::Last(self.out.split().freeze(), end))
    }
}

impl Drop for Stream {
    /// However it ended, it was so late; what a fault or a link held back was so on purpose.
    fn drop(&mut self) {
        let StreamParts { state, record, .. } = &self.parts;
        if !record.has_met(state.clock.now()) {
            state.lateness.stream(&self.late);
        }
    }
}

/// The next token; a filler, where an answer goes on after its planned end.
fn next_piece<'t>(
    cursor: &'t mut TokenCursor,
    text: &'t mut String,
    width: TextWidth,
    token_schedule: &TokenSchedule,
) -> Piece<'t> {
    let Some(mut piece) = cursor.next() else { return filler(" ~") };
    // The block stays open where more is to come.
    piece.ends &= !token_schedule.endless;
    if width == TextWidth::Wide && piece.kind == Kind::Text && !piece.text.ends_with('$') {
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
