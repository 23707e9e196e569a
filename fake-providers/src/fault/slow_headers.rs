//! The head of the answer comes late, and all that follows with it.

use std::time::Duration;

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use vocab::show_duration;

use super::params::Span;
use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "slow_headers",
    source: include_str!("slow_headers.rs"),
    example: "{ slow_headers: { by: 5s } }",
    group: Group::Response,
    parse: |value| Ok(Box::new(SlowHeaders(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `slow_headers`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// How much later; 5s by default.
    by: Span,
}

#[derive(Debug)]
struct SlowHeaders(Params);

impl Default for Params {
    fn default() -> Self {
        Self { by: Span(Duration::from_secs(5)) }
    }
}

impl Fault for SlowHeaders {
    fn at(&self, moment: Moment, strength: f64) -> Verdict {
        if moment == Moment::Head {
            Verdict::Delay(self.0.by.0.mul_f64(strength))
        } else {
            Verdict::Pass
        }
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn ramps_amount(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("slow_headers (+ {})", show_duration(self.0.by.0))
    }
}
