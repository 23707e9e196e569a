//! One contender and one fault in numbers.

use record::run::ActsOn;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::listed::{list_in_schema, listed};
use super::measured::Measured;

/// What a row of the faults is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FaultKind {
    /// A fault of the scenario.
    Fault,
    /// A config that was applied or rolled out: nothing broke on purpose.
    Event,
}

/// A time in which so many requests were not good that chance does not explain it, and which began while nothing was
/// wrong on purpose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpellOfNobody {
    /// Start, in seconds since the start of the run.
    pub from_s: f64,
    /// Its last request that was not good, in seconds since the start of the run; `null` = it was still felt at the end.
    pub to_s: Measured<f64>,
}

/// How one contender came through one fault, or through one change of its config. Times count from the fault's start, `failback_s` from
/// its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self")]
#[schemars(transform = list_in_schema::<FaultResult>)]
pub struct FaultResult {
    /// Its id in `run.json`.
    pub id: String,
    /// `fault`, or `event` for a change of the config.
    pub kind: FaultKind,
    /// What happens, in words.
    pub summary: String,
    /// The target as written.
    pub target: String,
    /// `deployments` (or links to them), gateway `instances`, or a `link` to these.
    pub acts_on: ActsOn,
    /// Ids of the deployments that this was for this contender: a `favourite` is another one for each. Empty of
    /// what acts on gateway instances, and of events.
    pub deployments: Vec<String>,
    /// The scenario's entry that it was expanded from; absent of a hand-written window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Start, in seconds since the start of the run.
    pub from_s: f64,
    /// End, in seconds since the start of the run.
    pub to_s: f64,
    /// Judged requests that met it: an attempt of theirs names it, or they were open at an instance that it acted on.
    pub met_requests: Measured<u64>,
    /// Judged requests that could have met it and were intended while it lasted, and those that met it.
    pub exposed: Measured<u64>,
    /// Of the exposed, those that failed and met it.
    pub victims: Measured<u64>,
    /// Up to five of them, for `brownout explain`.
    pub victim_examples: Vec<u64>,
    /// Of the exposed; not applicable of fewer than 20.
    pub success_rate: Measured<f64>,
    /// Good ones among the requests that could have met it and lived wholly in calm time before it: in the last 60 s,
    /// or, where these are fewer than 20, ever.
    pub good_rate_before: Measured<f64>,
    /// Until the target was left alone; of several instances, by the last.
    pub time_to_detect_s: Measured<f64>,
    /// The same per gateway instance; `null` with one instance.
    pub time_to_detect_by_instance_s: Measured<ByInstance>,
    /// Until the first success of a request that the target had failed.
    pub time_to_rescue_s: Measured<f64>,
    /// Until the last request that was not good of the last spell that it caused; 0 if it caused none.
    pub time_to_recover_s: Measured<f64>,
    /// Until the target had its share of attempts back. Not applicable where traffic ended before
    /// the longest cooldown and one more window were over.
    pub failback_s: Measured<f64>,
    /// Victims that ended before it was detected; all, if it never was.
    pub first_victims: Measured<u64>,
    /// How often the target was used again while the fault lasted.
    pub flaps: Measured<u64>,
    /// (1 − `success_rate`) / (1 − promised success rate).
    pub error_budget_burn: Measured<f64>,
}

listed!(FaultResult: met_requests, exposed, victims, success_rate, good_rate_before, time_to_detect_s, time_to_detect_by_instance_s,
    time_to_rescue_s, time_to_recover_s, failback_s, first_victims, flaps, error_budget_burn);

/// One number per gateway instance, summed up; `null` = never.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ByInstance {
    /// Instances that sent the target enough to tell.
    pub instances: u64,
    /// The quickest.
    pub first: Measured<f64>,
    /// The middle one (nearest rank).
    pub median: Measured<f64>,
    /// The slowest.
    pub last: Measured<f64>,
}
