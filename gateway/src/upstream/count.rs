//! The tokens that a prompt would have, counted by a provider into whose words chat completions are put. What no count
//! takes, because it asks for an answer of some kind, is left out and named.

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
    /// Members of a request in the provider's words that a count takes; `None` where it takes all.
    pub(super) members: Option<&'static [&'static str]>,
    /// The question about these, by the model's name; none where nobody counts for that model.
    pub(super) question: fn(&str, &Map<String, Value>) -> Option<Value>,
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
        let Encoded { body, mut dropped, .. } = self.prompt.encode(asked)?;
        let unsaid = |why: &str| Refused {
            param: Box::from("model"),
            message: format!("`{}` {why}; name another model", asked.model),
        };
        let request = serde_json::from_slice(&body);
        let mut request: Map<String, Value> = request.map_err(|_| unsaid("is asked in no JSON"))?;
        if let Some(members) = self.count.members {
            request.retain(|name, _| members.contains(&name.as_str()));
            for name in beside_the_prompt(asked)? {
                if !dropped.iter().any(|known| **known == *name) {
                    dropped.push(name.into());
                }
            }
        }
        let question = (self.count.question)(asked.model, &request);
        let question = question.ok_or_else(|| unsaid("is no model whose tokens are counted"))?;
        Ok(Encoded::new(Bytes::from(question.to_string()), dropped))
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

/// What a request of Google's that is to be counted stands in, and what of its config counts.
const REQUESTS: [&str; 2] = ["generateContentRequest", "generate_content_request"];
const CONFIGS: [&str; 2] = ["generationConfig", "generation_config"];
const THOUGHTS: [&str; 2] = ["thinkingConfig", "thinking_config"];

/// The client's names of the members that are a prompt's.
const PROMPT: [&str; 12] = [
    "cache_control",
    "contents",
    "messages",
    "model",
    "system",
    "systemInstruction",
    "system_instruction",
    "thinking",
    "toolConfig",
    "tool_config",
    "tool_choice",
    "tools",
];

/// The paths of what a client says that is no part of its prompt, and asks for something.
fn beside_the_prompt(asked: &Asked<'_>) -> Result<Vec<String>, Refused> {
    let mut members = asked.members()?;
    if let Some(Value::Object(inner)) = REQUESTS.iter().find_map(|name| members.remove(*name)) {
        members = inner;
    }
    members.retain(|name, value| !PROMPT.contains(&name.as_str()) && !value.is_null());
    let paths = members.into_iter().flat_map(|(name, value)| match value {
        Value::Object(config) if CONFIGS.contains(&name.as_str()) => {
            let inner = config
                .into_iter()
                .filter(|(own, value)| !THOUGHTS.contains(&own.as_str()) && !value.is_null());
            inner.map(|(own, _)| format!("{name}.{own}")).collect()
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => vec![name],
    });
    Ok(paths.collect())
}
