//! One struct per table; field order is column order. Instants are integer nanoseconds since the
//! run's start, and an empty cell means that it never happened.

use serde::{Deserialize, Serialize};
use vocab::{FailureKind, Integrity, Outcome};

/// `requests.csv`: one offered request, as the load generator saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRow {
    /// Request number, from 0.
    pub request: u64,
    /// Phase of the schedule to which its intended instant belongs.
    pub phase: String,
    /// Whether that phase is warm-up and left out of every number.
    pub warmup: bool,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// When the schedule said it should start.
    pub intended_ns: u64,
    /// When it was really handed to the connection.
    pub sent_ns: Option<u64>,
    /// When the response head arrived.
    pub first_byte_ns: Option<u64>,
    /// When the first non-empty text, reasoning or tool argument arrived (streams).
    pub first_token_ns: Option<u64>,
    /// When the last content event arrived.
    pub last_token_ns: Option<u64>,
    /// When the request was over, whichever way.
    pub end_ns: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong, for `failed`.
    pub failure: Option<FailureKind>,
    /// HTTP status, if a head arrived.
    pub status: Option<u16>,
    /// Tokens that reached the client.
    pub tokens: u64,
    /// Longest time between two content events, and between the last one and the end (streams).
    pub longest_gap_ns: Option<u64>,
    /// What the token marks say.
    pub integrity: Option<Integrity>,
    /// Deployment that said the first token, by the marks.
    pub served_by: Option<String>,
    /// Its visit, by the marks.
    pub served_visit: Option<u32>,
    /// Attempts that reached a provider for this request; joined from the ledger after the run.
    pub attempts: Option<u32>,
}

/// What kind of call reached a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttemptKind {
    /// An inference call that carries a prompt id, or a dial for one.
    Request,
    /// Anything else: health checks, model lists, calls without a prompt id.
    Probe,
}

/// How far an attempt came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// A dial that the link turned away.
    Connect,
    /// A request that was read.
    Request,
}

/// How an attempt ended, on the provider's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptEnd {
    /// A whole answer with 2xx was handed to the connection.
    Complete,
    /// A whole answer with another status.
    Error,
    /// The dial was turned away, or left unanswered.
    Refused,
    /// The provider broke the connection.
    Reset,
    /// The provider closed the connection in order where an answer, or the rest of one, was due.
    Closed,
    /// The provider ended the stream early, in order.
    Truncated,
    /// The provider said an error inside a 2xx answer.
    ErrorEvent,
    /// The provider fell silent, and was silent until the end of the run or of the connection.
    Silent,
    /// The other side hung up before the answer was complete.
    HungUp,
}

/// `attempts.csv`: one attempt that reached a provider. The ledger, written by the fakes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRow {
    /// The offered request, from the prompt; empty for probes, and for dials nobody can attribute.
    pub request: Option<u64>,
    /// Arrival order over all deployments within the request, from 1; 0 where `request` is empty.
    pub attempt: u32,
    /// Which of the request's attempts at this deployment, from 1; 0 where `request` is empty, and for dials whose request
    /// was found out after the run.
    pub visit: u32,
    /// Inference call or probe.
    pub kind: AttemptKind,
    /// Dial or request.
    pub stage: Stage,
    /// Deployment id; for a dial, the first deployment behind the host.
    pub deployment: String,
    /// Who called: a host name such as `gateway[1]` in memory, an address on sockets.
    pub gateway: String,
    /// When the request was read (or the dial seen).
    pub arrived_ns: u64,
    /// When the attempt was over for the provider.
    pub ended_ns: u64,
    /// Ids of the faults that it met, joined with `+`, those in force on its link among them; empty if none. `fake:full` is no fault: a fake
    /// out of connections turned the dial away.
    pub fault: Option<String>,
    /// Status of the answer, if a head was sent.
    pub status: Option<u16>,
    /// Prompt tokens billed.
    pub tokens_in: u64,
    /// Answer tokens billed: everything generated until the end or the hang-up.
    pub tokens_out: u64,
    /// How it ended.
    pub ended: AttemptEnd,
}

/// What the tables call the n-th instance of a contender's gateway, from 1.
pub fn instance_name(n: u32) -> String {
    format!("{INSTANCE}{n}]")
}

/// Whether a caller's name is an instance's; on sockets a caller is an address.
pub fn is_instance(name: &str) -> bool {
    name.starts_with(INSTANCE)
}

/// How an instance's name begins.
const INSTANCE: &str = "gateway[";

/// `preflight.csv`: whether one calm request found its way before anybody was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightRow {
    /// Whose way.
    pub contender: String,
    /// To which deployment.
    pub deployment: String,
    /// Whether it answered.
    pub ok: bool,
    /// What was wrong; empty where nothing was.
    pub detail: String,
    /// The key of the config that is to blame for it; empty where nobody can tell.
    #[serde(default)]
    pub key: String,
}

/// `oracle.csv`: who answers a request alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OracleRow {
    /// The offered request.
    pub request: u64,
    /// Whether it belongs to warm-up.
    pub warmup: bool,
    /// Whether a deployment alone, or the mark `direct`, answered it.
    pub savable: bool,
    /// Ids of those that answered it alone, joined with `+` in the order of the config; of those that were asked: once
    /// every request has been answered by one, the others are not. Empty where only `direct` did, or nobody.
    pub deployments: String,
}

/// `targets.csv`: what a target that depends on the contender was when its fault began. Written only where the
/// scenario has such targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetRow {
    /// Id of the fault.
    pub fault: String,
    /// When it was resolved.
    pub at_ns: u64,
    /// Ids of the deployments, joined with `+`.
    pub deployments: String,
}

/// A row of a table: a table without rows still says its columns.
pub trait Row {
    /// Column names, in order.
    const COLUMNS: &'static [&'static str];

    /// Hands every cell of text to `change`, all of them: what was named outside may stand in any.
    /// Whoever writes a table makes them [inert](crate::cell::inert), whoever shows one makes them
    /// visible.
    fn each_text(&mut self, change: &mut dyn FnMut(&mut String));
}

impl Row for RequestRow {
    const COLUMNS: &'static [&'static str] = &[
        "request",
        "phase",
        "warmup",
        "stream",
        "intended_ns",
        "sent_ns",
        "first_byte_ns",
        "first_token_ns",
        "last_token_ns",
        "end_ns",
        "outcome",
        "failure",
        "status",
        "tokens",
        "longest_gap_ns",
        "integrity",
        "served_by",
        "served_visit",
        "attempts",
    ];

    fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(&mut self.phase);
        self.served_by.iter_mut().for_each(change);
    }
}

impl Row for AttemptRow {
    const COLUMNS: &'static [&'static str] = &[
        "request",
        "attempt",
        "visit",
        "kind",
        "stage",
        "deployment",
        "gateway",
        "arrived_ns",
        "ended_ns",
        "fault",
        "status",
        "tokens_in",
        "tokens_out",
        "ended",
    ];

    fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(&mut self.deployment);
        change(&mut self.gateway);
        self.fault.iter_mut().for_each(change);
    }
}

impl Row for PreflightRow {
    const COLUMNS: &'static [&'static str] = &["contender", "deployment", "ok", "detail", "key"];

    fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(&mut self.contender);
        change(&mut self.deployment);
        change(&mut self.detail);
        change(&mut self.key);
    }
}

impl Row for OracleRow {
    const COLUMNS: &'static [&'static str] = &["request", "warmup", "savable", "deployments"];

    fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(&mut self.deployments);
    }
}

impl Row for TargetRow {
    const COLUMNS: &'static [&'static str] = &["fault", "at_ns", "deployments"];

    fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(&mut self.fault);
        change(&mut self.deployments);
    }
}
