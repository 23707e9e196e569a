//! `garble`: a malformed frame in the place of a token.

use schemars::JsonSchema;
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeToken, StreamEnd, Strength, TokenMutation};

pub(super) const ENTRY: Entry = Entry {
    name: "garble",
    example: "{ garble: { after_tokens: 8 } }",
    group: Group::Stream,
    parse: params::parse::<Garble>,
    document: params::document::<Garble>,
};

/// A chunk of the stream is malformed; then the stream goes on, or ends. A plain answer is no JSON.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Garble {
    after_tokens: AfterTokens,
    /// Whether the stream ends after the malformed chunk; by default it goes on.
    ends: bool,
}

impl Fault for Garble {
    fn before_token(&self, token: u32, _: Strength) -> BeforeToken {
        let action = match self.ends {
            true => Action::End(StreamEnd::Garble),
            false => Action::Mutate(TokenMutation::Garble),
        };
        self.after_tokens.at(token, action)
    }

    fn describe(&self) -> String {
        let then = if self.ends { "then the end" } else { "then on" };
        format!("malformed chunk {}, {then}", self.after_tokens)
    }
}
