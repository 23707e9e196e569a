//! `comments`: frames without content before tokens.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeToken, Strength, TokenMutation};

pub(super) const ENTRY: Entry = Entry {
    name: "comments",
    example: "{ comments: { every: 1, ids: true } }",
    group: Group::Stream,
    parse: |value| {
        params::parse_checked(value, |comments: &Comments| {
            let message = "use 1 or more tokens between two comments";
            params::not_zero("every", comments.every, message)
        })
    },
    document: params::document::<Comments>,
};

/// Frames that carry nothing stand between the tokens: comments and bare colons where the stream is SSE,
/// an event of an unknown kind in Bedrock's framing. The answer is whole.
///
/// Gemini's own streams have none, and its SDK takes them for broken JSON.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Comments {
    /// Before every so many tokens; 1 by default.
    #[schemars(range(min = 1))]
    every: u32,
    /// Whether lines with an `id:` come with them: a comment after one breaks some SDKs.
    ids: bool,
}

impl Default for Comments {
    fn default() -> Self {
        Self { every: 1, ids: false }
    }
}

impl Fault for Comments {
    fn before_token(&self, token: u32, _: Strength) -> BeforeToken {
        match token.is_multiple_of(self.every) {
            true => Action::Mutate(TokenMutation::Comments { ids: self.ids }),
            false => Action::Pass,
        }
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        let ids = if self.ids { ", with ids" } else { "" };
        format!("every {} tokens{ids}", self.every)
    }
}
