//! What a set of fakes is made of. Plain values, already checked: `plan` makes them from YAML, the
//! admin API speaks them as JSON. It must never know YAML, or a scenario.

mod check;

use std::time::Duration;

pub use check::{Impossible, RULE_ID_BYTES_MAX, RulePart, check_id, check_share};
use serde::{Deserialize, Serialize};
use vocab::{At, DeploymentId, DeploymentNumber, Protocol, Seed};

/// Everything that the fakes of one world need.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FakesConfig {
    /// All luck comes from here.
    pub seed: Seed,
    /// One fake per deployment, in the order of the config.
    pub deployments: Vec<DeploymentConfig>,
    /// Fault rules, in the order of the scenario; that is also the order in which they are asked.
    pub faults: Vec<FaultRule>,
    /// Limits that several deployments share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<Quota>,
}

/// One set of limits for several deployments: two keys, one bucket. It takes the place of the
/// deployments' own limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quota {
    /// Its id, for people.
    pub id: String,
    /// Positions in [`FakesConfig::deployments`]; all of one protocol, each in one quota at most.
    pub deployments: Vec<usize>,
    /// What they may take together.
    pub limits: Limits,
}

/// One fake deployment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeploymentConfig {
    /// Its id.
    pub id: DeploymentId,
    /// Its number in the token marks, from 1.
    pub number: DeploymentNumber,
    /// Which persona serves it.
    pub protocol: Protocol,
    /// Host that the config names; deployments with the same host and port share one listener.
    pub host: String,
    /// Port that the config names (443 for https).
    pub port: u16,
    /// Path of the config's address in front of the provider's own paths: `/openai` of
    /// `https://api.groq.com/openai/v1`. [`crate::root_of`] tells it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub root: String,
    /// The provider's model; on Azure the name of the deployment in the path. In a pattern each `*`
    /// admits any text but none.
    pub model: String,
    /// The dummy key that tells it apart from others behind the same host.
    pub key: String,
    /// How fast it speaks.
    pub latency: Latency,
    /// What it admits.
    pub limits: Limits,
    /// How many answers it can work on at a time; `None` is unlimited.
    pub capacity: Option<Capacity>,
    /// Most tokens of prompt and answer together; beyond it the provider says that the context is
    /// too long. `None` is unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
}

impl DeploymentConfig {
    /// A model of it that can be asked for: its own, or one that its pattern admits.
    pub fn sample_model(&self) -> String {
        self.model.replace('*', "any")
    }

    /// Path and query by which the provider's own clients ask for a whole answer of `model`, below the path of its
    /// address.
    pub fn chat_path(&self, model: &str) -> String {
        const VERSION: &str = "2024-08-01-preview";
        let path = match self.protocol {
            Protocol::Azure => {
                wire::azure::chat_completions_path(&wire::percent::segment(model), VERSION)
            }
            Protocol::Anthropic => wire::anthropic::MESSAGES_PATH.to_owned(),
            Protocol::OpenAi => "/v1/chat/completions".to_owned(),
            Protocol::Gemini => gemini_path(model, "generateContent"),
            Protocol::Bedrock => bedrock_path(model, "converse"),
            Protocol::Ollama => wire::ollama::CHAT_PATH.to_owned(),
        };
        format!("{}{path}", self.root)
    }

    /// The same for a stream, where that is another path.
    pub fn stream_path(&self, model: &str) -> Option<String> {
        let path = match self.protocol {
            Protocol::OpenAi | Protocol::Azure | Protocol::Anthropic | Protocol::Ollama => {
                return None;
            }
            Protocol::Gemini => gemini_path(model, "streamGenerateContent?alt=sse"),
            Protocol::Bedrock => bedrock_path(model, "converse-stream"),
        };
        Some(format!("{}{path}", self.root))
    }
}

fn gemini_path(model: &str, method: &str) -> String {
    format!("/v1beta/models/{}:{method}", wire::percent::segment(model))
}

fn bedrock_path(model: &str, operation: &str) -> String {
    format!("/model/{}/{operation}", wire::percent::segment(model))
}

/// How fast a fake speaks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// From the admission of a request to its first token.
    pub ttft: Spread,
    /// Between two tokens.
    pub itl: Spread,
}

/// A distribution of durations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spread {
    /// Always the same.
    Constant(Duration),
    /// Log-normal through two of its quantiles; `sigma = ln(p99 / p50) / 2.3263`.
    Lognormal {
        /// Median.
        p50: Duration,
        /// 99th percentile, at least the median.
        p99: Duration,
    },
}

impl Spread {
    /// Half of its draws are shorter.
    pub const fn median(&self) -> Duration {
        match self {
            Self::Constant(always) => *always,
            Self::Lognormal { p50, .. } => *p50,
        }
    }
}

/// Rate limits, enforced with the provider's own admission arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Requests per time.
    pub requests: Option<Rate>,
    /// Tokens per time: prompt estimate plus `max_tokens` at admission (OpenAI, Azure), input
    /// tokens (Anthropic).
    pub tokens: Option<Rate>,
    /// Output tokens per time (Anthropic): reserved from `max_tokens`, settled at the end.
    pub output_tokens: Option<Rate>,
    /// Requests per day (Gemini), cut at midnight UTC; the refusal names another quota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_day: Option<u64>,
}

/// So many per so long: `6000/min`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// How many.
    pub amount: u64,
    /// Per how long.
    pub per: Duration,
}

/// Finite parallelism: a full fake queues, then turns requests away, so that failover traffic slows
/// the survivor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// Answers at a time.
    pub slots: u32,
    /// Requests that may wait for a slot; the next one is told that the provider is overloaded.
    pub queue: u32,
    /// Tokens come `1 + slowdown × busy / slots` times slower; 0 = load slows only by queueing.
    pub slowdown: f64,
}

/// One fault rule: what, to whom, when, how often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultRule {
    /// `f1`, `f2`, … or the scenario's own id. Part of the key of its luck, and of the ledger.
    pub id: String,
    /// Name in the catalogue, [`crate::fault::ALL`].
    pub name: String,
    /// Its parameters as JSON, checked by the catalogue's entry; `null` for none.
    pub params: serde_json::Value,
    /// Positions in [`FakesConfig::deployments`]; where there is a `favourite`, those that it means
    /// if nobody was called.
    pub targets: Vec<usize>,
    /// Whom it hits is found when its window opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite: Option<Favourite>,
    /// When.
    pub window: Window,
    /// Share of attempts that meet it at full strength, 0 to 1.
    pub share: f64,
    /// Which attempts can meet it.
    pub when: When,
}

/// The target that is found when a window opens: the deployment that gave most of the complete
/// answers to inference calls in the minute before, and whoever stands together with it.
///
/// Among equals it is the first of the config; where there was no complete answer, whoever had most
/// attempts that ended then; where there was none, the rule's `targets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Favourite {
    /// For each deployment the number of its set; the whole set of the favourite is hit. Each its own
    /// number: the favourite alone; equal numbers: a region, a provider.
    pub set_of: Vec<usize>,
}

impl Favourite {
    /// The favourite alone, of so many deployments.
    pub fn alone(deployments: usize) -> Self {
        Self { set_of: (0..deployments).collect() }
    }
}

/// Whom a rule's favourite turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundFavourite {
    /// Instant of the timeline at which its window opened.
    pub at: At,
    /// Ids of the deployments, in the order of the config.
    pub deployments: Vec<DeploymentId>,
}

impl FakesConfig {
    /// The same with every favourite as where nobody was called: for the reference numbers, which have
    /// no favourite of their own.
    #[must_use]
    pub fn without_favourites(mut self) -> Self {
        self.faults.iter_mut().for_each(|rule| rule.favourite = None);
        self
    }
}

/// Rules in one timeline: a year of random incidents has a few thousand, and every request asks each.
pub(crate) const RULES_MAX: usize = 10_000;

/// A window with ramps: the share (or factor) rises linearly over the first `ramp` and falls over
/// the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Start, inclusive.
    pub from: At,
    /// End, exclusive.
    pub to: At,
    /// Length of each ramp.
    pub ramp: Duration,
}

/// Conditions; all that are given must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// Only streams, or only plain requests.
    pub stream: Option<bool>,
    /// Only prompts of at least so many tokens.
    pub prompt_tokens_min: Option<u64>,
    /// Only prompts of at most so many tokens.
    pub prompt_tokens_max: Option<u64>,
    /// Only the n-th attempt of a request over all deployments, from 1.
    pub attempt: Option<u32>,
    /// Only the first n attempts that reach the target inside the window.
    pub first: Option<u64>,
    /// Only every k-th attempt that reaches the target inside the window.
    pub every: Option<u64>,
    /// Only the k-th attempt that reaches the target inside the window, from 1.
    #[serde(default)]
    pub nth: Option<u64>,
}

impl Window {
    /// Strength at `at`: 0 outside the window, rising to 1 over the ramps.
    pub fn strength(&self, at: At) -> f64 {
        if at < self.from || at >= self.to {
            return 0.0;
        }
        if self.ramp.is_zero() {
            return 1.0;
        }
        let ramp = self.ramp.as_secs_f64();
        let rise = at.since(self.from).as_secs_f64() / ramp;
        let fall = self.to.since(at).as_secs_f64() / ramp;
        rise.min(fall).min(1.0)
    }
}
