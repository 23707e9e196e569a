//! `cut`: the connection is reset in the middle of the answer, after the head and k tokens. A plain
//! answer loses half of its body.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::{Entry, Fault, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "cut",
    summary: "The connection is reset mid-answer, after k tokens.",
    example: "{ cut: { after_tokens: 8 } }",
    at_connect: false,
    parse: |value| Ok(Box::new(Cut(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `cut`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: u32,
}

#[derive(Debug)]
struct Cut(Params);

impl Fault for Cut {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match moment {
            Moment::BetweenTokens(n) if n == self.0.after_tokens => Verdict::Cut,
            Moment::Accept
            | Moment::Request
            | Moment::BeforeFirstToken
            | Moment::BetweenTokens(_)
            | Moment::End => Verdict::Pass,
        }
    }

    fn describe(&self) -> String {
        format!("cut (connection reset after {} tokens)", self.0.after_tokens)
    }
}
