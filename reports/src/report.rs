//! `report.json`: the numbers of one run, typed. This is what machines read, what the other formats
//! print, and what several seeds are combined from.
//!
//! The shape is a contract (`brownout.report/1`, committed as `report.schema.json`). `null` means
//! never or infinite and ranks worst, unless the field's name stands in the `not_applicable` list of
//! its own object. Durations carry their unit in the name; rates are fractions. Nothing about the
//! machine is in here: two simulated runs of one seed write the same bytes.

mod baseline;
mod contender;
mod fault;
mod gate;
mod listed;
mod measured;
mod promise;
mod reach;
mod robust;

use record::run::Clock;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use baseline::{BASELINE_SCHEMA, Baseline, BaselineSeed, BaselineWindow, ENGINE, WINDOW_S};
pub use contender::{Contender, DeploymentShare, Percentiles, Standing, Tokens};
pub use fault::{ByInstance, FaultKind, FaultResult, SpellOfNobody};
pub use gate::{
    GATE_SCHEMA, Gate, GateCause, GateChange, GateConfig, GateMargins, GateReason, GateRow,
    GateSeed, GateSide, GateSort, GateVerdict,
};
pub(crate) use listed::Listed;
use listed::{list_in_schema, listed};
pub use measured::Measured;
pub use promise::{NoData, SloResult};
pub use reach::Reach;
pub use robust::{Led, ROBUST_SCHEMA, Robust, RobustVariant, Split, SplitBy, VariedRange};

/// Version of the shape.
pub const REPORT_SCHEMA: &str = "brownout.report/1";

/// Goodputs closer than this are equal: 0.1 points.
pub(crate) const GOODPUT_TIE: f64 = 0.001;

/// Guards ties against the last bit of a subtraction.
pub(crate) const TIE_EPSILON: f64 = 1e-9;

/// Seeds from which "wins" may be said.
pub const SEEDS_TO_WIN: usize = 5;

/// The JSON schema of `report.json`, as committed.
pub fn schema() -> serde_json::Value {
    listed::schema_of::<RunReport>()
}

/// The JSON schema of `robust.json`, as committed.
pub fn robust_schema() -> serde_json::Value {
    schemars::schema_for!(Robust).to_value()
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
    /// The books reconcile, and every way leads to its deployment.
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
    /// Names of those who met every SLO and a fault, if there was one, in the order of the scenario.
    pub kept: Vec<String>,
    /// Names of those who met every SLO but none of the faults.
    pub untested: Vec<String>,
    /// Names of those who broke no SLO, and of whom one cannot be told.
    pub no_data: Vec<String>,
    /// The rule that decided.
    pub basis: Basis,
    /// Whether one request more or less that succeeds in time would have made somebody else lead, or nobody.
    pub hangs_on_one_request: bool,
}

/// The rule that decided a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Nothing decided: the measurement is invalid.
    Invalid,
    /// It alone kept the promise.
    OnlyKeeper,
    /// The cheapest of those who kept the promise.
    Cost,
    /// Costs tied, or are not known: goodput decided.
    Goodput,
    /// Those who kept the promise met none of the faults: nobody leads.
    OnlyUntested,
    /// Nobody kept the promise (or none was given): best goodput.
    NobodyKept,
    /// The first two are equal.
    Equal,
    /// Nobody kept the promise, and somebody's goodput is withheld: nobody leads.
    Withheld,
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
#[serde(remote = "Self")]
#[schemars(transform = list_in_schema::<Marks>)]
pub struct Marks {
    /// Success rate without any gateway, straight at the first deployment.
    pub direct_success_rate: Measured<f64>,
    /// Share of requests that a reachable deployment answers alone, without limits and queues, or that were answered
    /// without any gateway.
    pub savable_rate: Measured<f64>,
}

listed!(Marks: direct_success_rate, savable_rate);
