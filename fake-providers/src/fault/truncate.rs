//! `truncate`: the answer ends in order, but early: no finish reason, no usage, no terminator. SDKs
//! take it for success. A plain answer is a chunked body that ends, correctly framed, in the middle
//! of its JSON.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::{Entry, Fault, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "truncate",
    summary: "The stream ends cleanly after k tokens, without finish reason or terminator: most \
              SDKs call it success.",
    example: "{ truncate: { after_tokens: 8 } }",
    at_connect: false,
    parse: |value| Ok(Box::new(Truncate(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `truncate`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: u32,
}

#[derive(Debug)]
struct Truncate(Params);

impl Fault for Truncate {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match moment {
            Moment::BetweenTokens(n) if n == self.0.after_tokens => Verdict::Truncate,
            Moment::Accept
            | Moment::Request
            | Moment::BeforeFirstToken
            | Moment::BetweenTokens(_)
            | Moment::End => Verdict::Pass,
        }
    }

    fn describe(&self) -> String {
        format!("truncate (clean end after {} tokens)", self.0.after_tokens)
    }
}
