//! `buffered`: a proxy that keeps an answer back until it is complete.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadMutation, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "buffered",
    example: "buffered",
    group: Group::Stream,
    parse: params::parse::<Buffered>,
    document: params::document::<Buffered>,
};

/// A proxy on the way buffers: the head of a stream comes in time, and all of its body at once when the answer is
/// complete. Of an answer above 256 kB each full buffer leaves by itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Buffered {}

impl Fault for Buffered {
    fn before_head(&self, _: Strength) -> BeforeHead {
        Action::Mutate(HeadMutation::Buffered)
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        "the whole body at once, at the end".to_owned()
    }
}
