//! `robust.json`: how a verdict fares where what nobody knows is otherwise.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ValidityVerdict;

/// Version of the shape.
pub const ROBUST_SCHEMA: &str = "brownout.robust/1";

/// Variants of a run, summed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Robust {
    /// [`ROBUST_SCHEMA`].
    pub schema: String,
    /// Who led the run itself; `null` where nobody did.
    pub leader: Option<String>,
    /// Variants whose measurement is valid; the counts below are of these.
    pub valid: u32,
    /// Those with the same leader, or also without one.
    pub stayed: u32,
    /// Those in which the run's leader keeps the promise, tested.
    pub kept: u32,
    /// Those in which nobody leads.
    pub nobody: u32,
    /// In how many each contender leads, in the order of the scenario; who leads in none is left out.
    pub led: Vec<Led>,
    /// The one difference that tells those that turned out otherwise from the others; `null` where none does clearly.
    pub split: Option<Split>,
    /// What was varied, and by how much.
    pub varied: VariedRange,
    /// The variants, by number.
    pub variants: Vec<RobustVariant>,
}

/// In how many variants a contender leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Led {
    /// Its name.
    pub name: String,
    /// Variants.
    pub variants: u32,
}

/// What variants differ in besides the seed; `null` where there was nothing to vary.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VariedRange {
    /// Largest relative change of an assumed latency: 0.3 is ±30 %.
    pub latency: Option<f64>,
    /// Largest change of a fault's start, in seconds.
    pub starts_s: Option<f64>,
    /// Largest relative change of how hard a fault hits.
    pub severity: Option<f64>,
}

/// One variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RobustVariant {
    /// Its number, from 1.
    pub number: u32,
    /// Its seed.
    pub seed: u64,
    /// Factor on each assumed latency preset, by its name.
    pub latency: BTreeMap<String, f64>,
    /// Seconds by which each fault starts later, by its id.
    pub starts_s: BTreeMap<String, f64>,
    /// Factor on how hard each fault hits, by its id.
    pub severity: BTreeMap<String, f64>,
    /// Whether its measurement is valid.
    pub validity: ValidityVerdict,
    /// Who led.
    pub winner: Option<String>,
    /// Its ranking, best first.
    pub ranking: Vec<String>,
    /// Who kept the promise, tested.
    pub kept: Vec<String>,
}

/// A difference between variants, and how well it tells those that turned out otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Split {
    /// The difference.
    pub by: SplitBy,
    /// Variants that turned out otherwise and have it.
    pub turned_with: u32,
    /// Variants that turned out otherwise.
    pub turned: u32,
    /// Variants with the same leader that have it.
    pub stayed_with: u32,
    /// Variants with the same leader.
    pub stayed: u32,
}

/// A difference between variants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// The median first token of one assumed preset is slower than another's.
    SlowerThan {
        /// The slower preset.
        slower: String,
        /// The other.
        other: String,
    },
    /// An assumed latency is above so many times its preset.
    LatencyAbove {
        /// The preset.
        preset: String,
        /// The factor.
        factor: f64,
    },
    /// It is below so many times its preset.
    LatencyBelow {
        /// The preset.
        preset: String,
        /// The factor.
        factor: f64,
    },
    /// A fault starts later than so many seconds after its written start.
    StartsLater {
        /// The fault's id.
        fault: String,
        /// The seconds.
        by_s: f64,
    },
    /// It starts earlier than that.
    StartsEarlier {
        /// The fault's id.
        fault: String,
        /// The seconds.
        by_s: f64,
    },
    /// A fault hits harder than so many times what is written.
    Harder {
        /// The fault's id.
        fault: String,
        /// The factor.
        factor: f64,
    },
    /// It hits less hard than that.
    Milder {
        /// The fault's id.
        fault: String,
        /// The factor.
        factor: f64,
    },
}
