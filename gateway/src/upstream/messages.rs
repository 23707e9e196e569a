//! Anthropic's Messages at providers that speak OpenAI's chat completions: requests, answers and streams are
//! translated, for clients of Anthropic's.

pub(super) mod members;
mod reply;
mod request;
mod stream;

use bytes::Bytes;

use super::dialect::{Asked, Dialect, Encoded, Interpreter, Opening, Refused, WholeAnswer};
use super::members::Member;
use crate::endpoint::Endpoint;

/// Messages in the words of chat completions.
#[derive(Debug)]
pub(super) struct MessagesAsChat;

impl Dialect for MessagesAsChat {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        request::request(asked)
    }

    fn members(&self) -> &'static [Member] {
        members::MESSAGES
    }

    fn called(&self, _: Endpoint) -> Endpoint {
        Endpoint::Chat
    }

    fn whole(&self, answer: Bytes, _: Opening<'_>) -> Option<WholeAnswer> {
        reply::reply(&answer)
    }

    fn interpreter(&self, _: Opening<'_>) -> Box<dyn Interpreter> {
        Box::new(stream::Translator::default())
    }
}

/// Anthropic's word for why an answer ended.
fn stop_reason(finish_reason: &str) -> &'static str {
    match finish_reason {
        "length" => "max_tokens",
        "tool_calls" | "function_call" => "tool_use",
        super::forwarded::CONTENT_FILTER => "refusal",
        // `stop`, and what compatible servers make up.
        _ => "end_turn",
    }
}
