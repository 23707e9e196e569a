//! Chat completions in the words of a protocol of its own: what each such protocol brings along ([`Translated`]),
//! and what is served by means of that ([`ThroughChat`]), which a further protocol gets for nothing.
//!
//! It must never know which protocol it is.

use bytes::Bytes;
use wire::framing::Framing;
use wire::openai::RequestHead;

use super::calls_of_2023::{self, Respelled};
use super::contents::ContentsAsChat;
use super::converse::ConverseAsChat;
use super::count::{Count, TokenCount};
use super::dialect::{Asked, Dialect, Encoded, Interpreter, Opening, Refused, WholeAnswer};
use super::forwarded;
use super::members::Member;
use super::messages::MessagesAsChat;
use super::responses::ResponsesAsChat;
use super::tool_names::{self, Rule, ToolNames};
use crate::endpoint::{Endpoint, Kind, Wording};

/// How one protocol says what a chat completion says.
#[derive(Debug)]
pub(super) struct Translated {
    /// Whose words these are, for refusals.
    pub(super) provider: &'static str,
    /// What becomes of the members of a request.
    pub(super) members: &'static [Member],
    /// Which names of tools it takes.
    pub(super) names: Rule,
    /// What a request to a model of that name may hold of Anthropic's.
    pub(super) marks: fn(&str) -> Marks,
    /// Puts a request into the protocol's words.
    pub(super) request: fn(&Asked<'_>) -> Result<Encoded, Refused>,
    /// Reads a whole answer.
    pub(super) reply: fn(&[u8], Opening<'_>) -> Option<WholeAnswer>,
    /// What frames its streams.
    pub(super) framing: Framing,
    /// Who reads a stream.
    pub(super) stream: fn(Opening<'_>) -> Box<dyn Interpreter>,
}

/// What becomes of Anthropic's thoughts within messages, and of its marks behind which a prompt is cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marks {
    /// They go along.
    Kept,
    /// Nobody there could read them.
    LeftOut,
}

impl Marks {
    /// Nothing of it is known, whatever the model.
    pub(super) const fn left_out(_: &str) -> Self {
        Self::LeftOut
    }
}

/// A translation of chat completions, and what is served through it.
#[derive(Debug)]
pub(super) struct ThroughChat {
    chat: &'static Translated,
    messages: MessagesAsChat,
    responses: ResponsesAsChat,
    contents: ContentsAsChat,
    converse: ConverseAsChat,
    counts: Option<(Count<MessagesAsChat>, Count<ContentsAsChat>)>,
}

impl ThroughChat {
    /// Everything that `chat` makes possible.
    pub(super) const fn new(chat: &'static Translated) -> Self {
        let (messages, responses) = (MessagesAsChat::through(chat), ResponsesAsChat::through(chat));
        let (contents, converse) = (ContentsAsChat::through(chat), ConverseAsChat::through(chat));
        Self { chat, messages, responses, contents, converse, counts: None }
    }

    /// The same at a provider that counts the tokens of a prompt.
    pub(super) const fn counted_by(self, count: TokenCount) -> Self {
        let of_messages = Count::of(self.messages, count, "input_tokens");
        let of_contents = Count::of(self.contents, count, "totalTokens");
        Self { counts: Some((of_messages, of_contents)), ..self }
    }

    /// How an endpoint is served that way; `None` where it cannot be.
    pub(super) fn dialect(&'static self, endpoint: Endpoint) -> Option<&'static dyn Dialect> {
        let row = endpoint.row();
        match (row.kind, row.wording) {
            (Kind::Text | Kind::Vectors | Kind::OpenAisOwn, _) => None,
            (Kind::Count, Wording::Google) => {
                self.counts.as_ref().map(|(_, of_contents)| of_contents as &dyn Dialect)
            }
            (Kind::Count, _) => {
                self.counts.as_ref().map(|(of_messages, _)| of_messages as &dyn Dialect)
            }
            (Kind::Answer, Wording::OpenAi) => Some(self.chat),
            (Kind::Answer, Wording::Events) => Some(&self.responses),
            (Kind::Answer, Wording::Anthropic) => Some(&self.messages),
            (Kind::Answer, Wording::Google) => Some(&self.contents),
            (Kind::Answer, Wording::Aws) => Some(&self.converse),
        }
    }
}

impl Dialect for Translated {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        let modern = calls_of_2023::modern(asked)?;
        let body = modern.as_ref().unwrap_or(asked.body);
        match tool_names::fitted(self.names, body) {
            None => (self.request)(&Asked { body, ..*asked }),
            Some((body, names)) => {
                let encoded = (self.request)(&Asked { body: &body, ..*asked })?;
                Ok(Encoded { names, ..encoded })
            }
        }
    }

    fn members(&self) -> &'static [Member] {
        self.members
    }

    fn framing(&self) -> Framing {
        self.framing
    }

    fn whole(&self, answer: Bytes, at: Opening<'_>) -> Option<WholeAnswer> {
        let mut answer = (self.reply)(&answer, at)?;
        if let Some(names) = renamed(at) {
            answer = names.answered(&answer)?;
        }
        if at.functions { calls_of_2023::answered(&answer) } else { Some(answer) }
    }

    fn interpreter(&self, at: Opening<'_>) -> Box<dyn Interpreter> {
        let mut stream = (self.stream)(at);
        if let Some(names) = renamed(at).cloned() {
            stream = Box::new(Respelled::new(stream, move |chunk| {
                names.told_in_chunk(chunk);
                true
            }));
        }
        if at.functions { Box::new(Respelled::new(stream, calls_of_2023::grow)) } else { stream }
    }
}

/// The names that an answer's calls have otherwise, if any have.
fn renamed(at: Opening<'_>) -> Option<&ToolNames> {
    at.names.filter(|names| !names.are_the_clients())
}

/// Chat completions as OpenAI takes them, for clients who write them in other words: such clients know no limits of
/// OpenAI's.
#[derive(Debug)]
pub(super) struct ForOthers;

impl Dialect for ForOthers {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        match tool_names::fitted(Rule::OPENAI, asked.body) {
            None => AS_IT_IS.encode(asked),
            Some((body, names)) => {
                // Places in the body are others now.
                let head = RequestHead::scan(&body).map_err(|error| Refused {
                    param: Box::from("request_body"),
                    message: format!("request cannot be translated: {error}"),
                })?;
                let encoded = AS_IT_IS.encode(&Asked { head: &head, body: &body, ..*asked })?;
                Ok(Encoded { names, ..encoded })
            }
        }
    }

    fn whole(&self, answer: Bytes, at: Opening<'_>) -> Option<WholeAnswer> {
        let answer = AS_IT_IS.whole(answer, at)?;
        match renamed(at) {
            None => Some(answer),
            Some(names) => names.answered(&answer),
        }
    }

    fn interpreter(&self, at: Opening<'_>) -> Box<dyn Interpreter> {
        let stream = AS_IT_IS.interpreter(at);
        match renamed(at).cloned() {
            None => stream,
            Some(names) => Box::new(Respelled::new(stream, move |chunk| {
                names.told_in_chunk(chunk);
                true
            })),
        }
    }
}

/// Chat completions as OpenAI's clients write them.
const AS_IT_IS: &dyn Dialect = forwarded::as_it_is(Endpoint::Chat);
