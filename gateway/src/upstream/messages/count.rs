//! The tokens that a message would have, counted by a provider into whose words chat completions are put.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::MessagesAsChat;
use crate::endpoint::Endpoint;
use crate::upstream::chunks::Chunks;
use crate::upstream::dialect::{
    Asked, Dialect, Encoded, Interpreter, Opening, Refused, WholeAnswer,
};
use crate::upstream::members::Member;

/// How a provider is asked for a count.
#[derive(Clone, Copy, Debug)]
pub(in crate::upstream) struct TokenCount {
    /// The question about a request in the provider's words, by the model's name; none where nobody counts for that
    /// model.
    pub(in crate::upstream) question: fn(&str, Map<String, Value>) -> Option<Value>,
    /// The tokens that an answer names.
    pub(in crate::upstream) tokens: fn(&[u8]) -> Option<u64>,
}

/// The count of a message that becomes a chat completion.
#[derive(Debug)]
pub(in crate::upstream) struct Count {
    messages: MessagesAsChat,
    count: TokenCount,
}

impl Count {
    /// The count of what `messages` says.
    pub(in crate::upstream) const fn of(messages: MessagesAsChat, count: TokenCount) -> Self {
        Self { messages, count }
    }
}

impl Dialect for Count {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        let Encoded { body, dropped } = self.messages.encode(asked)?;
        let unsaid = |why: &str| Refused {
            param: Box::from("model"),
            message: format!("`{}` {why}; name another model", asked.model),
        };
        let request = serde_json::from_slice(&body);
        let request = request.map_err(|_| unsaid("is asked in no JSON"))?;
        let question = (self.count.question)(asked.model, request);
        let question = question.ok_or_else(|| unsaid("is no model whose tokens are counted"))?;
        Ok(Encoded { body: Bytes::from(question.to_string()), dropped })
    }

    fn members(&self) -> &'static [Member] {
        self.messages.members()
    }

    fn called(&self, endpoint: Endpoint) -> Endpoint {
        endpoint
    }

    fn whole(&self, answer: Bytes, _: Opening<'_>) -> Option<WholeAnswer> {
        let tokens = (self.count.tokens)(&answer)?;
        let body = Bytes::from(json!({ "input_tokens": tokens }).to_string());
        Some(WholeAnswer { body, usage: None, filtered: false })
    }

    /// A count is never streamed.
    fn interpreter(&self, _: Opening<'_>) -> Box<dyn Interpreter> {
        Box::new(Chunks)
    }
}
