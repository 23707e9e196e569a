//! `gate.json`: whether one config does worse than another, scenario by scenario, and which of its changes does it.
//!
//! The shape is a contract (`brownout.gate/1`, committed as `gate.schema.json`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::listed::{list_in_schema, listed};
use super::measured::Measured;
use super::promise::SloResult;

/// Version of the shape.
pub const GATE_SCHEMA: &str = "brownout.gate/1";

/// What a gate found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// [`GATE_SCHEMA`].
    pub schema: String,
    /// Version of brownout that played it.
    pub build: String,
    /// The worst of all scenarios' verdicts.
    pub verdict: GateVerdict,
    /// Whether the gate lets the change through.
    pub pass: bool,
    /// The verdict in one sentence.
    pub line: String,
    /// The config that the change starts from.
    pub base: GateConfig,
    /// The config that is judged.
    pub proposed: GateConfig,
    /// Whether the base is what is written down of this config, and no config.
    pub from_baseline: bool,
    /// Seeds that each scenario was played with, by each config.
    pub seeds: u32,
    /// What differs between the two configs.
    pub changes: Vec<GateChange>,
    /// Files that changed too and that no simulation sees: image tags, `nginx.conf`, Helm values.
    pub unseen: Vec<String>,
    /// What is to be known about the two configs and about what was left out.
    pub notes: Vec<String>,
    /// Every scenario, by every group of models that it was played for.
    pub scenarios: Vec<GateRow>,
}

/// One of the two configs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateConfig {
    /// As it was named: a file, or `git:REV` and a file.
    pub name: String,
    /// SHA-256 of its bytes.
    pub hash: String,
}

/// What became of a scenario under the proposed config, compared with the base. From bad to good.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GateVerdict {
    /// A promise is newly broken, or goodput, recovery or cost is worse beyond its margin.
    Worse,
    /// Something is not as the baseline has it, for better or worse.
    Different,
    /// A measurement is invalid, or what would tell is missing.
    NoData,
    /// No request of either config met a fault.
    Untested,
    /// Something is better beyond its margin, and nothing is worse.
    Better,
    /// Requests took other ways, and no user would notice.
    Changed,
    /// Every request took the same way at the same time.
    Same,
}

/// A key that the proposed config has otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateChange {
    /// Its path: `router_settings.num_retries`.
    pub path: String,
    /// `added`, `removed`, `changed` or `reordered`.
    pub sort: String,
    /// Model and group of the deployment that it is about, where it is about one.
    pub about: Option<String>,
    /// The file in which it stands.
    pub file: String,
    /// Its line there, from 1; of what was removed, the line of the base.
    pub line: usize,
    /// Whether the line is one of the base: it stands nowhere in the proposed config.
    pub gone: bool,
    /// The line of the proposed config that is nearest to it: its own, or that of what it stood in.
    pub near: usize,
    /// What stood there; `****` where that may be a secret, `null` where nothing did.
    pub from: Option<String>,
    /// What stands there now, likewise.
    pub to: Option<String>,
}

/// One scenario, played by both configs with the same luck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateRow {
    /// Name of the scenario.
    pub scenario: String,
    /// The question that it asks.
    pub question: Option<String>,
    /// The group that its clients call, where it was played for several.
    pub model: Option<String>,
    /// What became of it.
    pub verdict: GateVerdict,
    /// Whether that fails the gate.
    pub pass: bool,
    /// Why, each in one sentence, the worst first.
    pub reasons: Vec<GateReason>,
    /// From which difference on something counts.
    pub margins: GateMargins,
    /// What both did, seed by seed.
    pub seeds: Vec<GateSeed>,
    /// What each change does alone, the strongest first; empty where there is one change, or nothing to explain.
    pub causes: Vec<GateCause>,
    /// Where it is worse by a number that changed: its path, and the value nearest to the new one that would pass; `null` where none
    /// between the old and the new one was found, or it was not looked for.
    pub would_pass: Option<String>,
    /// The command that shows both configs side by side on the seed that tells most.
    pub command: String,
    /// A request that the base answers well on that seed, and the proposed config does not.
    pub request: Option<u64>,
}

/// One difference between both configs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateReason {
    /// `goodput`, `recover`, `cost`, or a promise's metric.
    pub metric: String,
    /// `worse`, `better`, `no_data` or `note`.
    pub sort: GateSort,
    /// In words.
    pub text: String,
    /// Seeds on which it is so.
    pub seeds: u32,
}

/// What a reason says.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GateSort {
    /// The proposed config is worse beyond the margin.
    Worse,
    /// Nobody can tell.
    NoData,
    /// It is better beyond the margin.
    Better,
    /// Neither.
    Note,
}

/// From which difference on something counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateMargins {
    /// Goodput, in percentage points.
    pub goodput_points: f64,
    /// Longest recovery, in seconds.
    pub recover_s: f64,
    /// Cost of 1,000 good answers, in percent of the base's.
    pub cost_percent: f64,
}

/// What both configs did with one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateSeed {
    /// Which.
    pub seed: u64,
    /// Whether both tables of both are the same, byte for byte.
    pub identical: bool,
    /// The base.
    pub base: GateSide,
    /// The proposed config.
    pub proposed: GateSide,
}

/// One config with one seed in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self")]
#[schemars(transform = list_in_schema::<GateSide>)]
pub struct GateSide {
    /// Requests outside warm-up.
    pub offered: u64,
    /// Complete, correct answers that also met every per-request bound of the promise.
    pub good: u64,
    /// Complete, correct answers.
    pub succeeded: u64,
    /// Good ones of those offered.
    pub goodput: Measured<f64>,
    /// Longest time to recover from a fault, in seconds; `null` = never.
    pub recover_s: Measured<f64>,
    /// US dollars per 1,000 good answers.
    pub cost_per_1k_good_usd: Measured<f64>,
    /// Attempts that reached a provider.
    pub attempts: Measured<u64>,
    /// Whether a request met a fault; not applicable where the scenario has none.
    pub tested: Measured<bool>,
    /// The promise, kept or not.
    pub slo: Vec<SloResult>,
    /// Why the measurement is invalid; empty if it is not.
    pub invalid: Vec<String>,
}

listed!(GateSide: goodput, recover_s, cost_per_1k_good_usd, attempts, tested);

/// What one change does by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateCause {
    /// Position in `changes`.
    pub change: usize,
    /// The number that is explained: `good`, `recover_s`, `cost_usd` or `attempts`.
    pub metric: String,
    /// By how much all changes together move it, over all seeds.
    pub together: f64,
    /// By how much this one alone does.
    pub alone: f64,
    /// By how much all others without it do.
    pub others: f64,
    /// In words.
    pub text: String,
}

impl GateVerdict {
    /// As people read it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Worse => "WORSE",
            Self::Different => "DIFFERENT",
            Self::NoData => "NO DATA",
            Self::Untested => "UNTESTED",
            Self::Better => "BETTER",
            Self::Changed => "CHANGED",
            Self::Same => "SAME",
        }
    }
}

impl GateChange {
    /// `litellm_config.yaml:41`, with a word where that line is one of the base.
    pub fn place(&self) -> String {
        let Self { file, line, gone, .. } = self;
        format!("{file}:{line}{}", if *gone { " of the base" } else { "" })
    }

    /// `router_settings.num_retries 3 → 0`.
    pub fn words(&self) -> String {
        let Self { path, about, from, to, .. } = self;
        let what = match (from, to) {
            (Some(from), Some(to)) if from == to => "changed".to_owned(),
            (Some(from), Some(to)) => format!("{from} → {to}"),
            (Some(from), None) => format!("{from} removed"),
            (None, Some(to)) => format!("{to} added"),
            (None, None) => self.sort.clone(),
        };
        match about {
            Some(about) => format!("{path} ({about}) {what}"),
            None => format!("{path} {what}"),
        }
    }
}

impl Gate {
    /// The schema of `gate.json`, as committed.
    pub fn schema() -> serde_json::Value {
        super::listed::schema_of::<Self>()
    }
}
