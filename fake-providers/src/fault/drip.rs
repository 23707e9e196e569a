//! `drip`: a body in small pieces, with delays between them.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;

use super::params::Span;
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadMutation, Pieces, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "drip",
    example: "{ drip: { bytes: 16, every: 100ms } }",
    group: Group::Stream,
    parse: |value| {
        params::parse_checked(value, |drip: &Drip| {
            params::not_zero("bytes", drip.bytes, "0 bytes at a time are `stall`; use 1 or more")
        })
    },
    document: params::document::<Drip>,
};

/// The body leaves a few bytes at a time, whatever its frames are.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Drip {
    /// Bytes at a time; 16 by default.
    #[schemars(range(min = 1))]
    bytes: u16,
    /// Time between two pieces; 100ms by default.
    every: Span,
}

impl Default for Drip {
    fn default() -> Self {
        Self { bytes: 16, every: Span(Duration::from_millis(100)) }
    }
}

impl Fault for Drip {
    fn before_head(&self, _: Strength) -> BeforeHead {
        let pieces = Pieces { bytes: self.bytes, every: self.every.0 };
        Action::Mutate(HeadMutation::Pieces(pieces))
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("{} bytes every {}", self.bytes, show_duration(self.every.0))
    }
}
