//! `double_done`: two terminators.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, EndMutation, OnEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "double_done",
    example: "double_done",
    group: Group::Stream,
    parse: params::parse::<DoubleDone>,
    document: params::document::<DoubleDone>,
};

/// The terminator comes twice, with a token between the two; what a client reads after the first one is
/// its own fault.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DoubleDone {}

impl Fault for DoubleDone {
    fn on_end(&self, _: Strength) -> OnEnd {
        Action::Mutate(EndMutation::DoubleDone)
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        "terminator twice".to_owned()
    }
}
