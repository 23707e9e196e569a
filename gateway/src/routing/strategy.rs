//! Routing strategies: each picks a deployment of a group for one attempt, and learns from what became
//! of earlier ones. [`ALL`] is the registry; adding a strategy is one file in `strategy/` and
//! one row here.
//!
//! A strategy is synchronous and pure: it is told the instant, handed keyed randomness, and never sees a
//! clock, a socket or a queue. It does not know about cooldowns (the candidates it sees are healthy
//! ones), retries or fallbacks: it picks, the policy decides, failover sends.

mod adaptive;
mod arguments;
mod cost;
mod in_flight;
mod latency;
mod least_busy;
mod least_tokens;
pub(crate) mod minute;
mod p2c_ewma;
mod priority;
mod simple_shuffle;
mod usage;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use vocab::At;

use crate::config::{Deployment, DeploymentIndex};
use crate::keyed_rng::KeyedRng;
use crate::policy::Origin;
use crate::upstream::announced::Need;
use crate::upstream::failure::ErrorClass;

/// Every strategy, in the order in which people read about them.
pub const ALL: &[Entry] = &[
    priority::ENTRY,
    p2c_ewma::ENTRY,
    least_tokens::ENTRY,
    adaptive::ENTRY,
    simple_shuffle::ENTRY,
    least_busy::ENTRY,
    latency::ENTRY,
    usage::ENTRY,
    cost::ENTRY,
];

/// Strategy that LiteLLM uses where the config names none.
pub const DEFAULT: Entry = simple_shuffle::ENTRY;

/// Looks a strategy up by the name that configs use.
pub fn find(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name)
}

/// Picks, and learns.
pub trait Strategy: Send + fmt::Debug {
    /// Picks one of the candidates for the next attempt; none where all of them are over a limit. What
    /// follows if the attempt fails is the policy's: it asks again, with other candidates.
    fn pick(&mut self, ask: &Ask<'_>, view: &View<'_>, rng: &KeyedRng) -> Option<DeploymentIndex>;

    /// Hears what became of an attempt.
    fn learn(&mut self, lesson: &Lesson<'_>);

    /// What clients are told to wait where it picked none, if it says so itself.
    fn wait_when_over_limit(&self) -> Option<Duration> {
        None
    }
}

/// A row of the registry.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Name in `router_settings.routing_strategy`.
    pub name: &'static str,
    /// Where it comes from; the default personality follows from it.
    pub origin: Origin,
    /// One sentence for `brownout list strategies`.
    pub summary: &'static str,
    /// Whether it spreads calm traffic over the whole group, and does not keep to a favourite.
    pub spreads: bool,
    /// Where it looks for rpm and tpm.
    pub limits: LimitsFrom,
    /// Whom it picks while everybody is well.
    pub prefers: Preference,
    /// Which of `weight`, `rpm` and `tpm` decide whom it picks.
    pub weighs: &'static [&'static str],
    /// What `routing_strategy_args` may hold.
    pub arguments: &'static [Argument],
    /// Makes a fresh instance without memories from `routing_strategy_args` (null or an object).
    pub build: fn(arguments: &Value) -> Result<Box<dyn Strategy>, ArgError>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.name).finish()
    }
}

/// Whom a strategy picks in calm traffic, of those at the lowest level of `order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// The first of the list.
    First,
    /// Anybody, by `weight`, `rpm` or `tpm` where one of a group has one, else evenly.
    Weighted,
    /// Whoever has the fewest requests under way.
    LeastBusy,
    /// Whoever was fastest lately.
    Fastest,
    /// Whoever used the fewest tokens this minute.
    LeastUsed,
    /// The cheapest.
    Cheapest,
}

/// Where LiteLLM looks for the rpm and tpm of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitsFrom {
    /// `litellm_params` alone.
    LitellmParams,
    /// The entry itself, `litellm_params` and `model_info`.
    AnySection,
}

/// One key of `routing_strategy_args`.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// The key.
    pub name: &'static str,
    /// Its default, as people write it.
    pub default: &'static str,
    /// What it does, with its unit.
    pub help: &'static str,
}

/// An argument that a strategy cannot use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` {problem}")]
pub struct ArgError {
    /// The key within `routing_strategy_args`; empty if these are no object.
    pub name: String,
    /// What is wrong and what to write instead.
    pub problem: String,
}

/// What a strategy knows of the request that it picks for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Model group, or id of the one deployment that may serve it.
    pub group: &'a str,
    /// Priority level to which an order fallback is bound.
    pub order: Option<i64>,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Estimated tokens of the prompt.
    pub prompt_tokens: u64,
    /// Most tokens of the answer, where the request says.
    pub answer_max: Option<u64>,
    /// Now.
    pub at: At,
    /// Now, as Unix time: counters of usage are cut at UTC minutes.
    pub unix_seconds: u64,
    /// The request's tags, which choose among the group's deployments before a strategy does.
    pub tags: &'a [Arc<str>],
    /// How its client named itself, where the config looks at that.
    pub user_agent: Option<&'a str>,
}

impl Ask<'_> {
    /// What the request takes of its deployment's limits.
    pub const fn need(&self) -> Need {
        Need { prompt_tokens: self.prompt_tokens, answer_max: self.answer_max }
    }
}

/// The fleet as a strategy may see it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// All deployments of the gateway, by index.
    pub deployments: &'a [Deployment],
    /// Those of the group that may be chosen now, in list order.
    pub candidates: &'a [DeploymentIndex],
    /// All of the group, in list order.
    pub group: &'a [DeploymentIndex],
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Lesson<'a> {
    /// Index of the deployment.
    pub deployment: DeploymentIndex,
    /// Model group that was asked for.
    pub group: &'a str,
    /// When it is known.
    pub at: At,
    /// The same as Unix time.
    pub unix_seconds: u64,
    /// What is known.
    pub what: Learned,
}

/// Every attempt is `Started` once, may have a `FirstToken`, and ends in one of the other ways. Of a failure
/// that the personality keeps to itself a strategy hears nothing: such an attempt never ends.
#[derive(Clone, Copy, Debug)]
pub enum Learned {
    /// The attempt is about to be sent.
    Started,
    /// The first content of its stream came. The strategies of LiteLLM hear of it only at the end, in
    /// [`Success::ttft`].
    FirstToken {
        /// Since the attempt was sent.
        ttft: Duration,
    },
    /// It was answered completely.
    Succeeded(Success),
    /// It failed.
    Failed {
        /// How.
        class: ErrorClass,
        /// Since the attempt was sent.
        elapsed: Duration,
    },
    /// The client went away; says nothing about the deployment.
    Abandoned,
}

/// A complete answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Success {
    /// From sending the attempt to its end.
    pub elapsed: Duration,
    /// From sending the attempt to the first content; streams only.
    pub ttft: Option<Duration>,
    /// From sending the attempt to the first frame, which need not have content; streams only.
    pub first_frame: Option<Duration>,
    /// Tokens of the prompt, as billed or estimated.
    pub prompt_tokens: u64,
    /// Tokens of the answer; 0 where unknown.
    pub completion_tokens: u64,
    /// Tokens of the prompt, as the gateway estimated them before it was sent.
    pub prompt_estimate: u64,
    /// Tokens that the request allowed the answer, where it said so.
    pub answer_max: Option<u64>,
    /// Whether it was streamed.
    pub stream: bool,
}
