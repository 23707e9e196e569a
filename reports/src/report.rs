//! `report.json`: the numbers of one run, typed. This is what machines read, what the other formats
//! print, and what several seeds are combined from.
//!
//! The shape is a contract (`brownout.report/1`, committed as `report.schema.json`). `null` means
//! never or infinite and ranks worst, unless the field's name stands in the `not_applicable` list of
//! its own object. Durations carry their unit in the name; rates are fractions. Nothing about the
//! machine is in here: two simulated runs of one seed write the same bytes.

use std::collections::BTreeMap;

use record::run::{Clock, ContenderKind, Personality, Strategy};
use record::slo::Slo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the shape.
pub const REPORT_SCHEMA: &str = "brownout.report/1";

/// The JSON schema of `report.json`, as committed.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RunReport).to_value()
}

/// One run in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// [`REPORT_SCHEMA`].
    pub schema: String,
    /// What was run.
    pub scenario: Scenario,
    /// Which gateway config was under test.
    pub config: Config,
    /// Version of brownout that ran it.
    pub build: String,
    /// Whether the measurement can be trusted at all.
    pub validity: Validity,
    /// Who did best, by the rule that `basis` names.
    pub verdict: Verdict,
    /// Reference points that give the rates a scale.
    pub marks: Marks,
    /// By how much random incidents were shortened; absent where there were none, or none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compress: Option<Compress>,
    /// Everybody who was compared, in the order of the scenario.
    pub contenders: Vec<Contender>,
    /// What was assumed and not said by the user.
    pub assumed: Vec<String>,
    /// Warnings about the scenario, with their arithmetic.
    pub warnings: Vec<String>,
}

/// What was run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// The question that it asks.
    pub question: Option<String>,
    /// SHA-256 over the expanded plan.
    pub hash: String,
    /// Seed of all luck.
    pub seed: u64,
    /// `virtual` (simulated) or `wall`.
    pub clock: Clock,
    /// Length of the schedule, in seconds, warm-up included.
    pub duration_s: f64,
}

/// Which gateway config was under test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Config {
    /// File name.
    pub name: String,
    /// SHA-256 of its bytes.
    pub hash: String,
    /// Keys without effect, with the reason.
    pub no_effect: Vec<String>,
}

/// Whether the measurement can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Validity {
    /// `VALID` or `INVALID`; an invalid run ranks nobody.
    pub verdict: ValidityVerdict,
    /// Why it is invalid; empty if it is not.
    pub reasons: Vec<String>,
    /// What a reader should know although the run is valid ("x unhealthy before the first fault").
    pub notes: Vec<String>,
}

/// The two values of [`Validity::verdict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ValidityVerdict {
    /// The books reconcile and the generator kept its schedule.
    Valid,
    /// Something about the measurement itself is wrong.
    Invalid,
}

/// Who did best.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Name of the leader; `null` where nobody leads.
    pub winner: Option<String>,
    /// One sentence.
    pub line: String,
    /// Names, best first; empty if the run is invalid.
    pub ranking: Vec<String>,
    /// Names of those who met every SLO, in the order of the scenario.
    pub kept: Vec<String>,
    /// The rule that decided.
    pub basis: Basis,
}

/// The rule that decided a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Nothing decided: the measurement is invalid.
    Invalid,
    /// The cheapest of those who kept the promise.
    Cost,
    /// Costs tied, or are not known: goodput decided.
    Goodput,
    /// Nobody kept the promise (or none was given): best goodput.
    NobodyKept,
    /// The first two are equal.
    Equal,
}

/// By how much random incidents were shortened. A verdict about compressed weather holds for the
/// policies' reactions, not for how often outages come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compress {
    /// Outages lasted so many times shorter than in life.
    pub outages: f64,
    /// The calm between them was so many times shorter than in life.
    pub gaps: f64,
}

/// Reference points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Marks {
    /// Success rate without any gateway, straight at the first deployment.
    pub direct_success_rate: Option<f64>,
    /// Share of requests that some deployment would have answered at a first try, load ignored.
    pub savable_rate: Option<f64>,
    /// Fields of this object that do not apply.
    pub not_applicable: Vec<String>,
}

/// One contender in numbers. Counts leave out warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contender {
    /// Its name.
    pub name: String,
    /// `built-in`, `emulated`, `process` or `remote`.
    pub kind: ContenderKind,
    /// `litellm-1.106`, `brownout` or `none`.
    pub personality: Personality,
    /// Routing strategy.
    pub strategy: Strategy,
    /// How many gateways.
    pub instances: u32,
    /// Requests that the schedule offered; = succeeded + failed + cancelled + never_sent.
    pub offered: u64,
    /// Complete, correct answers.
    pub succeeded: u64,
    /// Successes that also met every per-request bound of the SLOs.
    pub good: u64,
    /// Sent and not answered well.
    pub failed: u64,
    /// Left as planned, or cut off by an interrupted run; in no rate.
    pub cancelled: u64,
    /// Not sent, because the generator's bound on requests in flight was reached.
    pub never_sent: u64,
    /// Failed requests by kind.
    pub failures_by_kind: BTreeMap<String, u64>,
    /// Up to five request ids per kind, for `brownout explain`.
    pub failure_examples: BTreeMap<String, Vec<u64>>,
    /// The request of the slowest success, for `brownout explain`.
    pub slowest_request: Option<u64>,
    /// The request of the slowest success by metric of a single request (`ttft`, `e2e`, `tpot`,
    /// `longest_gap`), for `brownout explain`.
    pub slowest_by_metric: BTreeMap<String, u64>,
    /// succeeded / (offered − cancelled).
    pub success_rate: Option<f64>,
    /// Wilson's 95 % interval of `success_rate`; the unit is the request, so it speaks about this
    /// run and not about other seeds.
    pub success_rate_ci95: Option<[f64; 2]>,
    /// good / (offered − cancelled).
    pub goodput: Option<f64>,
    /// Intended instant to first token, streamed requests; a failure counts as infinite.
    pub ttft_ms: Percentiles,
    /// Intended instant to end, all requests; a failure counts as infinite.
    pub e2e_ms: Percentiles,
    /// Time per output token after the first, streamed requests with at least two tokens; a failure
    /// counts as infinite.
    pub tpot_ms: Percentiles,
    /// Longest silence inside a stream; a failure counts as infinite.
    pub longest_gap_ms: Percentiles,
    /// `ttft_ms` of successes only.
    pub ttft_ok_ms: Percentiles,
    /// `e2e_ms` of successes only.
    pub e2e_ok_ms: Percentiles,
    /// `longest_gap_ms` of failed streams only, as far as they spoke at all.
    pub longest_gap_failed_ms: Percentiles,
    /// How long users waited to be told no: intended instant to end of failed requests.
    pub failure_ms: Percentiles,
    /// Attempts that reached a provider (dials turned away included) for non-warm-up requests. A
    /// dial that nobody can attribute counts by its instant. Like all that only the providers' book
    /// can tell, `null` and not applicable where no ledger is kept (kind `remote`).
    pub attempts: Option<u64>,
    /// Of these, dials that no request could be found for.
    pub attempts_unattributed: Option<u64>,
    /// Calls that carry no prompt: health checks, model lists. In no other number.
    pub probes: Option<u64>,
    /// attempts / offered.
    pub retry_amplification: Option<f64>,
    /// Requests that met a fault and still succeeded, over those that met one.
    pub rescued: Option<f64>,
    /// Requests that met a fault.
    pub met_fault: Option<u64>,
    /// Requests that met a fault and succeeded.
    pub rescued_requests: Option<u64>,
    /// Tokens, delivered and billed.
    pub tokens: Tokens,
    /// Bill of all attempts, in US dollars.
    pub cost_usd: Option<f64>,
    /// `cost_usd` per 1,000 good requests.
    pub cost_per_1k_good_usd: Option<f64>,
    /// (`cost_usd` − direct's) / (`good` − direct's): what each answer that the gateway saved costs
    /// extra, compared with no gateway.
    pub extra_cost_per_rescued_usd: Option<f64>,
    /// (1 − `success_rate`) / (1 − promised success rate): 1 spends the error budget exactly.
    pub error_budget_burn: Option<f64>,
    /// Whether it met its SLOs before the first fault, by the requests that met none.
    pub healthy_before_fault: Option<bool>,
    /// Where its attempts went, in the order of the config.
    pub deployments: Vec<DeploymentShare>,
    /// How it came through each fault, in the order of the scenario.
    pub faults: Vec<FaultResult>,
    /// The promise, kept or not, in the order of the scenario.
    pub slo: Vec<SloResult>,
    /// Fields of this object that do not apply.
    pub not_applicable: Vec<String>,
}

/// Exact nearest-rank percentiles, in milliseconds; `null` where the rank falls among failures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Percentiles {
    /// Requests that count, failures included.
    pub n: u64,
    /// Median.
    pub p50: Option<f64>,
    /// 90th.
    pub p90: Option<f64>,
    /// 95th.
    pub p95: Option<f64>,
    /// 99th.
    pub p99: Option<f64>,
    /// 99.9th.
    pub p999: Option<f64>,
    /// 95 % interval of the 99th from order statistics; absent below 368 requests.
    pub p99_ci95: Option<[Option<f64>; 2]>,
}

/// Tokens of non-warm-up requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tokens {
    /// Reached a client, in failed answers too.
    pub delivered: u64,
    /// Billed for prompts.
    pub billed_in: Option<u64>,
    /// Billed for answers.
    pub billed_out: Option<u64>,
    /// Billed, less prompt and answer of the serving visit of each success.
    pub wasted: Option<u64>,
    /// Fields of this object that do not apply.
    pub not_applicable: Vec<String>,
}

/// Where attempts went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentShare {
    /// Deployment id.
    pub id: String,
    /// Attempts, dials included.
    pub attempts: u64,
    /// Of all attempts, 0 to 1.
    pub share: f64,
}

/// How one contender came through one fault. Times count from the fault's start, `failback_s` from
/// its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaultResult {
    /// Its id in `run.json`.
    pub id: String,
    /// What happens, in words.
    pub summary: String,
    /// The target as written.
    pub target: String,
    /// The scenario's entry that it was expanded from; absent of a hand-written window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Start, in seconds since the start of the run.
    pub from_s: f64,
    /// End, in seconds since the start of the run.
    pub to_s: f64,
    /// Requests outside warm-up of which an attempt met it.
    pub met_requests: Option<u64>,
    /// Of requests intended while it lasted.
    pub success_rate: Option<f64>,
    /// Of requests intended in the 30 s before, without warm-up or another fault.
    pub good_rate_before: Option<f64>,
    /// Until the target was left alone.
    pub time_to_detect_s: Option<f64>,
    /// The same per gateway instance; `null` with one instance.
    pub time_to_detect_by_instance_s: Option<ByInstance>,
    /// Until the first success of a request that the target had failed.
    pub time_to_rescue_s: Option<f64>,
    /// Until the last window of 20 requests whose good share is over 10 points under before.
    pub time_to_recover_s: Option<f64>,
    /// Until the target had its share of attempts back. Not applicable where traffic ended before
    /// the longest cooldown and one more window were over.
    pub failback_s: Option<f64>,
    /// Failed requests between start and detection.
    pub first_victims: Option<u64>,
    /// How often the target was used again while the fault lasted.
    pub flaps: Option<u64>,
    /// (1 − `success_rate`) / (1 − promised success rate).
    pub error_budget_burn: Option<f64>,
    /// Fields of this object that do not apply.
    pub not_applicable: Vec<String>,
}

/// One number per gateway instance, summed up; `null` = never.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ByInstance {
    /// Instances that sent the target enough to tell.
    pub instances: u64,
    /// The quickest.
    pub first: Option<f64>,
    /// The middle one (nearest rank).
    pub median: Option<f64>,
    /// The slowest.
    pub last: Option<f64>,
}

/// One promise, kept or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SloResult {
    /// The promise.
    #[serde(flatten)]
    pub slo: Slo,
    /// In the unit of the report's field; `null` = never, infinite, or no data.
    pub value: Option<f64>,
    /// `null` = NO DATA, which is never a pass.
    pub pass: Option<bool>,
    /// Whether there are too few requests to gate on this percentile.
    pub too_few: bool,
}

impl Contender {
    /// Whether a ledger was kept, so that attempts, tokens and costs were observed.
    pub(crate) fn is_observed(&self) -> bool {
        self.attempts.is_some()
    }

    /// Whether anything was played: an interrupted run may not have reached it.
    pub(crate) fn was_played(&self) -> bool {
        self.offered > 0
    }

    /// Whether there were faults and none of its requests met one.
    pub(crate) fn met_no_fault(&self) -> bool {
        let unattributed = self.attempts_unattributed.unwrap_or(0);
        // What befalls a gateway is not seen by a provider: nobody can say who met it.
        let none = self.faults.iter().all(|fault| fault.met_requests == Some(0));
        !self.faults.is_empty() && none && self.met_fault == Some(0) && unattributed == 0
    }
}
