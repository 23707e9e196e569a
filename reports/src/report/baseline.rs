//! What a config did in a scenario, kept in a file: exact in virtual time, so that any difference is one of the config or of
//! the program.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gate::GateSide;

/// Version of the shape.
pub const BASELINE_SCHEMA: &str = "brownout.baseline/1";

/// Which numbers this build makes. Raised by hand in the commit that moves them on purpose: baselines of another engine are not
/// compared but made anew.
pub const ENGINE: u32 = 1;

/// Seconds of a window.
pub const WINDOW_S: u64 = 5;

/// A scenario under one config.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Baseline {
    /// [`BASELINE_SCHEMA`].
    pub schema: String,
    /// [`ENGINE`] of the build that made it.
    pub engine: u32,
    /// The scenario's name.
    pub scenario: String,
    /// SHA-256 of its file.
    pub hash: String,
    /// The config's file name.
    pub config: String,
    /// What was done with each seed.
    pub seeds: Vec<BaselineSeed>,
}

/// One seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineSeed {
    /// Which.
    pub seed: u64,
    /// In numbers.
    pub numbers: GateSide,
    /// SHA-256 of `requests.csv` and of `attempts.csv`.
    pub tables: [String; 2],
    /// Five seconds each, by the instant at which requests were intended and attempts arrived; those in which nothing was are
    /// left out.
    pub windows: Vec<BaselineWindow>,
    /// Requests outside warm-up that were not answered well, by number.
    pub failed: Vec<u64>,
}

/// Five seconds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineWindow {
    /// Its start, in seconds since the start of the run.
    pub from_s: u64,
    /// Requests that were intended in it.
    pub offered: u64,
    /// Of these, requests that were not answered well.
    pub failed: u64,
    /// Attempts that arrived in it.
    pub attempts: u64,
}
