//! OpenAI's Responses at providers into whose words chat completions are put: a request becomes a chat completion, and
//! that goes on as any other; answers and streams come back the same way. Nothing is kept, and so nothing can be gone
//! on from.
//!
//! It must never know a provider.

mod input;
mod members;
mod reply;
mod request;
mod stream;

use bytes::Bytes;
use wire::framing::Framing;

use super::by_chat::Chat;
use super::dialect::{Asked, Dialect, Encoded, Interpreter, Opening, Refused, WholeAnswer};
use super::members::Member;
use super::retold::Retold;
use super::translated::Translated;
use crate::endpoint::Endpoint;

/// Responses in the words of chat completions.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResponsesAsChat {
    chat: Chat,
}

/// At who imitates OpenAI but for its Responses API.
pub(super) static AT_OPENAI: ResponsesAsChat = ResponsesAsChat { chat: Chat::AsItIs };

impl ResponsesAsChat {
    /// By way of a translation of chat completions.
    pub(super) const fn through(chat: &'static Translated) -> Self {
        Self { chat: Chat::Translated(chat) }
    }
}

impl Dialect for ResponsesAsChat {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        request::request(self.chat, asked)
    }

    fn members(&self) -> &'static [Member] {
        members::THROUGH_CHAT
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
        // What it cost is told with the last event, whatever the client says.
        let at = Opening { include_usage: true, ..at };
        let events = stream::Translator::default();
        Box::new(Retold::new(self.chat.dialect().interpreter(at), events))
    }
}
