//! `run.json`: everything that determines a run, and how to read its tables. In virtual time it is
//! byte-identical from process to process, so machine, duration and paths live in `machine.json`.

mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocab::Protocol;

use crate::slo::Slo;

pub use words::{ActsOn, Balance, Clock, ContenderKind, EventKind, LeftOut, Personality, Strategy};

/// Version of this file's shape.
pub const RUN_SCHEMA: &str = "brownout.run/1";

/// The file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunInfo {
    /// [`RUN_SCHEMA`].
    pub schema: String,
    /// The scenario, resolved.
    pub scenario: ScenarioInfo,
    /// The LiteLLM config.
    pub config: ConfigInfo,
    /// The build that ran it.
    pub build: BuildInfo,
    /// Deployments in the order of the config; a deployment's number is its position from 1.
    pub deployments: Vec<DeploymentInfo>,
    /// Who was compared, in the order of the scenario.
    pub contenders: Vec<ContenderInfo>,
    /// Phases in order.
    pub phases: Vec<PhaseInfo>,
    /// The expanded fault timeline, in the order of the scenario.
    pub faults: Vec<FaultInfo>,
    /// By how much random incidents were shortened; absent where there are none, or none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compress: Option<CompressInfo>,
    /// What else happened on purpose, in the order of time: config changes and marks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventInfo>,
    /// What a schedule that was shortened had no room for; its warnings say why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutInfo>,
    /// What an outage costs; absent where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<ImpactInfo>,
    /// The promise.
    pub slo: Vec<Slo>,
    /// What was assumed and not said by the user, in words.
    pub assumed: Vec<String>,
    /// Warnings about the scenario, with their arithmetic.
    pub warnings: Vec<String>,
    /// What else was worth knowing before the run: keys without effect, resolved targets, assumptions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A fault or event of the scenario that was not played, because a shortened schedule has no room for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOutInfo {
    /// Its id.
    pub id: String,
    /// Which of the two it is.
    pub what: LeftOut,
    /// Until when the schedule would have to last, in nanoseconds.
    pub needs_ns: u64,
}

/// By how much random incidents were shortened, so that months fit into a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompressInfo {
    /// Outages lasted so many times shorter than in life.
    pub outages: f64,
    /// The calm between them was so many times shorter than in life.
    pub gaps: f64,
}

/// Which scenario, with which seed and clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioInfo {
    /// Its name.
    pub name: String,
    /// The question that it asks: the comment at the head of the file, first sentence.
    pub question: Option<String>,
    /// SHA-256 over the expanded plan, config and overrides, 64 hex digits.
    pub hash: String,
    /// Seed.
    pub seed: u64,
    /// `virtual` or `wall`.
    pub clock: Clock,
    /// Length of the schedule, in nanoseconds.
    pub duration_ns: u64,
    /// The client's total timeout, in nanoseconds, from the intended instant.
    pub client_timeout_ns: u64,
    /// How long clients wait for a first token before they give up, in nanoseconds.
    pub patience_ns: Option<u64>,
    /// Overrides from the command line, `key=value`.
    pub overrides: Vec<String>,
}

/// Which config.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigInfo {
    /// File name, without folders.
    pub name: String,
    /// SHA-256 of its bytes, 64 hex digits.
    pub hash: String,
    /// Keys that it has and the gateway does not act on, with the reason.
    pub no_effect: Vec<String>,
}

/// Which binary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildInfo {
    /// Version of brownout.
    pub version: String,
    /// SHA-256 of the binary, 16 hex digits; empty where it is not known.
    pub binary: String,
}

/// One deployment, and the fake that stands for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentInfo {
    /// Its id.
    pub id: String,
    /// Number in the token marks, from 1.
    pub number: u32,
    /// `model_name` of the config: the group that clients call.
    pub group: String,
    /// The provider's model.
    pub model: String,
    /// `openai`, `azure`, `anthropic`, …
    #[schemars(with = "String")]
    pub provider: Protocol,
    /// Who runs it, where that is not whose protocol it speaks: `groq`, `openai@gpu-1:8000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Region, or the host where no region is known.
    pub region: String,
    /// Host that the config names.
    pub host: String,
    /// Latency and limits of the fake, in words.
    pub fake: String,
    /// Its latency, where nobody gave one and a preset was assumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed: Option<AssumedLatency>,
    /// Median time to first token that the fake is given, in nanoseconds.
    pub ttft_p50_ns: u64,
    /// Median time between two tokens that the fake is given, in nanoseconds.
    pub itl_p50_ns: u64,
    /// US dollars per million tokens in; absent if unknown.
    pub usd_per_million_in: Option<f64>,
    /// US dollars per million tokens out; absent if unknown.
    pub usd_per_million_out: Option<f64>,
}

/// A latency that was taken for granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssumedLatency {
    /// Name of the preset.
    pub preset: String,
    /// Its median time to first token, in nanoseconds.
    pub ttft_p50_ns: u64,
}

/// One contender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContenderInfo {
    /// Its name, and its directory's.
    pub name: String,
    /// `built-in`, `emulated`, `process` or `remote`.
    pub kind: ContenderKind,
    /// `litellm-1.106`, `brownout`, or `none` for the mark without a gateway.
    pub personality: Personality,
    /// The product that it is; absent where it is a gateway of ours, or nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductInfo>,
    /// Of a `remote` contender: whether the fakes behind it told what they saw. Absent where they did not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub witnessed: bool,
    /// Routing strategy.
    pub strategy: Strategy,
    /// How many gateways.
    pub instances: u32,
    /// How requests are spread over them.
    pub balance: Balance,
    /// Longest cooldown that its settings can cause without Retry-After, in nanoseconds.
    pub cooldown_ns: u64,
    /// Whether it is the mark `direct` and not ranked.
    pub mark: bool,
    /// The config that it has for itself; absent where it is the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<ConfigFile>,
    /// What it changes of the config, as YAML, without secrets; absent where it runs the config as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlay: Option<String>,
    /// What the requests of each called model can reach, in the order of first call. Empty where nobody knows the
    /// config: of a gateway that is somebody else's.
    pub reach: Vec<ReachInfo>,
}

impl ContenderInfo {
    /// Whether the providers' side was recorded.
    pub fn is_observed(&self) -> bool {
        self.kind.is_observed() || self.witnessed
    }
}

/// A config, by its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// File name.
    pub name: String,
    /// SHA-256 of its bytes.
    pub hash: String,
}

/// A product of somebody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductInfo {
    /// Its name: `litellm`.
    pub name: String,
    /// The version that it said it is; absent where it was not asked.
    pub version: Option<String>,
}

/// What the requests of one called model can reach by a contender's config, fallbacks included, over all configs that
/// its events apply; of the mark without a gateway, its one deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReachInfo {
    /// The model as clients call it.
    pub model: String,
    /// Ids: the called group first, then what its fallbacks add.
    pub deployments: Vec<String>,
}

/// What an outage costs whoever runs the service, in US dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImpactInfo {
    /// Each judged request that failed.
    pub failed_request: f64,
    /// Each minute in which too few answers were good.
    pub bad_minute: f64,
}

/// One phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseInfo {
    /// Its name.
    pub name: String,
    /// Start, in nanoseconds.
    pub from_ns: u64,
    /// End, in nanoseconds.
    pub to_ns: u64,
    /// Whether it is left out of every number.
    pub warmup: bool,
    /// Arrivals, in words: `poisson 8/s`.
    pub arrivals: String,
    /// The model that its clients call.
    pub model: String,
}

/// One fault window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultInfo {
    /// `f1`, `f2`, … or the scenario's own `id`.
    pub id: String,
    /// Name in the catalogue: `throttle`, `stall`, …
    pub kind: String,
    /// What happens, in words: `throttle (429, retry-after 10 s)`.
    pub summary: String,
    /// The target as the scenario wrote it.
    pub target: String,
    /// Where it acts.
    #[serde(default, skip_serializing_if = "ActsOn::is_deployments")]
    pub acts_on: ActsOn,
    /// The deployments that it resolved to, ids; none where it acts on no deployment.
    pub deployments: Vec<String>,
    /// The gateway instance that it is about, from 1: the one that it hits, or whose link it is. Absent: all, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<u32>,
    /// For how long an instance that restarts is away, in nanoseconds from `from_ns`; absent: the whole window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_ns: Option<u64>,
    /// Start, in nanoseconds.
    pub from_ns: u64,
    /// End, in nanoseconds.
    pub to_ns: u64,
    /// Share of attempts that meet it at full strength, 0 to 1.
    pub share: f64,
    /// Length of the ramps at both ends, in nanoseconds.
    pub ramp_ns: u64,
    /// Whether it only slows and never fails an attempt.
    pub only_slows: bool,
    /// Whether it acts at the dial, so that attempts may not be attributable.
    pub at_connect: bool,
    /// Conditions, in words; empty if none.
    pub when: String,
    /// The same conditions, to be replayed.
    #[serde(default, skip_serializing_if = "ConditionsInfo::is_none")]
    pub conditions: ConditionsInfo,
    /// Parameters as the scenario gave them.
    pub params: serde_json::Value,
    /// The entry of the scenario that it was expanded from; absent of a hand-written window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginInfo>,
    /// Free labels for later use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Which attempts can meet a fault; all that are given must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConditionsInfo {
    /// Only streams, or only plain requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// Only prompts of at least so many tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens_min: Option<u64>,
    /// Only prompts of at most so many tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens_max: Option<u64>,
    /// Only the n-th attempt of a request, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Only the first n attempts in the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// Only every k-th attempt in the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Only the k-th attempt in the window, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
}

impl ConditionsInfo {
    /// Whether every attempt can meet it.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Where an expanded window comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OriginInfo {
    /// Id of the scenario's entry.
    pub entry: String,
    /// What the entry is, in words: `incident-model`, `flapping (every 20 s, down 50 %)`.
    pub summary: String,
    /// What failed together: `region:westus`, a deployment's id.
    pub process: String,
    /// Number of the incident within its process, from 1; the windows of one incident share it.
    pub incident: u32,
    /// Which part of its incident: `dns`, `model gpt-4o`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
}

/// Something that happened on purpose and is no fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventInfo {
    /// `e1`, `e2`, …
    pub id: String,
    /// `apply`, `rollout` or `mark`.
    pub kind: EventKind,
    /// What happens, in words.
    pub summary: String,
    /// When; of a rollout, when the first instance takes part.
    pub at_ns: u64,
    /// Time from one instance of a rollout to the next, in nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_ns: Option<u64>,
    /// For how long each instance of a rollout is away, in nanoseconds; absent where it reloads and is never away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_ns: Option<u64>,
}
