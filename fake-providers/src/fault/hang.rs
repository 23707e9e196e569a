//! `hang`: silence in the place of a head.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "hang",
    example: "hang",
    group: Group::Response,
    parse: params::parse::<Hang>,
    document: params::document::<Hang>,
};

/// The request is read and never answered, without any failure code; the connection stays open.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Hang {}

impl Fault for Hang {
    fn before_head(&self, _: Strength) -> BeforeHead {
        Action::End(HeadEnd::Silence)
    }

    fn describe(&self) -> String {
        "never answers".to_owned()
    }
}
