//! `garble`: a malformed piece in place of a token. By default the stream goes on after it. A plain
//! answer is a body that is no JSON.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::{Entry, Fault, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "garble",
    summary: "A chunk of the stream is malformed; then the stream goes on, or ends.",
    example: "{ garble: { after_tokens: 8 } }",
    at_connect: false,
    parse: |value| Ok(Box::new(Garble(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `garble`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: u32,
    /// Whether the stream ends after the malformed chunk; by default it goes on.
    ends: bool,
}

#[derive(Debug)]
struct Garble(Params);

impl Fault for Garble {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match moment {
            Moment::BetweenTokens(n) if n == self.0.after_tokens => {
                Verdict::Garble { goes_on: !self.0.ends }
            }
            Moment::Accept
            | Moment::Request
            | Moment::BeforeFirstToken
            | Moment::BetweenTokens(_)
            | Moment::End => Verdict::Pass,
        }
    }

    fn describe(&self) -> String {
        let then = if self.0.ends { "then the end" } else { "then on" };
        format!("garble (malformed chunk after {} tokens, {then})", self.0.after_tokens)
    }
}
