//! `slow_headers`: delays heads.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;

use super::params::Span;
use super::{Entry, Fault, Group, Ramp, params};
use crate::action::{Action, BeforeHead, Delay, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "slow_headers",
    example: "{ slow_headers: { by: 5s } }",
    group: Group::Response,
    parse: params::parse::<SlowHeaders>,
    document: params::document::<SlowHeaders>,
};

/// The head of the answer comes late, and all that follows with it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct SlowHeaders {
    /// How much later; 5s by default.
    by: Span,
}

impl Default for SlowHeaders {
    fn default() -> Self {
        Self { by: Span(Duration::from_secs(5)) }
    }
}

impl Fault for SlowHeaders {
    fn before_head(&self, strength: Strength) -> BeforeHead {
        Action::Delay(Delay::by(strength.of(self.by.0)))
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn ramp(&self) -> Ramp {
        Ramp::Amount
    }

    fn describe(&self) -> String {
        format!("+ {}", show_duration(self.by.0))
    }
}
