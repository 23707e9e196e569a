//! `stall`: silence on a connection that stays open, after the head and k tokens. With `for` the
//! answer goes on afterwards, without it never. A plain answer keeps its body back.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use vocab::show_duration;

use super::params::Span;
use super::{Entry, Fault, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "stall",
    summary: "The answer falls silent after k tokens while the connection stays open; the most \
              common way in which streams die.",
    example: "{ stall: { after_tokens: 12 } }",
    at_connect: false,
    parse: |value| Ok(Box::new(Stall(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `stall`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before the silence; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: u32,
    /// How long; without it, for ever.
    #[serde(rename = "for")]
    lasts: Option<Span>,
}

#[derive(Debug)]
struct Stall(Params);

impl Fault for Stall {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match (moment, self.0.lasts) {
            (Moment::BetweenTokens(n), None) if n == self.0.after_tokens => Verdict::Stall,
            (Moment::BetweenTokens(n), Some(Span(lasts))) if n == self.0.after_tokens => {
                Verdict::Delay(lasts)
            }
            (
                Moment::Accept
                | Moment::Request
                | Moment::BeforeFirstToken
                | Moment::BetweenTokens(_)
                | Moment::End,
                _,
            ) => Verdict::Pass,
        }
    }

    fn only_slows(&self) -> bool {
        self.0.lasts.is_some()
    }

    fn describe(&self) -> String {
        let lasts = match self.0.lasts {
            Some(Span(lasts)) => format!("for {}", show_duration(lasts)),
            None => "for ever".to_owned(),
        };
        format!("stall (after {} tokens, {lasts})", self.0.after_tokens)
    }
}
