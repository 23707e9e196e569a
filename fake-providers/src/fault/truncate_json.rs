//! `truncate_json`: the first half of a body, framed as if it were whole.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadEnd, Strength, Substitute};

pub(super) const ENTRY: Entry = Entry {
    name: "truncate_json",
    example: "truncate_json",
    group: Group::Response,
    parse: params::parse::<TruncateJson>,
    document: params::document::<TruncateJson>,
};

/// The first half of an answer, correctly framed: the length is right, the JSON is not.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TruncateJson {}

impl Fault for TruncateJson {
    fn before_head(&self, _: Strength) -> BeforeHead {
        Action::End(HeadEnd::Substitute(Substitute::HalfJson))
    }

    fn describe(&self) -> String {
        "half of the JSON, well framed".to_owned()
    }
}
