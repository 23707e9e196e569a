//! A frame of the stream comes twice, after k tokens; a client that adds up what it reads shows it twice.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "duplicate",
    source: include_str!("duplicate.rs"),
    example: "{ duplicate: { after_tokens: 4 } }",
    group: Group::Stream,
    parse: |value| Ok(Box::new(Duplicate(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `duplicate`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: AfterTokens,
}

#[derive(Debug)]
struct Duplicate(Params);

impl Fault for Duplicate {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if self.0.after_tokens.is(moment) {
            Verdict::Twist(Twist::Duplicate)
        } else {
            Verdict::Pass
        }
    }

    fn describe(&self) -> String {
        format!("duplicate (a frame twice {})", self.0.after_tokens)
    }
}
