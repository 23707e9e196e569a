//! Connections are accepted late, as by a front end whose accept queue is full.
//!
//! In memory the dial itself takes longer; on sockets the kernel completes it at once, and the first
//! answer is late instead.

use std::time::Duration;

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use vocab::show_duration;

use super::params::Span;
use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "slow_accept",
    source: include_str!("slow_accept.rs"),
    example: "{ slow_accept: { by: 2s } }",
    group: Group::Connection,
    parse: |value| Ok(Box::new(SlowAccept(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `slow_accept`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// How much later; 2s by default.
    by: Span,
}

#[derive(Debug)]
struct SlowAccept(Params);

impl Default for Params {
    fn default() -> Self {
        Self { by: Span(Duration::from_secs(2)) }
    }
}

impl Fault for SlowAccept {
    fn at(&self, moment: Moment, strength: f64) -> Verdict {
        match moment {
            Moment::Accept { .. } => Verdict::Delay(self.0.by.0.mul_f64(strength)),
            Moment::Resolve
            | Moment::Onset
            | Moment::Reuse { .. }
            | Moment::Request
            | Moment::Head
            | Moment::AfterTokens(_)
            | Moment::End => Verdict::Pass,
        }
    }

    fn at_connect(&self) -> bool {
        true
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn ramps_amount(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("slow_accept (+ {})", show_duration(self.0.by.0))
    }
}
