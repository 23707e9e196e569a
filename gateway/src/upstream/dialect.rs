//! What it takes to serve an endpoint in a provider's words: a [`Dialect`] for requests and whole
//! answers, an [`Interpreter`] for the frames of one stream.
//!
//! Nouns and traits only; who speaks which dialect is [`super::provider`]'s table.

use std::fmt;

use bytes::Bytes;
use wire::openai::{RequestHead, Usage};
use wire::sse::Event;
use world::ChunkBuf;

/// How an endpoint is served in the words of one protocol.
pub(crate) trait Dialect: fmt::Debug + Sync {
    /// Puts a request into the provider's words.
    ///
    /// # Errors
    /// What of it cannot be said there.
    fn encode(&self, asked: &Asked<'_>) -> Result<Bytes, Refused>;

    /// Reads a whole answer. `None` if it is not what the protocol allows.
    fn whole(&self, answer: Bytes, at: Opening) -> Option<WholeAnswer>;

    /// Who reads the frames of a stream.
    fn interpreter(&self, at: Opening) -> Box<dyn Interpreter>;
}

/// What is asked of a deployment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) head: &'a RequestHead,
    pub(crate) body: &'a Bytes,
    /// The deployment's own name of the model, unless that is a wildcard.
    pub(crate) model: &'a str,
}

/// What an answer is read with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    /// When it began, in unix seconds.
    pub(crate) created: u64,
    /// Whether the client wants the usage within a stream.
    pub(crate) include_usage: bool,
}

/// What of a request a provider cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refused {
    /// The member of the body.
    pub(crate) param: Box<str>,
    pub(crate) message: String,
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

/// Reads the frames of one stream.
pub(crate) trait Interpreter: fmt::Debug + Send {
    /// Reads one frame and appends to `out` what the client gets of it. `finished` says whether a
    /// finish reason came before.
    fn read(&mut self, event: Event, finished: bool, out: &mut ChunkBuf) -> Gist;

    /// Whether frames are translated, so that what is not understood can be left out.
    fn is_translated(&self) -> bool {
        false
    }

    /// Whether the data of an error frame says itself that it is one.
    fn reports(&self, data: &[u8]) -> bool {
        let _ = data;
        true
    }

    /// A frame that says for the provider that the answer ended of itself; `newest` is the data of the
    /// newest frame that was passed through. `None` where only the provider can say so.
    fn stop(&self, newest: Option<&Bytes>, created: u64) -> Option<Bytes>;
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
