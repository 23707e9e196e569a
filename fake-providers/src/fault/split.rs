//! `split`: a body in small pieces, without delay between them.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadMutation, Pieces, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "split",
    example: "{ split: { bytes: 1 } }",
    group: Group::Stream,
    parse: |value| {
        params::parse_checked(value, |split: &Split| {
            params::not_zero("bytes", split.bytes, "a piece has 1 byte or more")
        })
    },
    document: params::document::<Split>,
};

/// Every frame leaves in pieces of a few bytes, which also fall into the middle of characters; the answer
/// is whole.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Split {
    /// Bytes in a piece; 1 by default.
    #[schemars(range(min = 1))]
    bytes: u16,
}

impl Default for Split {
    fn default() -> Self {
        Self { bytes: 1 }
    }
}

impl Fault for Split {
    fn before_head(&self, _: Strength) -> BeforeHead {
        let pieces = Pieces { bytes: self.bytes, every: Duration::ZERO };
        Action::Mutate(HeadMutation::Pieces(pieces))
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("pieces of {} bytes", self.bytes)
    }
}
