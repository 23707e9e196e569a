//! Two frames of the stream change places, after k tokens.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "reorder",
    source: include_str!("reorder.rs"),
    example: "{ reorder: { after_tokens: 4 } }",
    group: Group::Stream,
    parse: |value| Ok(Box::new(Reorder(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `reorder`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: AfterTokens,
}

#[derive(Debug)]
struct Reorder(Params);

impl Fault for Reorder {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if self.0.after_tokens.is(moment) { Verdict::Twist(Twist::Reorder) } else { Verdict::Pass }
    }

    fn describe(&self) -> String {
        format!("reorder (two frames change places {})", self.0.after_tokens)
    }
}
