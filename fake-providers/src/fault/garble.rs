//! A chunk of the stream is malformed; then the stream goes on, or ends. A plain answer is no JSON.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "garble",
    source: include_str!("garble.rs"),
    example: "{ garble: { after_tokens: 8 } }",
    group: Group::Stream,
    parse: |value| Ok(Box::new(Garble(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `garble`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: AfterTokens,
    /// Whether the stream ends after the malformed chunk; by default it goes on.
    ends: bool,
}

#[derive(Debug)]
struct Garble(Params);

impl Fault for Garble {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match (self.0.after_tokens.is(moment), self.0.ends) {
            (true, true) => Verdict::Garble,
            (true, false) => Verdict::Twist(Twist::Garble),
            (false, _) => Verdict::Pass,
        }
    }

    fn describe(&self) -> String {
        let then = if self.0.ends { "then the end" } else { "then on" };
        format!("garble (malformed chunk {}, {then})", self.0.after_tokens)
    }
}
