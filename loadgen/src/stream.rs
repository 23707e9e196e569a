//! Reads a streamed answer: bytes in, instants and content out, until the terminator.
//!
//! The hot path of the generator: each event is sliced, peeked at and forgotten; nothing is
//! allocated or kept per token. All events of one chunk share the instant at which the chunk was
//! read. Pure: the clock and the connection belong to `client`, what the content means to
//! `integrity`, what the ending means to `verdict`.

use bytes::Bytes;
use vocab::{At, PromptId};
use wire::sse::{DEFAULT_MAX_EVENT_BYTES, Decoder, Event};
use wire::{Text, anthropic, openai};

use crate::config::Dialect;
use crate::integrity::Content;
use crate::verdict::End;

/// Reads one stream. After it returned anything but [`Progress::More`], the stream is over for it.
#[derive(Debug)]
pub struct StreamReader {
    dialect: Dialect,
    decoder: Decoder,
    /// The stream said why the answer ended: as good as a terminator, if nothing else follows.
    finish_seen: bool,
    leave_after: u64,
}

/// What a stream has brought so far. Kept apart from its reader, so that it survives a reader that
/// was dropped in the middle.
#[derive(Debug)]
pub struct Reading {
    /// The words.
    pub content: Content,
    /// The instants.
    pub pulse: Pulse,
}

/// When content events came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pulse {
    /// First content event: text, reasoning or a tool's argument that is not empty.
    pub first: Option<At>,
    /// Last content event.
    pub last: Option<At>,
    /// Longest time between two of them, in nanoseconds.
    pub longest_gap_ns: u64,
}

/// Whether to read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Push the next chunk.
    More,
    /// It is over: [`End::Whole`], [`End::ErrorInside`], [`End::Malformed`] or [`End::Left`].
    Over(End),
}

impl StreamReader {
    /// A reader of a stream in `dialect`, which leaves after so many good tokens, if any number is
    /// given. Events are bounded by wire's [`DEFAULT_MAX_EVENT_BYTES`], 1 MiB.
    pub fn new(dialect: Dialect, leave_after: Option<u32>) -> Self {
        Self {
            dialect,
            decoder: Decoder::new(DEFAULT_MAX_EVENT_BYTES),
            finish_seen: false,
            leave_after: leave_after.map_or(u64::MAX, u64::from),
        }
    }

    /// Reads the bytes that arrived at `now`.
    pub fn push(&mut self, chunk: Bytes, now: At, into: &mut Reading) -> Progress {
        self.decoder.push(chunk);
        while let Some(event) = self.decoder.next() {
            let Ok(event) = event else { return Progress::Over(End::Malformed) };
            let over = match self.dialect {
                Dialect::OpenAi | Dialect::Azure => self.chat_chunk(&event, now, into),
                Dialect::Anthropic => self.messages_event(&event, now, into),
            };
            if let Some(end) = over {
                return Progress::Over(end);
            }
        }
        Progress::More
    }

    /// What it means that the stream ended here, in order.
    pub const fn end(&self) -> End {
        if self.finish_seen { End::Whole } else { End::Unterminated }
    }

    fn chat_chunk(&mut self, event: &Event, now: At, into: &mut Reading) -> Option<End> {
        let peek = openai::peek(&event.data);
        match peek.kind {
            openai::PeekKind::Delta => {}
            openai::PeekKind::Done => return Some(End::Whole),
            openai::PeekKind::Error => return Some(End::ErrorInside),
            openai::PeekKind::Malformed => return Some(End::Malformed),
        }
        self.finish_seen |= peek.finish_reason.is_some();
        if peek.has_output() { self.output(peek.content, now, into) } else { None }
    }

    fn messages_event(&mut self, event: &Event, now: At, into: &mut Reading) -> Option<End> {
        use anthropic::PeekKind;
        let peek = anthropic::peek(event.event.as_deref(), &event.data);
        match peek.kind {
            PeekKind::MessageStop => return Some(End::Whole),
            PeekKind::Error => return Some(End::ErrorInside),
            PeekKind::Malformed => return Some(End::Malformed),
            PeekKind::MessageStart
            | PeekKind::BlockStart
            | PeekKind::Ping
            | PeekKind::Delta
            | PeekKind::BlockStop
            | PeekKind::MessageDelta
            | PeekKind::Unknown => {}
        }
        self.finish_seen |= peek.stop_reason.is_some();
        if peek.has_output() { self.output(peek.content, now, into) } else { None }
    }

    /// A content event; `words` if it has any that are shown.
    fn output(&self, words: Option<Text<'_>>, now: At, into: &mut Reading) -> Option<End> {
        into.pulse.beat(now);
        into.content.read(&words?.unescape());
        // Asked of the few clients that leave only: most never compare.
        let leaves = self.leave_after != u64::MAX && into.content.good_tokens() >= self.leave_after;
        leaves.then_some(End::Left)
    }
}

impl Reading {
    /// Nothing read yet of the answer to `prompt`.
    pub fn new(prompt: PromptId) -> Self {
        Self { content: Content::new(prompt), pulse: Pulse::default() }
    }
}

impl Pulse {
    /// The longest gap if the answer ends at `end`, in nanoseconds; 0 before the first content
    /// event.
    pub fn gap_until_ns(&self, end: At) -> u64 {
        let since_last = self.last.map_or(0, |last| end.0.saturating_sub(last.0));
        self.longest_gap_ns.max(since_last)
    }

    fn beat(&mut self, now: At) {
        self.first.get_or_insert(now);
        self.longest_gap_ns = self.gap_until_ns(now);
        self.last = Some(now);
    }
}
