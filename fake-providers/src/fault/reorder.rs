//! `reorder`: the next token's frame after the one behind it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeToken, Strength, TokenMutation};

pub(super) const ENTRY: Entry = Entry {
    name: "reorder",
    example: "{ reorder: { after_tokens: 4 } }",
    group: Group::Stream,
    parse: params::parse::<Reorder>,
    document: params::document::<Reorder>,
};

/// Two frames of the stream change places, after k tokens.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Reorder {
    after_tokens: AfterTokens,
}

impl Fault for Reorder {
    fn before_token(&self, token: u32, _: Strength) -> BeforeToken {
        self.after_tokens.at(token, Action::Mutate(TokenMutation::Reorder))
    }

    fn describe(&self) -> String {
        format!("two frames change places {}", self.after_tokens)
    }
}
