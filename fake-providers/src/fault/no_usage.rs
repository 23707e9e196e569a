//! `no_usage`: an answer without token counts.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadMutation, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "no_usage",
    example: "no_usage",
    group: Group::Stream,
    parse: params::parse::<NoUsage>,
    document: params::document::<NoUsage>,
};

/// The answer never tells how many tokens it took; it is whole otherwise.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoUsage {}

impl Fault for NoUsage {
    fn before_head(&self, _: Strength) -> BeforeHead {
        Action::Mutate(HeadMutation::NoUsage)
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        "no token counts".to_owned()
    }
}
