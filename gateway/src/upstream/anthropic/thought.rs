//! Thinking, as a chat completion asks for it: by OpenAI's `reasoning_effort` or Anthropic's `thinking`.

use serde_json::{Map, Value, json};

use super::model::Model;
use crate::upstream::dialect::Refused;
use crate::upstream::members::Members;

/// Smallest budget that Anthropic takes, in tokens.
const BUDGET_MIN: u64 = 1024;

/// Tokens of an answer beside its thoughts, where the client names no bound.
const WORDS_DEFAULT: u64 = 4096;

/// What Anthropic is asked to think.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::upstream) enum Thought {
    /// As the client wrote it.
    Own(Value),
    /// With a budget, in tokens.
    Budget(u64),
    /// As much as the model sees fit at that effort.
    Adaptive(&'static str),
}

impl Thought {
    /// What a request asks for; none where it asks for nothing.
    ///
    /// # Errors
    /// Where the model or the bound of the answer leaves no room for it.
    pub(in crate::upstream) fn asked(
        members: &mut Members,
        model: Model,
    ) -> Result<Option<Self>, Refused> {
        const NAME: &str = "reasoning_effort";
        let own = members.take("thinking");
        if own.is_some() && members.get(NAME).is_some() {
            members.refuse(NAME, "stands beside `thinking`")?;
        }
        if own.as_ref().and_then(|own| own.get("type")) == Some(&json!("disabled")) {
            return Ok(None);
        }
        if let Some(own) = own {
            return Ok(Some(Self::Own(own)));
        }
        let Some(effort) = members.get(NAME).cloned() else { return Ok(None) };
        let (budget, word) = match effort.as_str() {
            Some("none") => return Ok(None),
            Some("minimal" | "low") => (BUDGET_MIN, "low"),
            Some("medium") => (2048, "medium"),
            Some("high") => (4096, "high"),
            Some("xhigh" | "max") => (8192, "max"),
            Some(_) | None => {
                members.refuse(NAME, "names an effort that it does not know")?;
                return Ok(None);
            }
        };
        if !model.thinks() {
            members.refuse(NAME, "asks for thoughts, which this model has not")?;
            return Ok(None);
        }
        if model.thinks_adaptively() {
            return Ok(Some(Self::Adaptive(word)));
        }
        let limit =
            ["max_completion_tokens", "max_tokens"].iter().find_map(|name| members.get(name));
        let room = limit.and_then(Value::as_u64).map_or(budget, |limit| limit.saturating_sub(1));
        if room < BUDGET_MIN {
            members.refuse(NAME, "needs `max_tokens` of more than 1024")?;
            return Ok(None);
        }
        Ok(Some(Self::Budget(budget.min(room))))
    }

    /// The bound of the answer: the client's, which includes thoughts in both APIs, or one with room for
    /// words.
    pub(in crate::upstream) fn with_room(&self, limit: Option<u64>) -> Option<u64> {
        let own = match self {
            Self::Own(own) => own.get("budget_tokens").and_then(Value::as_u64),
            Self::Budget(budget) => Some(*budget),
            Self::Adaptive(_) => None,
        };
        limit.or_else(|| own.map(|budget| budget.saturating_add(WORDS_DEFAULT)))
    }

    /// Puts it among the members of a request.
    pub(in crate::upstream) fn write(self, members: &mut Map<String, Value>) {
        let thinking = match self {
            Self::Own(own) => own,
            Self::Budget(budget) => json!({ "type": "enabled", "budget_tokens": budget }),
            Self::Adaptive(effort) => {
                super::request::put(members, "output_config", "effort", json!(effort));
                // Left to itself it shows none of what it thinks.
                json!({ "type": "adaptive", "display": "summarized" })
            }
        };
        members.insert("thinking".to_owned(), thinking);
    }
}
