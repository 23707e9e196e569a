//! The connection is reset mid-answer, after k tokens. A plain answer loses half of its body.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "cut",
    source: include_str!("cut.rs"),
    example: "{ cut: { after_tokens: 8 } }",
    group: Group::Stream,
    parse: |value| Ok(Box::new(Cut(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `cut`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: AfterTokens,
}

#[derive(Debug)]
struct Cut(Params);

impl Fault for Cut {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if self.0.after_tokens.is(moment) { Verdict::Cut } else { Verdict::Pass }
    }

    fn describe(&self) -> String {
        format!("cut (connection reset {})", self.0.after_tokens)
    }
}
