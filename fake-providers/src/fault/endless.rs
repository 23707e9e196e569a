//! `endless`: an answer without end.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadMutation, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "endless",
    example: "endless",
    group: Group::Stream,
    parse: params::parse::<Endless>,
    document: params::document::<Endless>,
};

/// The stream never ends: tokens follow the planned last one for as long as the client listens. A plain
/// answer never completes its body.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Endless {}

impl Fault for Endless {
    fn before_head(&self, _: Strength) -> BeforeHead {
        Action::Mutate(HeadMutation::Endless)
    }

    fn describe(&self) -> String {
        "tokens without end".to_owned()
    }
}
