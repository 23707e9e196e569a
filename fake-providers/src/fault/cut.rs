//! `cut`: a reset between two tokens.

use schemars::JsonSchema;
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeToken, StreamEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "cut",
    example: "{ cut: { after_tokens: 8 } }",
    group: Group::Stream,
    parse: params::parse::<Cut>,
    document: params::document::<Cut>,
};

/// The connection is reset mid-answer, after k tokens. A plain answer loses half of its body.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Cut {
    after_tokens: AfterTokens,
}

impl Fault for Cut {
    fn before_token(&self, token: u32, _: Strength) -> BeforeToken {
        self.after_tokens.at(token, Action::End(StreamEnd::Reset))
    }

    fn describe(&self) -> String {
        format!("connection reset {}", self.after_tokens)
    }
}
