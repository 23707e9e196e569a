//! Google's contents at providers that do not speak them, for clients of Google's: a request becomes a chat completion,
//! which goes on as any other to that provider, translated a second time where it has words of its own; answers and
//! streams come back the same way.
//!
//! It must never know a provider.

mod conversation;
mod members;
mod part;
mod reply;
mod request;
mod schema;
mod stream;

use bytes::Bytes;
use wire::framing::Framing;

use super::by_chat::Chat;
use super::dialect::{Asked, Dialect, Encoded, Interpreter, Opening, Refused, WholeAnswer};
use super::forwarded;
use super::members::Member;
use super::retold::Retold;
use super::translated::Translated;
use crate::endpoint::Endpoint;

/// Contents in the words of chat completions.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContentsAsChat {
    chat: Chat,
}

/// At OpenAI and whoever imitates it.
pub(super) static AT_OPENAI: ContentsAsChat = ContentsAsChat { chat: Chat::AsItIs };

impl ContentsAsChat {
    /// By way of a translation of chat completions.
    pub(super) const fn through(chat: &'static Translated) -> Self {
        Self { chat: Chat::Translated(chat) }
    }
}

impl Dialect for ContentsAsChat {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        request::request(self.chat, asked)
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
        let frames = stream::Translator::default();
        Box::new(Retold::new(self.chat.dialect().interpreter(at), frames))
    }
}

/// Google's word for why an answer ended.
fn finish_reason(finish_reason: &str) -> &'static str {
    match finish_reason {
        "length" => "MAX_TOKENS",
        forwarded::CONTENT_FILTER => "SAFETY",
        // `stop`, calls, and what compatible servers make up.
        _ => "STOP",
    }
}
