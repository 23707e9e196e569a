//! The body leaves a few bytes at a time, whatever its frames are.

use std::time::Duration;

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;
use vocab::show_duration;

use super::params::{ParamError, Span};
use super::{Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "drip",
    source: include_str!("drip.rs"),
    example: "{ drip: { bytes: 16, every: 100ms } }",
    group: Group::Stream,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `drip`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Bytes at a time; 16 by default.
    #[schemars(range(min = 1))]
    bytes: u16,
    /// Time between two pieces; 100ms by default.
    every: Span,
}

#[derive(Debug)]
struct Drip(Params);

impl Default for Params {
    fn default() -> Self {
        Self { bytes: 16, every: Span(Duration::from_millis(100)) }
    }
}

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let params: Params = params::read(value)?;
    if params.bytes == 0 {
        return Err(ParamError::at("bytes", "0 bytes at a time are `stall`; use 1 or more"));
    }
    Ok(Box::new(Drip(params)))
}

impl Fault for Drip {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment == Moment::Head {
            Verdict::Twist(Twist::Pieces { bytes: self.0.bytes, every: self.0.every.0 })
        } else {
            Verdict::Pass
        }
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("drip ({} bytes every {})", self.0.bytes, show_duration(self.0.every.0))
    }
}
