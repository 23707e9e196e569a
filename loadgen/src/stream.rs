//! Reads a streamed answer: bytes in, instants and content out, until the terminator.
//!
//! The hot path of the generator: each event is sliced, peeked at and forgotten; nothing is
//! allocated or kept per token. All events of one chunk share the instant at which the chunk was
//! read. Pure: the clock and the connection belong to `client`, what the content means to
//! `integrity`, what the ending means to `verdict`.

use std::borrow::Cow;

use bytes::Bytes;
use vocab::{At, PromptId};
use wire::Text;
use wire::framing::{Cutter, FAILURE};
use wire::sse::{DEFAULT_MAX_EVENT_BYTES, Event};
use wire::{anthropic, bedrock, gemini, ollama, openai};

use crate::config::Dialect;
use crate::integrity::Content;
use crate::verdict::End;

/// Beginning of a frame with the comment by which a gateway says that somebody else goes on with the answer from here.
const RESUMED: &[u8] = b": resumed";

/// Reads one stream. After it returned anything but [`Progress::More`], the stream is over for it.
#[derive(Debug)]
pub struct StreamReader {
    dialect: Dialect,
    cutter: Cutter,
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
            cutter: Cutter::new(dialect.framing(), DEFAULT_MAX_EVENT_BYTES),
            finish_seen: false,
            leave_after: leave_after.map_or(u64::MAX, u64::from),
        }
    }

    /// Reads the bytes that arrived at `now`.
    pub fn push(&mut self, chunk: Bytes, now: At, into: &mut Reading) -> Progress {
        self.cutter.push(chunk);
        while let Some(event) = self.cutter.next() {
            let Ok(event) = event else { return Progress::Over(End::Malformed) };
            let over = match self.dialect {
                Dialect::OpenAi | Dialect::Azure => self.chat_chunk(&event, now, into),
                Dialect::Anthropic => self.messages_event(&event, now, into),
                Dialect::Gemini => self.generated_part(&event, now, into),
                Dialect::Bedrock => self.converse_event(&event, now, into),
                Dialect::Ollama => self.ollamas_line(&event, now, into),
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
        if event.raw.starts_with(RESUMED) {
            into.content.resumes();
        }
        let peek = openai::peek(&event.data);
        match peek.kind {
            openai::PeekKind::Delta => {}
            openai::PeekKind::Done => return Some(End::Whole),
            openai::PeekKind::Error => return Some(End::ErrorInside),
            openai::PeekKind::Malformed => return Some(End::Malformed),
        }
        self.finish_seen |= peek.finish_reason.is_some();
        let output = peek.has_output();
        let words = peek.content.map(Text::unescape);
        if output { self.output(words, now, into) } else { None }
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
        let output = peek.has_output();
        let words = peek.content.map(Text::unescape);
        if output { self.output(words, now, into) } else { None }
    }

    /// Nothing but a reason marks the end: the part that names it is the last.
    fn generated_part(&self, event: &Event, now: At, into: &mut Reading) -> Option<End> {
        let peek = gemini::peek(&event.data);
        match peek.kind {
            gemini::PeekKind::Reply => {}
            gemini::PeekKind::Error => return Some(End::ErrorInside),
            gemini::PeekKind::Malformed => return Some(End::Malformed),
        }
        let (output, finish) = (peek.has_output(), peek.finish);
        let left = if output { self.output(peek.content, now, into) } else { None };
        left.or_else(|| finish.then_some(End::Whole))
    }

    /// The usage comes last, behind the reason.
    fn converse_event(&mut self, event: &Event, now: At, into: &mut Reading) -> Option<End> {
        use bedrock::ConverseEvent;
        let name = event.event.as_deref().unwrap_or_default();
        if name == FAILURE {
            return Some(End::ErrorInside);
        }
        let read =
            std::str::from_utf8(name).ok().map(|name| ConverseEvent::read(name, &event.data));
        match read.flatten() {
            // Of a later version, or nothing that can be read: readers of AWS's skip it.
            None => None,
            Some(ConverseEvent::ContentBlockDelta { delta, .. }) => {
                let words = delta.text.filter(|text| !text.is_empty()).map(Cow::Owned);
                let other = delta.tool_use.is_some() || delta.reasoning_content.is_some();
                if words.is_some() || other { self.output(words, now, into) } else { None }
            }
            Some(ConverseEvent::MessageStop { .. }) => {
                self.finish_seen = true;
                None
            }
            Some(ConverseEvent::Metadata { .. }) if self.finish_seen => Some(End::Whole),
            Some(
                ConverseEvent::Metadata { .. }
                | ConverseEvent::MessageStart { .. }
                | ConverseEvent::ContentBlockStart { .. }
                | ConverseEvent::ContentBlockStop { .. },
            ) => None,
        }
    }

    /// The line that is done is the last.
    fn ollamas_line(&self, event: &Event, now: At, into: &mut Reading) -> Option<End> {
        let Ok(line) = serde_json::from_slice::<ollama::Reply>(&event.data) else {
            let error = openai::ErrorDetail::read(&event.data);
            return Some(if error.is_some() { End::ErrorInside } else { End::Malformed });
        };
        let said = line.message.unwrap_or_default();
        let words = Some(said.content).filter(|text| !text.is_empty()).map(Cow::Owned);
        let other = said.tool_calls.is_some() || said.thinking.is_some();
        let output = words.is_some() || other;
        let left = if output { self.output(words, now, into) } else { None };
        left.or_else(|| line.done.then_some(End::Whole))
    }

    /// A content event; `words` if it has any that are shown.
    fn output(&self, words: Option<Cow<'_, str>>, now: At, into: &mut Reading) -> Option<End> {
        into.pulse.beat(now);
        into.content.read(&words?);
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
