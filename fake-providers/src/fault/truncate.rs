//! The stream ends cleanly after k tokens, without finish reason or terminator: most SDKs call it
//! success.
//!
//! A plain answer is a chunked body that ends, correctly framed, in the middle of its JSON.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, Inside, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "truncate",
    source: include_str!("truncate.rs"),
    example: "{ truncate: { after_tokens: 8 } }",
    group: Group::Stream,
    parse: |value| Ok(Box::new(Truncate(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `truncate`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: AfterTokens,
    /// Where the end falls: between two frames (`nothing`, default), inside a `frame`, or inside the
    /// `utf8` of a character.
    inside: Inside,
}

#[derive(Debug)]
struct Truncate(Params);

impl Fault for Truncate {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if self.0.after_tokens.is(moment) {
            Verdict::Truncate(self.0.inside)
        } else {
            Verdict::Pass
        }
    }

    fn describe(&self) -> String {
        let place = match self.0.inside {
            Inside::Nothing => "",
            Inside::Frame => ", inside a frame",
            Inside::Utf8 => ", inside a character",
        };
        format!("truncate (clean end {}{place})", self.0.after_tokens)
    }
}
