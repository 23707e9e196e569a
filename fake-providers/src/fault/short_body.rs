//! `short_body`: less than the head's `content-length`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadEnd, Strength, Substitute};

pub(super) const ENTRY: Entry = Entry {
    name: "short_body",
    example: "short_body",
    group: Group::Response,
    parse: params::parse::<ShortBody>,
    document: params::document::<ShortBody>,
};

/// A head that promises more bytes than come: half of them, and then the end of the connection.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ShortBody {}

impl Fault for ShortBody {
    fn before_head(&self, _: Strength) -> BeforeHead {
        Action::End(HeadEnd::Substitute(Substitute::Short))
    }

    fn describe(&self) -> String {
        "half of the promised length".to_owned()
    }
}
