//! A region lowers its rate limits under pressure, and its headers say so. Only limits that the
//! deployment has are lowered.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::params::ParamError;
use super::{Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "lower_limits",
    source: include_str!("lower_limits.rs"),
    example: "{ lower_limits: { factor: 0.5 } }",
    group: Group::Provider,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `lower_limits`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// What is left of every limit, above 0 and up to 1; 0.5 by default.
    factor: f64,
}

#[derive(Debug)]
struct LowerLimits(Params);

impl Default for Params {
    fn default() -> Self {
        Self { factor: 0.5 }
    }
}

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let params: Params = params::read(value)?;
    if !(params.factor > 0.0 && params.factor <= 1.0) {
        let message =
            format!("factor {} is out of range; use more than 0, at most 1", params.factor);
        return Err(ParamError::at("factor", message));
    }
    Ok(Box::new(LowerLimits(params)))
}

impl Fault for LowerLimits {
    fn at(&self, moment: Moment, strength: f64) -> Verdict {
        if moment == Moment::Request {
            Verdict::Twist(Twist::Limits(1.0 - (1.0 - self.0.factor) * strength))
        } else {
            Verdict::Pass
        }
    }

    fn depends_on_load(&self) -> bool {
        true
    }

    fn ramps_amount(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("lower_limits (× {})", self.0.factor)
    }
}
