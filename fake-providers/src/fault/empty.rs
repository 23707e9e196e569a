//! `empty`: an answer without tokens.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadMutation, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "empty",
    example: "empty",
    group: Group::Response,
    parse: params::parse::<Empty>,
    document: params::document::<Empty>,
};

/// A whole and well-formed answer with nothing in it, finished in order: no choices, no candidates, no
/// content.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Empty {}

impl Fault for Empty {
    fn before_head(&self, _: Strength) -> BeforeHead {
        Action::Mutate(HeadMutation::Empty)
    }

    fn describe(&self) -> String {
        "finished without content".to_owned()
    }
}
