//! One contender in numbers, and how they are taken.

use std::collections::BTreeMap;

use record::run::{ContenderKind, Personality, ProductInfo, Strategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::fault::{FaultKind, FaultResult, SpellOfNobody};
use super::listed::{Absent, list_in_schema, listed};
use super::measured::Measured;
use super::promise::SloResult;
use super::reach::Reach;

/// One contender in numbers. Counts leave out warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self")]
#[schemars(transform = list_in_schema::<Contender>)]
pub struct Contender {
    /// Its name.
    pub name: String,
    /// `built-in`, `emulated`, `process` or `remote`.
    pub kind: ContenderKind,
    /// `litellm-1.106`, `brownout` or `none`; `unknown` of a gateway that is somebody else's.
    pub personality: Personality,
    /// The product that it is, with the version that it said it is; absent of all that are no products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ProductInfo")]
    pub product: Option<ProductInfo>,
    /// Of a `remote` contender: whether the fakes behind it told what they saw; absent where they did not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub witnessed: bool,
    /// Routing strategy.
    pub strategy: Strategy,
    /// How many gateways.
    pub instances: u32,
    /// What the requests of each called model can reach, in the order of first call; empty where nobody knows the config.
    pub reach: Vec<Reach>,
    /// Requests that the schedule offered; = succeeded + failed + cancelled + never_sent.
    pub offered: u64,
    /// Complete, correct answers.
    pub succeeded: u64,
    /// Successes that also met every per-request bound of the SLOs.
    pub good: u64,
    /// Sent and not answered well.
    pub failed: u64,
    /// Cut off by an interrupted run; in no rate.
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
    pub success_rate: Measured<f64>,
    /// Wilson's 95 % interval of `success_rate`; the unit is the request, so it speaks about this
    /// run and not about other seeds.
    pub success_rate_ci95: Measured<[f64; 2]>,
    /// good / (offered − cancelled).
    pub goodput: Measured<f64>,
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
    /// dial that nobody can attribute counts by its instant. Like all that only the ledger
    /// can tell, `null` and not applicable where no ledger is kept (kind `remote`).
    pub attempts: Measured<u64>,
    /// Of these, dials that no request could be found for.
    pub attempts_unattributed: Measured<u64>,
    /// Calls that carry no prompt: health checks, model lists. In no other number.
    pub probes: Measured<u64>,
    /// attempts / offered.
    pub retry_amplification: Measured<f64>,
    /// Requests that met a fault and still succeeded, over those that met one.
    pub rescued: Measured<f64>,
    /// Requests that met a fault.
    pub met_fault: Measured<u64>,
    /// Requests that met a fault and succeeded.
    pub rescued_requests: Measured<u64>,
    /// Tokens, delivered and billed.
    pub tokens: Tokens,
    /// Bill of all attempts, in US dollars; not applicable where somebody who billed tokens has no price.
    pub cost_usd: Measured<f64>,
    /// Bill of the attempts that have a price, in US dollars.
    pub cost_usd_at_least: Measured<f64>,
    /// Share of billed tokens that have no price, 0 to 1.
    pub unpriced_share: Measured<f64>,
    /// `cost_usd` per 1,000 good requests.
    pub cost_per_1k_good_usd: Measured<f64>,
    /// (`cost_usd` − direct's) / (`good` − direct's): what each answer that the gateway saved costs
    /// extra, compared with no gateway.
    pub extra_cost_per_rescued_usd: Measured<f64>,
    /// What failures cost whoever runs the service, in US dollars, by the scenario's `impact:`. Not applicable, like the
    /// three minutes below, where the scenario has none.
    pub impact_usd: Measured<f64>,
    /// Judged minutes in which too few answers were good.
    pub bad_minutes: Measured<u64>,
    /// Minutes outside warm-up with enough judged requests to tell.
    pub minutes_judged: Measured<u64>,
    /// Minutes outside warm-up with fewer.
    pub minutes_not_judged: Measured<u64>,
    /// (1 − `success_rate`) / (1 − promised success rate): 1 spends the error budget exactly.
    pub error_budget_burn: Measured<f64>,
    /// Whether it met its SLOs before the first fault, by the requests that met none.
    pub healthy_before_fault: Measured<bool>,
    /// Where its attempts went, in the order of the config.
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "Vec<DeploymentShare>")]
    pub deployments: Measured<Vec<DeploymentShare>>,
    /// Whether a judged request met a fault, or a dial did that nobody can attribute.
    pub tested: Measured<bool>,
    /// How it came through each fault, in the order of the scenario, then through each change of its config.
    pub faults: Vec<FaultResult>,
    /// Times that were bad although nothing was wrong on purpose.
    pub spells_of_nobody: Vec<SpellOfNobody>,
    /// The promise, kept or not, in the order of the scenario.
    pub slo: Vec<SloResult>,
}

listed!(Contender: success_rate, success_rate_ci95, goodput, ttft_ms, e2e_ms, tpot_ms, longest_gap_ms, ttft_ok_ms,
    e2e_ok_ms, longest_gap_failed_ms, failure_ms, attempts, attempts_unattributed, probes, met_fault, rescued_requests,
    deployments, retry_amplification, rescued, cost_usd, cost_usd_at_least, unpriced_share, cost_per_1k_good_usd,
    extra_cost_per_rescued_usd, impact_usd, bad_minutes, minutes_judged, minutes_not_judged, error_budget_burn, healthy_before_fault, tested);

/// What became of a contender's whole promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Every bound is kept.
    Kept,
    /// Every bound is kept, but there were faults and it met none: that says nothing about them.
    Untested,
    /// No bound is broken, and one has no data.
    NoData,
    /// A bound is broken.
    Broken,
    /// There is no promise.
    NotPromised,
}

/// Exact nearest-rank percentiles, in milliseconds; `null` where the rank falls among failures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Percentiles {
    /// Requests that count, failures included.
    pub n: u64,
    /// Median.
    pub p50: Measured<f64>,
    /// 90th.
    pub p90: Measured<f64>,
    /// 95th.
    pub p95: Measured<f64>,
    /// 99th.
    pub p99: Measured<f64>,
    /// 99.9th.
    pub p999: Measured<f64>,
    /// 95 % interval of the 99th from order statistics; absent below 368 requests.
    pub p99_ci95: Measured<[Measured<f64>; 2]>,
}

/// Tokens of non-warm-up requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self")]
#[schemars(transform = list_in_schema::<Tokens>)]
pub struct Tokens {
    /// Reached a client, in failed answers too.
    pub delivered: u64,
    /// Billed for prompts.
    pub billed_in: Measured<u64>,
    /// Billed for answers.
    pub billed_out: Measured<u64>,
    /// Billed, less prompt and answer of the serving visit of each success.
    pub wasted: Measured<u64>,
}

listed!(Tokens: billed_in, billed_out, wasted);

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

impl Percentiles {
    /// Of nobody, and why.
    pub const fn of_none(why: Measured<f64>) -> Self {
        Self { n: 0, p50: why, p90: why, p95: why, p99: why, p999: why, p99_ci95: Measured::TooFew }
    }
}

impl Absent for Percentiles {
    fn is_absent(&self) -> bool {
        self.p50.is_absent()
    }

    fn not_applicable() -> Self {
        Self::of_none(Measured::NotApplicable)
    }
}

/// Where nobody saw the attempts, the file has an empty list.
fn or_empty<S: Serializer>(
    shares: &Measured<Vec<DeploymentShare>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    shares.as_ref().known().map_or(&[][..], Vec::as_slice).serialize(serializer)
}

impl Contender {
    /// Whether a ledger was kept, so that attempts, tokens and costs were observed.
    pub(crate) fn is_observed(&self) -> bool {
        self.kind.is_observed() || self.witnessed
    }

    /// What became of the whole promise: one bound that is broken breaks it, one without data leaves it open.
    pub fn standing(&self) -> Standing {
        let passes = || self.slo.iter().map(SloResult::pass);
        if self.slo.is_empty() {
            Standing::NotPromised
        } else if passes().any(|pass| pass == Some(false)) {
            Standing::Broken
        } else if passes().any(|pass| pass.is_none()) {
            Standing::NoData
        } else if self.met_no_fault() {
            Standing::Untested
        } else {
            Standing::Kept
        }
    }

    /// Whether anything was played: an interrupted run may not have reached it.
    pub(crate) fn was_played(&self) -> bool {
        self.offered > 0
    }

    /// Whether the scenario says what failures cost.
    pub(crate) fn has_impact(&self) -> bool {
        self.minutes_not_judged.known().is_some()
    }

    /// Whether there were faults and none of its requests met one.
    pub(crate) fn met_no_fault(&self) -> bool {
        self.tested == Measured::Known(false) && self.faults_alone().next().is_some()
    }

    /// The rows that are faults, without changes of the config.
    pub(crate) fn faults_alone(&self) -> impl Iterator<Item = &FaultResult> {
        self.faults.iter().filter(|fault| match fault.kind {
            FaultKind::Fault => true,
            FaultKind::Event => false,
        })
    }
}
