//! `slow_accept`: delays dials.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;

use super::params::Span;
use super::{Entry, Fault, Group, Ramp, params};
use crate::action::{Action, Delay, OnDial, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "slow_accept",
    example: "{ slow_accept: { by: 2s } }",
    group: Group::Connection,
    parse: params::parse::<SlowAccept>,
    document: params::document::<SlowAccept>,
};

/// Connections are accepted late, as by a front end whose accept queue is full.
///
/// In memory the dial itself takes longer; on sockets the kernel completes it at once, and the first
/// answer is late instead.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct SlowAccept {
    /// How much later; 2s by default.
    by: Span,
}

impl Default for SlowAccept {
    fn default() -> Self {
        Self { by: Span(Duration::from_secs(2)) }
    }
}

impl Fault for SlowAccept {
    fn on_dial(&self, _: usize, strength: Strength) -> OnDial {
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
