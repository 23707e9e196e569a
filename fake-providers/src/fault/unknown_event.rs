//! `unknown_event`: a frame of an unknown kind before the next token.

use schemars::JsonSchema;
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeToken, Strength, TokenMutation};

pub(super) const ENTRY: Entry = Entry {
    name: "unknown_event",
    example: "{ unknown_event: { after_tokens: 2 } }",
    group: Group::Stream,
    parse: params::parse::<UnknownEvent>,
    document: params::document::<UnknownEvent>,
};

/// A frame of a kind that no client knows comes between two tokens; the answer is whole.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct UnknownEvent {
    after_tokens: AfterTokens,
}

impl Fault for UnknownEvent {
    fn before_token(&self, token: u32, _: Strength) -> BeforeToken {
        self.after_tokens.at(token, Action::Mutate(TokenMutation::UnknownEvent))
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        self.after_tokens.to_string()
    }
}
