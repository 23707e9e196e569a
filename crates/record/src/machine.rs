//! `machine.json`: where and how fast a run was made. Outside the digest: two machines differ here
//! and nowhere else.

use serde::{Deserialize, Serialize};

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MachineInfo {
    /// Operating system and architecture.
    pub platform: String,
    /// Cores available.
    pub cores: u32,
    /// Real time that the run took, in seconds.
    pub wall_seconds: f64,
    /// Unix time at which it started, in seconds.
    pub started_unix: u64,
    /// Path of the scenario as given.
    pub scenario_path: String,
    /// Path of the config as given.
    pub config_path: String,
    /// SHA-256 over all tables and `run.json`; equal for equal simulated runs.
    pub digest: String,
    /// `None` while a run is whole; why it is not, otherwise ("interrupted after 12.0 s").
    pub incomplete: Option<String>,
    /// The generator's health, one entry per contender.
    pub generators: Vec<GeneratorHealth>,
    /// What is known of the clock of fakes that already stood, one entry per contender; empty where
    /// the run brought its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standing_clocks: Vec<StandingClock>,
}

/// How far the clock of standing fakes was from ours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StandingClock {
    /// Contender.
    pub contender: String,
    /// URL of the fakes' admin API.
    pub url: String,
    /// Theirs less ours before the run, in milliseconds.
    pub offset_before_ms: f64,
    /// Theirs less ours after the run, in milliseconds.
    pub offset_after_ms: f64,
    /// At most so far from the truth is an instant in `attempts.csv`, in milliseconds; it is written
    /// no finer.
    pub error_ms: f64,
}

/// Whether the generator kept its schedule (wall clock; in virtual time it always does).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GeneratorHealth {
    /// Contender.
    pub contender: String,
    /// Requests sent.
    pub sent: u64,
    /// Median of sent − intended, in milliseconds.
    pub lag_p50_ms: f64,
    /// 99th percentile of sent − intended, in milliseconds.
    pub lag_p99_ms: f64,
    /// Most requests in flight at a time.
    pub in_flight_max: u64,
    /// CPU seconds of the generator's threads; wall clock only.
    pub cpu_seconds: Option<f64>,
    /// Share of one core that the generator's threads used; wall clock only.
    pub cpu_share: Option<f64>,
    /// Median of the time to first token that calibration (straight at a fake) added to the known
    /// delay, in milliseconds; wall clock only.
    pub calibration_error_p50_ms: Option<f64>,
    /// Its 99th percentile, in milliseconds.
    pub calibration_error_p99_ms: Option<f64>,
}
