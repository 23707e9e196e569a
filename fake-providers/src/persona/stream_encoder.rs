//! How a persona speaks a stream: what comes first, one frame per token, what comes last.
//!
//! A token costs one copy into a buffer: everything but its words was rendered when the stream
//! began. Blocks begin and end by themselves, as the pieces say. Frames are appended, never sent;
//! when is the answer's business.

mod chat;
mod completions;
mod converse;
mod generate;
mod invoke;
mod lines;
mod messages;
mod responses;

use std::time::Duration;

use bytes::{BufMut, BytesMut};
use wire::ErrorReply;

use self::chat::Chat;
use self::completions::Completions;
use self::converse::Converse;
use self::generate::Generate;
use self::invoke::Invoke;
use self::lines::Lines;
use self::messages::Messages;
use self::responses::Responses;
use super::{Operation, Persona, Prompt, RequestContext};
use crate::script::{Finish, Piece, Script, Tally};

/// Encodes one stream in its provider's dialect.
#[derive(Clone, Debug)]
pub(crate) enum StreamEncoder {
    /// Chat completions of OpenAI and Azure.
    Chat(Box<Chat>),
    /// The Responses API of OpenAI and Azure.
    Responses(Box<Responses>),
    /// Completions of OpenAI and Azure.
    Completions(Box<Completions>),
    /// Anthropic.
    Messages(Box<Messages>),
    /// Gemini.
    Generate(Box<Generate>),
    /// Bedrock's own.
    Converse(Box<Converse>),
    /// Anthropic within Bedrock.
    Invoke(Box<Invoke>),
    /// Ollama.
    Lines(Box<Lines>),
}

impl StreamEncoder {
    pub(crate) fn new(
        persona: Persona,
        context: &RequestContext<'_>,
        prompt: &Prompt,
        script: &Script,
    ) -> Self {
        match (persona, prompt.operation) {
            (Persona::OpenAi | Persona::Azure, Operation::Responses) => {
                Self::Responses(Box::new(Responses::new(context, prompt)))
            }
            (Persona::OpenAi | Persona::Azure, Operation::Completions) => {
                Self::Completions(Box::new(Completions::new(context, prompt, script)))
            }
            (Persona::OpenAi, _) => Self::Chat(Box::new(Chat::new(context, prompt, script, false))),
            (Persona::Azure, _) => Self::Chat(Box::new(Chat::new(context, prompt, script, true))),
            (Persona::Anthropic, _) => {
                Self::Messages(Box::new(Messages::new(context, prompt, script)))
            }
            (Persona::Gemini, _) => {
                Self::Generate(Box::new(Generate::new(context, prompt, script)))
            }
            (Persona::Bedrock, Operation::Invoke) => {
                Self::Invoke(Box::new(Invoke::new(context, prompt, script)))
            }
            (Persona::Bedrock, _) => Self::Converse(Box::new(Converse::new(context, prompt))),
            (Persona::Ollama, _) => Self::Lines(Box::new(Lines::new(context, prompt))),
        }
    }

    /// What comes before the first token.
    pub(crate) fn open(&mut self, out: &mut BytesMut) {
        match self {
            Self::Chat(chat) => chat.open(out),
            Self::Responses(responses) => responses.open(out),
            // The first frame has words already.
            Self::Completions(_) => {}
            Self::Messages(messages) => messages.open(out),
            Self::Generate(_) | Self::Lines(_) => {}
            Self::Converse(converse) => converse.open(out),
            Self::Invoke(invoke) => invoke.open(out),
        }
    }

    /// One token. Nothing, where it is part of what the provider does not show.
    pub(crate) fn say(&mut self, out: &mut BytesMut, piece: &Piece<'_>) {
        match self {
            Self::Chat(chat) => chat.say(out, piece),
            Self::Responses(responses) => responses.say(out, piece),
            Self::Completions(completions) => completions.say(out, piece),
            Self::Messages(messages) => messages.say(out, piece),
            Self::Generate(generate) => generate.say(out, piece),
            Self::Converse(converse) => converse.say(out, piece),
            Self::Invoke(invoke) => invoke.say(out, piece),
            Self::Lines(lines) => lines.say(out, piece),
        }
    }

    /// One token, but its last frame's JSON breaks off in the middle; a binary frame's checksum is
    /// wrong instead.
    pub(crate) fn garble(&mut self, out: &mut BytesMut, piece: &Piece<'_>) {
        let mut whole = BytesMut::new();
        self.say(&mut whole, piece);
        let end: &[u8] = match self {
            Self::Chat(_) | Self::Responses(_) | Self::Completions(_) | Self::Messages(_) => {
                b"\n\n"
            }
            Self::Generate(_) => b"\r\n\r\n",
            Self::Lines(_) => b"\n",
            Self::Converse(_) | Self::Invoke(_) => {
                wire::bedrock::eventstream::spoil_checksum(&mut whole);
                return out.put_slice(&whole);
            }
        };
        let body = whole.strip_suffix(end).unwrap_or(&whole);
        let last = memchr::memmem::rfind(body, end).map_or(0, |at| at + end.len());
        // Two thirds of every dialect's frame lie within the JSON of its data line.
        let broken = last + (whole.len() - last) * 2 / 3;
        out.put_slice(&whole[..broken]);
        out.put_slice(end);
    }

    /// What comes after the last token, without the terminator.
    pub(crate) fn close(
        &mut self,
        out: &mut BytesMut,
        finish: Finish,
        tally: Tally,
        with_usage: bool,
    ) {
        match self {
            Self::Chat(chat) => chat.close(out, finish, tally, with_usage),
            Self::Responses(responses) => responses.close(out, finish, tally, with_usage),
            Self::Completions(completions) => completions.close(out, finish, tally, with_usage),
            Self::Messages(messages) => messages.close(out, finish, tally, with_usage),
            Self::Generate(generate) => generate.close(finish, with_usage),
            Self::Converse(converse) => converse.close(out, finish, tally, with_usage),
            Self::Invoke(invoke) => invoke.close(out, finish, tally, with_usage),
            Self::Lines(lines) => lines.close(finish, tally, with_usage),
        }
    }

    /// How long the answer took, for those who say so at its end; before [`Self::close`].
    pub(crate) fn took(&mut self, took: Duration) {
        match self {
            Self::Chat(_)
            | Self::Responses(_)
            | Self::Completions(_)
            | Self::Messages(_)
            | Self::Generate(_) => {}
            Self::Converse(converse) => converse.took(took),
            Self::Invoke(invoke) => invoke.took(took),
            Self::Lines(lines) => lines.took(took),
        }
    }

    /// The very last frame, by which a client knows that nothing is missing. Not every provider has
    /// one of its own.
    pub(crate) fn terminator(&mut self, out: &mut BytesMut) {
        match self {
            Self::Chat(_) | Self::Completions(_) => out.put_slice(wire::sse::encode::DONE),
            Self::Responses(responses) => responses.terminator(out),
            Self::Messages(_) => Messages::terminator(out),
            Self::Generate(generate) => generate.terminator(out),
            Self::Converse(converse) => converse.terminator(out),
            Self::Invoke(invoke) => invoke.terminator(out),
            Self::Lines(lines) => lines.terminator(out),
        }
    }

    /// What the provider, or a proxy in front of it, sends while nothing is said.
    pub(crate) fn heartbeat(&mut self, out: &mut BytesMut) {
        match self {
            Self::Chat(_) | Self::Completions(_) | Self::Responses(_) => {
                wire::sse::encode::comment(out, "keep-alive");
            }
            Self::Messages(_) => Messages::ping(out),
            Self::Generate(generate) => generate.heartbeat(out),
            Self::Converse(converse) => converse.heartbeat(out),
            Self::Invoke(invoke) => invoke.heartbeat(out),
            Self::Lines(lines) => lines.heartbeat(out),
        }
    }

    /// Frames that carry nothing: a comment and a bare colon, after a line with an `id:` if asked for.
    pub(crate) fn idle_frames(&self, out: &mut BytesMut, ids: bool) {
        match self {
            Self::Chat(_)
            | Self::Responses(_)
            | Self::Completions(_)
            | Self::Messages(_)
            | Self::Generate(_) => {
                if ids {
                    out.put_slice(b"id: 1\n");
                }
                out.put_slice(b": PROCESSING\n\n:\n\n");
            }
            Self::Converse(_) | Self::Invoke(_) => converse::comment(out, "PROCESSING"),
            // Blank lines: readers pass over them.
            Self::Lines(_) => out.put_slice(b"\n\n"),
        }
    }

    /// A frame of a kind that no client knows.
    pub(crate) fn unknown_event(&self, out: &mut BytesMut) {
        let data = br#"{"type":"brownout.unknown","object":"brownout.unknown","choices":[]}"#;
        match self {
            Self::Chat(_)
            | Self::Responses(_)
            | Self::Completions(_)
            | Self::Messages(_)
            | Self::Generate(_) => wire::sse::encode::event(out, "brownout.unknown", data),
            Self::Converse(_) | Self::Invoke(_) => converse::comment(out, "brownout.unknown"),
            // Lines have no kinds: it is one that says nothing, and a member more.
            Self::Lines(lines) => lines.unknown(out),
        }
    }

    /// `error` inside the stream.
    pub(crate) fn fail(&mut self, out: &mut BytesMut, error: &ErrorReply) {
        match self {
            Self::Chat(_) | Self::Completions(_) => error.write_frame(out),
            Self::Responses(responses) => responses.fail(out, error),
            Self::Messages(_) => wire::sse::encode::event(out, "error", &error.body),
            Self::Generate(generate) => generate.fail(out, error),
            Self::Converse(_) | Self::Invoke(_) => converse::fail(out, error),
            Self::Lines(_) => Lines::fail(out, error),
        }
    }
}
