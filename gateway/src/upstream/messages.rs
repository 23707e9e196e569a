//! Anthropic's Messages at providers that do not speak them, for clients of Anthropic's: a request becomes a chat
//! completion, which goes on as any other to that provider, translated a second time where it has words of its
//! own; answers and streams come back the same way.
//!
//! It must never know a provider.

mod conversation;
pub(super) mod members;
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
use super::retold::Retold;
use super::translated::Translated;
use crate::endpoint::Endpoint;

/// Messages in the words of chat completions.
#[derive(Clone, Copy, Debug)]
pub(super) struct MessagesAsChat {
    chat: Chat,
}

/// At OpenAI and whoever imitates it.
pub(super) static AT_OPENAI: MessagesAsChat = AS_CHAT;

/// The same, for whoever becomes a message first.
pub(super) const AS_CHAT: MessagesAsChat = MessagesAsChat { chat: Chat::AsItIs };

impl MessagesAsChat {
    /// By way of a translation of chat completions.
    pub(super) const fn through(chat: &'static Translated) -> Self {
        Self { chat: Chat::Translated(chat) }
    }
}

impl Dialect for MessagesAsChat {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        request::request((self.chat, self.members()), asked)
    }

    fn members(&self) -> &'static [Member] {
        match self.chat {
            Chat::AsItIs => members::AT_OPENAI,
            Chat::Translated(_) => members::THROUGH_CHAT,
        }
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
        // What it cost is told at a message's end, whatever the client says.
        let at = Opening { include_usage: true, ..at };
        let events = Blocks::<stream::Events>::default();
        Box::new(Retold::new(self.chat.dialect().interpreter(at), events))
    }
}

/// Anthropic's word for why an answer ended.
fn stop_reason(finish_reason: &str) -> &'static str {
    match finish_reason {
        "length" => "max_tokens",
        "tool_calls" | "function_call" => "tool_use",
        forwarded::CONTENT_FILTER => "refusal",
        // `stop`, and what compatible servers make up.
        _ => "end_turn",
    }
}
