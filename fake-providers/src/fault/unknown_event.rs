//! A frame of a kind that no client knows comes between two tokens; the answer is whole.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "unknown_event",
    source: include_str!("unknown_event.rs"),
    example: "{ unknown_event: { after_tokens: 2 } }",
    group: Group::Stream,
    parse: |value| Ok(Box::new(UnknownEvent(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `unknown_event`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: AfterTokens,
}

#[derive(Debug)]
struct UnknownEvent(Params);

impl Fault for UnknownEvent {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if self.0.after_tokens.is(moment) {
            Verdict::Twist(Twist::UnknownEvent)
        } else {
            Verdict::Pass
        }
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("unknown_event ({})", self.0.after_tokens)
    }
}
