//! Streams of OpenAI's Responses API, passed through event by event. Nothing but the provider's own last
//! event says that an answer is complete: there is no `[DONE]`.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use wire::openai::Usage;
use wire::sse::Event;
use world::ChunkBuf;

use super::dialect::{Broken, Gist, Interpreter, Says};

/// Reads named events.
#[derive(Debug)]
pub(super) struct Events;

/// What matters of an event.
#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "type")]
    kind: Box<str>,
    #[serde(default, borrow)]
    delta: Option<&'a RawValue>,
    #[serde(default)]
    response: Option<Reply>,
    #[serde(default, borrow)]
    error: Option<&'a RawValue>,
}

/// What matters of the reply that an event, or a whole answer, holds.
#[derive(Deserialize)]
pub(super) struct Reply {
    #[serde(default)]
    pub(super) status: Option<Box<str>>,
    #[serde(default)]
    error: Option<Box<RawValue>>,
    #[serde(default)]
    usage: Option<Tokens>,
    #[serde(default)]
    incomplete_details: Option<Because>,
}

/// Why a reply is not complete.
#[derive(Deserialize)]
struct Because {
    #[serde(default)]
    reason: Option<Box<str>>,
}

/// Tokens in this API's words.
#[derive(Clone, Copy, Deserialize)]
struct Tokens {
    input_tokens: u64,
    output_tokens: u64,
}

impl Reply {
    /// What it cost, in the words of chat completions.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.usage.map(|tokens| Usage::new(tokens.input_tokens, tokens.output_tokens))
    }

    /// What it comes to. One that is complete says why it ended, as a chat that stopped does, whatever it holds.
    pub(super) fn says(&self) -> Says {
        Says::until(self.incomplete_details.as_ref().and_then(|why| why.reason.as_deref()))
    }

    /// The error of a reply that failed.
    pub(super) fn error(&self) -> Option<&RawValue> {
        self.error.as_deref().filter(|error| error.get() != "null")
    }
}

/// Prefix and suffixes of the names by which the API tells its events apart.
const GROWS: &str = ".delta";
const COMPLETED: &str = "response.completed";
const INCOMPLETE: &str = "response.incomplete";
const FAILED: &str = "response.failed";
const ERROR: &str = "error";

impl Interpreter for Events {
    fn read(&mut self, event: Event, _: bool, out: &mut ChunkBuf) -> Gist {
        let broken = |broken| Gist { broken: Some(broken), ..Gist::default() };
        let Ok(data) = serde_json::from_slice::<Data<'_>>(&event.data) else {
            return broken(Broken::Malformed);
        };
        let ended = match &*data.kind {
            ERROR => return broken(Broken::Error(envelope(data.error, &event.data))),
            FAILED => {
                let error = data.response.as_ref().and_then(Reply::error);
                return broken(Broken::Error(envelope(error, b"{}")));
            }
            COMPLETED | INCOMPLETE => true,
            _ => false,
        };
        let says = data.response.as_ref().filter(|_| ended).map(Reply::says);
        let gist = Gist {
            filtered: says == Some(Says::Filtered),
            output: data.kind.ends_with(GROWS)
                && data.delta.is_some_and(|delta| delta.get() != "\"\""),
            finish: ended,
            done: ended,
            usage: data.response.as_ref().and_then(Reply::usage),
            ..Gist::default()
        };
        out.push(event.raw);
        gist
    }

    fn stop(&self, _: Option<&Bytes>, _: u64) -> Option<Bytes> {
        None
    }
}

/// An error as chat completions have it; `event` holds it where there is no other.
fn envelope(error: Option<&RawValue>, event: &[u8]) -> Bytes {
    let error = error.map_or(event, |error| error.get().as_bytes());
    Bytes::from([br#"{"error":"#, error, b"}"].concat())
}
