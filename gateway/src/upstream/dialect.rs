//! What it takes to serve an endpoint in a provider's words: a [`Dialect`] for requests and whole
//! answers, an [`Interpreter`] for the frames of one stream.
//!
//! Nouns and traits only; who speaks which dialect is [`super::provider`]'s table.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};
use wire::framing::Framing;
use wire::multipart::Form;
use wire::openai::{RequestHead, Usage, is_gateway_only};
use wire::sse::Event;
use world::ChunkBuf;

use super::forwarded::CONTENT_FILTER;
use super::members::{Lenience, Member};
use super::tool_names::ToolNames;
use crate::endpoint::{Endpoint, Metadata};

/// How an endpoint is served in the words of one protocol.
pub(crate) trait Dialect: fmt::Debug + Sync {
    /// Puts a request into the provider's words.
    ///
    /// # Errors
    /// What of it cannot be said there.
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused>;

    /// Which of the provider's endpoints is called for `endpoint`.
    fn called(&self, endpoint: Endpoint) -> Endpoint {
        endpoint
    }

    /// What becomes of the members of a request; nothing where all go through as they are.
    fn members(&self) -> &'static [Member] {
        &[]
    }

    /// What frames its streams.
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    /// Reads a whole answer. `None` if it is not what the protocol allows.
    fn whole(&self, answer: Bytes, at: Opening<'_>) -> Option<WholeAnswer>;

    /// Who reads the frames of a stream.
    fn interpreter(&self, at: Opening<'_>) -> Box<dyn Interpreter>;
}

/// What is asked of a deployment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) head: &'a RequestHead,
    pub(crate) body: &'a Bytes,
    /// The body's parts, where it is a form.
    pub(crate) form: Option<&'a Form>,
    /// The deployment's own name of the model, unless that is a wildcard.
    pub(crate) model: &'a str,
    pub(crate) lenience: Lenience,
    /// The client's headers that a provider of its own kind gets, too.
    pub(crate) relayed: &'a HeaderMap,
    /// Parameters of chat completions that the config adds and the client's endpoint has no word for: they are said
    /// where the request becomes a chat completion.
    pub(crate) of_chat: &'a Map<String, Value>,
}

impl Asked<'_> {
    /// The members of the body that are a provider's business.
    ///
    /// # Errors
    /// Where the body cannot be understood.
    pub(crate) fn members(&self) -> Result<Map<String, Value>, Refused> {
        let mut members: Map<String, Value> =
            serde_json::from_slice(self.body).map_err(|error| Refused {
                param: Box::from("request_body"),
                message: format!("request cannot be translated: {error}"),
            })?;
        members.retain(|name, _| !is_gateway_only(name));
        if self.is_metadata_ours() {
            members.remove("metadata");
        }
        Ok(members)
    }

    /// Whether `metadata` is meant for the gateway.
    pub(crate) fn is_metadata_ours(&self) -> bool {
        match self.endpoint.row().metadata {
            Metadata::Gateways => !self.head.store,
            Metadata::Providers => false,
        }
    }
}

/// A request in a provider's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) body: Bytes,
    /// Members that were left out, because the client or the config allows it.
    pub(crate) dropped: Vec<Box<str>>,
    /// Names of tools that the provider has otherwise.
    pub(crate) names: ToolNames,
}

impl Encoded {
    /// A request whose tools are called as the client calls them.
    pub(crate) fn new(body: Bytes, dropped: Vec<Box<str>>) -> Self {
        Self { body, dropped, names: ToolNames::default() }
    }
}

/// What an answer is read with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening<'a> {
    /// When it began, in unix seconds.
    pub(crate) created: u64,
    /// Whether the client wants the usage within a stream.
    pub(crate) include_usage: bool,
    /// Whether the answer is to come as the input of a tool.
    pub(crate) in_json: bool,
    /// Whether the client wants vectors as base64.
    pub(crate) base64: bool,
    /// Whether the client writes calls in the spelling of 2023.
    pub(crate) functions: bool,
    /// Names of tools that the provider has otherwise; `None` where it has the client's.
    pub(crate) names: Option<&'a ToolNames>,
    /// The request's own id, for answers that bring none.
    pub(crate) call_id: &'a str,
    /// The deployment's own name of the model, for answers that do not say who speaks.
    pub(crate) model: &'a str,
}

impl Opening<'_> {
    /// An id for an answer that brings none.
    pub(crate) fn answer_id(&self) -> String {
        format!("chatcmpl-{}", self.call_id)
    }
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
    pub(crate) says: Says,
}

/// What a whole answer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// What was asked for.
    Something,
    /// The provider's filter stopped it: it is answered and says so.
    Filtered,
    /// Nothing, and no reason for that.
    Nothing,
}

impl Says {
    /// What an answer says of which `holds_any` tells whether it has any content, and which ended for this reason, if it
    /// says one.
    pub(super) fn of(holds_any: bool, finish_reason: Option<&str>) -> Self {
        match (holds_any, finish_reason) {
            (false, None) => Self::Nothing,
            (true, _) | (false, Some(_)) => Self::until(finish_reason),
        }
    }

    /// What an answer says for whose end there is such a reason, if there is one.
    pub(super) fn until(finish_reason: Option<&str>) -> Self {
        match finish_reason == Some(CONTENT_FILTER) {
            true => Self::Filtered,
            false => Self::Something,
        }
    }
}

impl WholeAnswer {
    /// The same answer in other words.
    pub(super) fn with_body(&self, body: Bytes) -> Self {
        Self { body, usage: self.usage, says: self.says }
    }
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

    /// Data of the newest event for the client, where that is not the provider's own and errors go by it.
    fn newest(&self) -> Option<Bytes> {
        None
    }

    /// Frames with what was kept back, where nothing more comes that it could stand beside; `None` where nothing was.
    fn kept(&mut self) -> Option<Bytes> {
        None
    }

    /// What ends the stream where the provider left that out; `None` where that is always the same.
    fn closing(&self) -> Option<Bytes> {
        None
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
    /// It says that the provider's filter ended it.
    pub(crate) filtered: bool,
    /// It ends an answer of which it holds nothing, and does not say why.
    pub(crate) nothing: bool,
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
