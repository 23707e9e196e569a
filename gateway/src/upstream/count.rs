//! The tokens that a prompt would have, counted by a provider into whose words chat completions are put.

use std::fmt;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::chunks::Chunks;
use super::dialect::{Asked, Dialect, Encoded, Interpreter, Opening, Refused, Says, WholeAnswer};
use super::members::Member;
use crate::endpoint::Endpoint;

/// How a provider is asked for a count.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokenCount {
    /// The question about a request in the provider's words, by the model's name; none where nobody counts for that
    /// model.
    pub(super) question: fn(&str, Map<String, Value>) -> Option<Value>,
    /// The tokens that an answer names.
    pub(super) tokens: fn(&[u8]) -> Option<u64>,
}

/// The count of a prompt that becomes a chat completion.
#[derive(Debug)]
pub(super) struct Count<P> {
    /// Who makes one of it.
    prompt: P,
    count: TokenCount,
    /// The member of the answer that names the tokens.
    named: &'static str,
}

impl<P> Count<P> {
    /// The count of what `prompt` reads, told as `named`.
    pub(super) const fn of(prompt: P, count: TokenCount, named: &'static str) -> Self {
        Self { prompt, count, named }
    }
}

impl<P: Dialect + fmt::Debug> Dialect for Count<P> {
    fn encode(&self, asked: &Asked<'_>) -> Result<Encoded, Refused> {
        let Encoded { body, dropped } = self.prompt.encode(asked)?;
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
        self.prompt.members()
    }

    fn called(&self, _: Endpoint) -> Endpoint {
        Endpoint::CountTokens
    }

    fn whole(&self, answer: Bytes, _: Opening<'_>) -> Option<WholeAnswer> {
        let tokens = (self.count.tokens)(&answer)?;
        let body = Bytes::from(json!({ self.named: tokens }).to_string());
        Some(WholeAnswer { body, usage: None, says: Says::Something })
    }

    /// A count is never streamed.
    fn interpreter(&self, _: Opening<'_>) -> Box<dyn Interpreter> {
        Box::new(Chunks)
    }
}
