//! `thinking`: many tokens of thought before the first word.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadMutation, Strength};
use crate::script::THINKING_TOKENS_MAX;

pub(super) const ENTRY: Entry = Entry {
    name: "thinking",
    example: "{ thinking: { tokens: 4000 } }",
    group: Group::Stream,
    parse: |value| {
        params::parse_checked(value, |thinking: &Thinking| {
            let message = "0 tokens of thought are no fault; use 1 or more";
            params::not_zero("tokens", thinking.tokens, message)
        })
    },
    document: params::document::<Thinking>,
};

/// The model thinks at length before its first visible word: so many tokens of thought come first, at the
/// deployment's own speed (4000 take minutes), and are counted. Where the provider does not show thoughts
/// the stream is silent until then.
///
/// They count against the request's `max_tokens`: an answer with a small bound ends before its first word, as real
/// ones do.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Thinking {
    /// Tokens of thought, at most 32768; 4000 by default.
    #[schemars(range(min = 1))]
    tokens: u32,
}

impl Default for Thinking {
    fn default() -> Self {
        Self { tokens: 4000 }
    }
}

impl Fault for Thinking {
    fn before_head(&self, _: Strength) -> BeforeHead {
        Action::Mutate(HeadMutation::Thinking(self.tokens.min(THINKING_TOKENS_MAX)))
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("{} tokens of thought first", self.tokens)
    }
}
