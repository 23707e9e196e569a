//! One contender and one fault in numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::listed::{list_in_schema, listed};
use super::measured::Measured;

/// How one contender came through one fault. Times count from the fault's start, `failback_s` from
/// its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self")]
#[schemars(transform = list_in_schema::<FaultResult>)]
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
    pub met_requests: Measured<u64>,
    /// Of requests intended while it lasted.
    pub success_rate: Measured<f64>,
    /// Of requests intended in the 30 s before, without warm-up or another fault.
    pub good_rate_before: Measured<f64>,
    /// Until the target was left alone.
    pub time_to_detect_s: Measured<f64>,
    /// The same per gateway instance; `null` with one instance.
    pub time_to_detect_by_instance_s: Measured<ByInstance>,
    /// Until the first success of a request that the target had failed.
    pub time_to_rescue_s: Measured<f64>,
    /// Until the last window of 20 requests whose good share is over 10 points under before.
    pub time_to_recover_s: Measured<f64>,
    /// Until the target had its share of attempts back. Not applicable where traffic ended before
    /// the longest cooldown and one more window were over.
    pub failback_s: Measured<f64>,
    /// Failed requests between start and detection.
    pub first_victims: Measured<u64>,
    /// How often the target was used again while the fault lasted.
    pub flaps: Measured<u64>,
    /// (1 − `success_rate`) / (1 − promised success rate).
    pub error_budget_burn: Measured<f64>,
}

listed!(FaultResult: met_requests, success_rate, good_rate_before, time_to_detect_s, time_to_detect_by_instance_s,
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
