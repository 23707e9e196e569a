//! What the frames of a stream mean, dialect by dialect, and what of them the client gets.

use bytes::{Bytes, BytesMut};
use vocab::Protocol;
use wire::openai::{ChatChunk, PeekKind, Usage};
use wire::sse::Event;

use super::anthropic::{self, Translator};
use world::ChunkBuf;

/// How a stream is read: passed through, or translated frame by frame.
#[derive(Debug)]
pub(crate) enum Dialect {
    /// OpenAI's chunks, Azure's too. Chunks keep the provider's `model`: rewriting it as LiteLLM does
    /// would cost a copy per token.
    Chunks,
    /// Anthropic's events.
    Messages(Box<Translator>),
}

/// The gist of one frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gist {
    /// It gives the client something to read or to act on.
    pub(crate) output: bool,
    /// It says why the answer ended.
    pub(crate) finish: bool,
    /// It is the last one.
    pub(crate) done: bool,
    /// What the answer cost.
    pub(crate) usage: Option<Usage>,
    /// It is not what the protocol allows, or reports a failure: nothing of it was forwarded.
    pub(crate) broken: Option<Broken>,
}

/// Why a frame ends a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// An error inside the stream, with its data.
    Error(Bytes),
    /// No JSON of this protocol.
    Malformed,
    /// It is the last one, and no finish reason came before it.
    Unfinished,
}

impl Dialect {
    /// The dialect of a stream that `protocol` answers at `created` (unix seconds).
    pub(crate) fn of(protocol: Protocol, created: u64, include_usage: bool) -> Self {
        match protocol {
            Protocol::OpenAi | Protocol::Azure | Protocol::Gemini | Protocol::Bedrock => {
                Self::Chunks
            }
            Protocol::Anthropic => {
                Self::Messages(Box::new(Translator::new(created, include_usage)))
            }
        }
    }

    /// Whether frames are translated, so that what is not understood can be left out.
    pub(crate) const fn is_translated(&self) -> bool {
        match self {
            Self::Chunks => false,
            Self::Messages(_) => true,
        }
    }

    /// Whether the data of an error frame says itself that it is one. Anthropic's does in its `type`;
    /// there an event's name alone says nothing.
    pub(crate) fn reports(&self, data: &[u8]) -> bool {
        match self {
            Self::Chunks => true,
            Self::Messages(_) => {
                let error: Option<ErrorFrame> = serde_json::from_slice(data).ok();
                error.is_some_and(|frame| frame.kind.as_deref() == Some("error"))
            }
        }
    }

    /// An empty chunk of the answer so far: that of `newest`, the data of the newest frame that was passed
    /// through; one of its own where there is none.
    pub(crate) fn last_chunk(&self, newest: Option<&Bytes>, created: u64) -> ChatChunk {
        match self {
            Self::Chunks => {
                let newest: Option<Heading> =
                    newest.and_then(|data| serde_json::from_slice(data).ok());
                let Heading { id, model } = newest.unwrap_or_default();
                ChatChunk::new(&id, &model, created)
            }
            Self::Messages(translator) => translator.empty_chunk(),
        }
    }

    /// Reads one frame and appends to `out` what the client gets of it. `finished` says whether a
    /// finish reason came before.
    pub(crate) fn read(&mut self, event: Event, finished: bool, out: &mut ChunkBuf) -> Gist {
        match self {
            Self::Chunks => chunk(event, finished, out),
            Self::Messages(translator) => {
                let mut frames = BytesMut::new();
                let gist = translator.read(&event, &mut frames);
                if !frames.is_empty() {
                    out.push(frames.freeze());
                }
                gist
            }
        }
    }
}

/// What every chunk repeats.
#[derive(Default, serde::Deserialize)]
struct Heading {
    #[serde(default)]
    id: String,
    #[serde(default)]
    model: String,
}

#[derive(serde::Deserialize)]
struct ErrorFrame {
    #[serde(default, rename = "type")]
    kind: Option<Box<str>>,
}

/// A whole answer for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WholeAnswer {
    pub(crate) body: Bytes,
    /// What it cost, where the provider says so.
    pub(crate) usage: Option<Usage>,
    /// The provider's filter stopped it: it is answered and says so.
    pub(crate) filtered: bool,
}

/// Reads a whole answer. `None` if it is not what the protocol allows.
pub(crate) fn whole(protocol: Protocol, body: Bytes, created: u64) -> Option<WholeAnswer> {
    match protocol {
        Protocol::OpenAi | Protocol::Azure | Protocol::Gemini | Protocol::Bedrock => {
            let Reply { usage, choices, .. } = Reply::read(&body)?;
            let first = choices.unwrap_or_default().into_iter().next();
            let filtered = first.is_some_and(|choice| choice.filtered());
            Some(WholeAnswer { body, usage, filtered })
        }
        Protocol::Anthropic => anthropic::reply(&body, created),
    }
}

fn chunk(event: Event, finished: bool, out: &mut ChunkBuf) -> Gist {
    let peek = wire::openai::peek(&event.data);
    let mut gist =
        Gist { output: peek.has_output(), finish: peek.finish_reason.is_some(), ..Gist::default() };
    match peek.kind {
        PeekKind::Delta => {
            if peek.usage {
                gist.usage = Usage::read(&event.data);
            }
        }
        PeekKind::Done if finished => gist.done = true,
        PeekKind::Done => {
            gist.broken = Some(Broken::Unfinished);
            return gist;
        }
        PeekKind::Error => {
            gist.broken = Some(Broken::Error(event.data));
            return gist;
        }
        PeekKind::Malformed => {
            gist.broken = Some(Broken::Malformed);
            return gist;
        }
    }
    out.push(event.raw);
    gist
}

/// The least that a whole answer must be: an object with choices and without an error.
#[derive(serde::Deserialize)]
struct Reply {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    error: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(serde::Deserialize)]
struct Choice {
    #[serde(default)]
    finish_reason: Option<Box<str>>,
}

impl Choice {
    fn filtered(&self) -> bool {
        self.finish_reason.as_deref() == Some(CONTENT_FILTER)
    }
}

/// OpenAI's finish reason of an answer that a filter stopped.
pub(super) const CONTENT_FILTER: &str = "content_filter";

impl Reply {
    fn read(body: &[u8]) -> Option<Self> {
        let reply: Self = serde_json::from_slice(body).ok()?;
        (reply.choices.is_some() && reply.error.is_none()).then_some(reply)
    }
}
