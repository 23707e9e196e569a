//! `duplicate`: the next token's frame twice.

use schemars::JsonSchema;
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeToken, Strength, TokenMutation};

pub(super) const ENTRY: Entry = Entry {
    name: "duplicate",
    example: "{ duplicate: { after_tokens: 4 } }",
    group: Group::Stream,
    parse: params::parse::<Duplicate>,
    document: params::document::<Duplicate>,
};

/// A frame of the stream comes twice, after k tokens; a client that adds up what it reads shows it twice.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Duplicate {
    after_tokens: AfterTokens,
}

impl Fault for Duplicate {
    fn before_token(&self, token: u32, _: Strength) -> BeforeToken {
        self.after_tokens.at(token, Action::Mutate(TokenMutation::Duplicate))
    }

    fn describe(&self) -> String {
        format!("a frame twice {}", self.after_tokens)
    }
}
