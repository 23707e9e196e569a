//! What the frames of a stream mean, dialect by dialect, and what of them the client gets.

use bytes::{Bytes, BytesMut};
use vocab::Protocol;
use wire::openai::{PeekKind, Usage};
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

/// A whole answer for the client, and its cost. `None` if it is not what the protocol allows.
pub(crate) fn whole(
    protocol: Protocol,
    body: Bytes,
    created: u64,
) -> Option<(Bytes, Option<Usage>)> {
    match protocol {
        Protocol::OpenAi | Protocol::Azure | Protocol::Gemini | Protocol::Bedrock => {
            let usage = Reply::read(&body)?;
            Some((body, usage))
        }
        Protocol::Anthropic => {
            anthropic::reply(&body, created).map(|(body, usage)| (body, Some(usage)))
        }
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
    choices: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    error: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    usage: Option<Usage>,
}

impl Reply {
    fn read(body: &[u8]) -> Option<Option<Usage>> {
        let Self { choices, error, usage } = serde_json::from_slice(body).ok()?;
        (choices.is_some() && error.is_none()).then_some(usage)
    }
}
