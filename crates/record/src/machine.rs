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
    /// How late the fakes spoke, one entry per contender whose fakes told it; wall clock only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fakes: Vec<FakesHealth>,
    /// What products used, one entry per contender that is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<ProcessHealth>,
    /// What is known of the clock of fakes that already stood, one entry per contender; empty where
    /// the run brought its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standing_clocks: Vec<StandingClock>,
}

/// What a contender's product used while it was measured, all its processes together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessHealth {
    /// Contender.
    pub contender: String,
    /// CPU seconds; absent where the system does not tell.
    pub cpu_seconds: Option<f64>,
    /// Share of the cores that it can keep busy at a time.
    pub cpu_share: Option<f64>,
    /// Most resident memory at a time since it was started, in MB, shared pages counted for each process.
    pub resident_mb_max: Option<f64>,
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
    /// Share of all cores that were busy while the contender was played, whoever kept them so; wall
    /// clock only, absent where the system does not tell.
    #[serde(default)]
    pub machine_share: Option<f64>,
}

/// Whether the fakes of a contender kept the schedule of their answers (wall clock; in virtual time
/// they always do).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FakesHealth {
    /// Contender.
    pub contender: String,
    /// How late they spoke.
    #[serde(flatten)]
    pub lateness: Lateness,
}

/// How late fakes spoke: when bytes were handed to the connection, less when they were due. Over
/// answers that met no fault; 99th percentiles are over answers, so that one late token in an answer
/// of a thousand counts. All zero if there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lateness {
    /// Whole answers, and streams that came to their planned end.
    pub answers: u64,
    /// Streams that said at least one token.
    pub streams: u64,
    /// Of a stream's first token, 99th percentile, in milliseconds.
    pub first_token_late_p99_ms: f64,
    /// Of a stream's latest token, 99th percentile, in milliseconds.
    pub token_late_p99_ms: f64,
    /// What it did to the time per output token of a stream with at least two: |late(last) −
    /// late(first)| / (tokens − 1), 99th percentile, in milliseconds.
    pub token_gap_error_p99_ms: f64,
    /// Of the end of an answer, 99th percentile, in milliseconds.
    pub end_late_p99_ms: f64,
}
