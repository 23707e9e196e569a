//! `lower_limits`: scales what the deployment admits.

use schemars::JsonSchema;
use serde::Deserialize;

use super::params::ParamError;
use super::{Entry, Fault, Group, Ramp, params};
use crate::action::{Action, LimitScale, OnRequest, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "lower_limits",
    example: "{ lower_limits: { factor: 0.5 } }",
    group: Group::Provider,
    parse: |value| params::parse_checked(value, LowerLimits::check),
    document: params::document::<LowerLimits>,
};

/// A region lowers its rate limits under pressure, and its headers say so. Only limits that the
/// deployment has are lowered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct LowerLimits {
    /// What is left of every limit, above 0 and up to 1; 0.5 by default.
    factor: f64,
}

impl Default for LowerLimits {
    fn default() -> Self {
        Self { factor: 0.5 }
    }
}

impl LowerLimits {
    fn check(&self) -> Result<(), ParamError> {
        if self.factor > 0.0 && self.factor <= 1.0 {
            return Ok(());
        }
        let message = format!("factor {} is out of range; use more than 0, at most 1", self.factor);
        Err(ParamError::at("factor", message))
    }
}

impl Fault for LowerLimits {
    fn on_request(&self, strength: Strength) -> OnRequest {
        Action::Mutate(LimitScale(strength.towards(self.factor)))
    }

    fn ramp(&self) -> Ramp {
        Ramp::Amount
    }

    fn describe(&self) -> String {
        format!("× {}", self.factor)
    }
}
