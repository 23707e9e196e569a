//! Endpoints that are served by way of chat completions: who takes the completion that a request becomes, and what is
//! done where that one refuses some of it.
//!
//! It must never know a provider: what one takes beside OpenAI's members, its [`Translated`] says.

use bytes::Bytes;
use serde_json::{Map, Value};
use wire::openai::RequestHead;

use super::dialect::{Asked, Dialect, Encoded, Refused};
use super::members::Members;
use super::translated::{ForOthers, Marks, Translated};
use crate::endpoint::Endpoint;

/// Who takes a chat completion.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chat {
    /// Who speaks them.
    AsItIs,
    /// Who is told them in other words.
    Translated(&'static Translated),
}

impl Chat {
    pub(super) fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::AsItIs => &ForOthers,
            Self::Translated(chat) => chat,
        }
    }

    pub(super) const fn is_translated(self) -> bool {
        match self {
            Self::AsItIs => false,
            Self::Translated(_) => true,
        }
    }

    /// The provider, for refusals.
    pub(super) const fn provider(self) -> &'static str {
        match self {
            Self::AsItIs => "OpenAI",
            Self::Translated(chat) => chat.provider,
        }
    }

    /// What becomes of Anthropic's thoughts and marks of the cache at `model`.
    pub(super) fn marks(self, model: &str) -> Marks {
        match self {
            Self::AsItIs => Marks::LeftOut,
            Self::Translated(chat) => (chat.marks)(model),
        }
    }

    /// Whether its chat completions know a member that is none of OpenAI's.
    pub(super) fn knows(self, name: &str) -> bool {
        match self {
            Self::AsItIs => false,
            Self::Translated(chat) => chat.members.iter().any(|row| row.name == name),
        }
    }
}

/// Where the client wrote what a chat completion says.
pub(super) trait Written {
    /// What the client wrote where the chat completion has `name`.
    fn name(&self, name: &str) -> String;
}

/// Members that ask for nothing of the answer: who the end user is, and which prompts are alike. They go without where
/// they cannot go along.
const HINTS: [&str; 3] = ["prompt_cache_key", "safety_identifier", "user"];

/// Puts a chat completion into the words of whoever takes it. What is refused there is named as the client wrote it.
pub(super) fn passed_on(
    (chat, mut completion): (Chat, Map<String, Value>),
    asked: &Asked<'_>,
    members: Members,
    written: &dyn Written,
) -> Result<Encoded, Refused> {
    let mut dropped = members.into_dropped();
    add(asked.of_chat, &mut completion);
    // Ends: each turn takes a hint out of the completion.
    let encoded = loop {
        match encode(chat, &completion, asked) {
            Ok(encoded) => break encoded,
            Err(refused) if HINTS.contains(&&*refused.param) => {
                if completion.remove(&*refused.param).is_none() {
                    return Err(renamed(&refused, written));
                }
                dropped.push(written.name(&refused.param).into());
            }
            Err(refused) => return Err(renamed(&refused, written)),
        }
    };
    dropped.extend(encoded.dropped.iter().map(|name| written.name(name).into()));
    Ok(Encoded { dropped, ..encoded })
}

/// Adds what the config says to a completion that says nothing of it, by whatever name.
fn add(of_chat: &Map<String, Value>, completion: &mut Map<String, Value>) {
    /// Names of one thing.
    const ALIKE: [[&str; 2]; 2] =
        [["max_tokens", "max_completion_tokens"], ["reasoning_effort", "thinking"]];
    for (name, value) in of_chat {
        let alike = ALIKE.iter().find(|names| names.contains(&name.as_str()));
        let said = match alike {
            Some(names) => names.iter().any(|name| completion.contains_key(*name)),
            None => completion.contains_key(name),
        };
        match (completion.get_mut(name), value) {
            (Some(Value::Array(own)), Value::Array(configured)) if name == "tools" => {
                own.splice(0..0, configured.iter().cloned());
            }
            (Some(_), _) => {}
            (None, _) if said => {}
            (None, _) => drop(completion.insert(name.clone(), value.clone())),
        }
    }
}

fn encode(
    chat: Chat,
    completion: &Map<String, Value>,
    asked: &Asked<'_>,
) -> Result<Encoded, Refused> {
    let unreadable = |error: &dyn std::error::Error| Refused {
        param: Box::from("request_body"),
        message: format!("request cannot be translated: {error}"),
    };
    let body = serde_json::to_vec(completion).map_err(|error| unreadable(&error))?;
    let body = Bytes::from(body);
    let head = RequestHead::scan(&body).map_err(|error| unreadable(&error))?;
    let (endpoint, head, body) = (Endpoint::Chat, &head, &body);
    chat.dialect().encode(&Asked { endpoint, head, body, ..*asked })
}

/// What bounds the answer: OpenAI's models that reason take the newer spelling only; compatible servers know the older
/// one, and whoever translates knows both.
pub(super) fn limit_name(chat: Chat, model: &str) -> &'static str {
    let reasons = ["o1", "o3", "o4", "gpt-5"].iter().any(|family| model.starts_with(family));
    if reasons && !chat.is_translated() { "max_completion_tokens" } else { "max_tokens" }
}

/// OpenAI's effort that comes near to so many tokens of thought.
pub(super) const fn effort_of(budget: u64) -> &'static str {
    match budget {
        0..2048 => "low",
        2048..4096 => "medium",
        4096.. => "high",
    }
}

/// A refusal in the client's names.
pub(super) fn renamed(refused: &Refused, written: &dyn Written) -> Refused {
    let name = written.name(&refused.param);
    let (inner, outer) = (format!("`{}`", refused.param), format!("`{name}`"));
    let message = refused.message.replacen(&inner, &outer, 1);
    Refused { param: name.into(), message }
}
