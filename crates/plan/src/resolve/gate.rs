//! From `gate:` to margins.

use std::time::Duration;

use crate::text::diagnostic::Problem;
use crate::text::node::Node;
use crate::text::quantity::{Points, Share, Time};
use crate::text::raw::{GateText, OnUntested};
use crate::text::read::read;

/// When a gate calls one config worse, or better, than another: a difference counts from here on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GateRules {
    /// Goodput, as a difference of fractions.
    pub goodput: f64,
    /// Longest time to recover from a fault.
    pub recover: Duration,
    /// Cost of 1,000 good answers, as a share of the base's.
    pub cost: f64,
    /// What a scenario means whose faults no request met.
    pub on_untested: OnUntested,
}

impl Default for GateRules {
    /// Half a point of goodput, 5 s, 5 %: what users would notice, and more than one request of a short scenario.
    fn default() -> Self {
        Self {
            goodput: 0.005,
            recover: Duration::from_secs(5),
            cost: 0.05,
            on_untested: OnUntested::default(),
        }
    }
}

/// Reads the section.
///
/// # Errors
/// A margin that cannot be.
pub(crate) fn gate(section: Option<&Node>) -> Result<GateRules, Problem> {
    let default = GateRules::default();
    let Some(node) = section else { return Ok(default) };
    let text: GateText = read(node)?;
    Ok(GateRules {
        goodput: text.goodput.map_or(default.goodput, |spot| {
            let Points(points) = spot.value;
            points / 100.0
        }),
        recover: text.recover.map_or(default.recover, |spot| {
            let Time(time) = spot.value;
            time
        }),
        cost: text.cost.map_or(default.cost, |spot| {
            let Share(share) = spot.value;
            share
        }),
        on_untested: text.on_untested.unwrap_or_default(),
    })
}
