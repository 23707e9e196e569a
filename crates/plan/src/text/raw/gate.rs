//! `gate:` as written: from which difference on a change of config counts as worse, or better.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::text::quantity::{Points, Share, Time};
use crate::text::read::Spot;

/// From which difference on `brownout gate` calls a config worse, or better, than another.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GateText {
    /// Goodput, in percentage points. Default 0.5 points.
    pub goodput: Option<Spot<Points>>,
    /// Longest time to recover from a fault. Default 5s.
    pub recover: Option<Spot<Time>>,
    /// Cost of 1,000 good answers, as a share. Default 5%.
    pub cost: Option<Spot<Share>>,
    /// What it means that no request met a fault under either config. Default fail: nothing was tested.
    pub on_untested: Option<OnUntested>,
}

/// What an untested scenario means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnUntested {
    /// The gate fails with exit code 3.
    #[default]
    Fail,
    /// The gate passes it.
    Pass,
}
