//! Bedrock's Converse at providers that do not speak it, for clients of AWS's. It says what Messages say, nearly word for
//! word: a request becomes one of these ([`request`]), which becomes a chat completion and goes on as any other; answers
//! and streams come back from chat completions.
//!
//! It must never know a provider.

mod blocks;
mod members;
mod reply;
mod request;
mod stream;

use bytes::Bytes;
use wire::framing::Framing;

use super::blocks::Blocks;
use super::by_chat::Chat;
use super::dialect::{Asked, Dialect, Encoded, Interpreter, Opening, Refused, WholeAnswer};
use super::forwarded;
use super::members::Member;
use super::messages::{self, MessagesAsChat};
use super::retold::Retold;
use super::translated::Translated;
use crate::endpoint::Endpoint;

/// Converse in the words of chat completions.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConverseAsChat {
    chat: Chat,
    messages: MessagesAsChat,
}

/// At OpenAI and whoever imitates it.
pub(super) static AT_OPENAI: ConverseAsChat =
    ConverseAsChat { chat: Chat::AsItIs, messages: messages::AS_CHAT };

impl ConverseAsChat {
    /// By way of a translation of chat completions.
    pub(super) const fn through(chat: &'static Translated) -> Self {
        Self { chat: Chat::Translated(chat), messages: MessagesAsChat::through(chat) }
    }
}

impl Dialect for ConverseAsChat {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        request::request((self.chat.provider(), &self.messages), asked)
    }

    fn members(&self) -> &'static [Member] {
        members::MEMBERS
    }

    fn called(&self, _: Endpoint) -> Endpoint {
        Endpoint::Chat
    }

    fn framing(&self) -> Framing {
        self.chat.dialect().framing()
    }

    fn whole(&self, answer: Bytes, at: Opening<'_>) -> Option<WholeAnswer> {
        reply::reply(&self.chat.dialect().whole(answer, at)?)
    }

    fn interpreter(&self, at: Opening<'_>) -> Box<dyn Interpreter> {
        // What it cost is told at an answer's end, whatever the client says.
        let at = Opening { include_usage: true, ..at };
        let events = Blocks::<stream::Frames>::default();
        Box::new(Retold::new(self.chat.dialect().interpreter(at), events))
    }
}

/// Bedrock's word for why an answer ended.
fn stop_reason(finish_reason: &str) -> &'static str {
    match finish_reason {
        "length" => "max_tokens",
        "tool_calls" | "function_call" => "tool_use",
        forwarded::CONTENT_FILTER => "content_filtered",
        // `stop`, and what compatible servers make up.
        _ => "end_turn",
    }
}
