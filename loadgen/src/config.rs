//! What a load is made of. Plain values, already checked; `plan` makes them from YAML.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vocab::{At, Seed};
use wire::framing::Framing;
use world::Authority;

use crate::arrival::Arrivals;

/// A whole schedule and how its clients behave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadConfig {
    /// All luck comes from here; two contenders with one seed get the same arrivals and prompts.
    pub seed: Seed,
    /// Phases; several may overlap. Requests are numbered over all of them by intended instant.
    pub phases: Vec<Phase>,
    /// How clients behave.
    pub client: ClientConfig,
    /// Requests in flight at a time; beyond it they are `never_sent`.
    pub in_flight_max: usize,
}

/// A stretch of the schedule with one arrival process and one workload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Phase {
    /// Its name, in tables.
    pub name: String,
    /// Start, inclusive.
    pub from: At,
    /// End, exclusive.
    pub to: At,
    /// Left out of every number.
    pub warmup: bool,
    /// When requests are intended.
    pub arrivals: Arrivals,
    /// What they ask.
    pub workload: Workload,
    /// Model that clients call: a `model_name` of the config.
    pub model: String,
}

/// What requests look like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// Its name (`chat`), or `custom`.
    pub name: String,
    /// Share of requests that ask for a stream, 0 to 1.
    pub stream_share: f64,
    /// Words of the prompt = tokens in.
    pub prompt_tokens: TokenSpread,
    /// Tokens of the answer that the prompt asks for.
    pub answer_tokens: TokenSpread,
    /// `max_tokens` of the request; `None` leaves it out.
    pub max_tokens: Option<u32>,
    /// Share of requests that repeat one of the last prompts, 0 to 1 (for caches).
    pub repeat_share: f64,
}

/// A distribution of token counts, at least 1 each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenSpread {
    /// Always the same.
    Constant(u32),
    /// Log-normal through two quantiles, cut at `max`.
    Lognormal {
        /// Median.
        p50: f64,
        /// 99th percentile.
        p99: f64,
        /// Largest.
        max: u32,
    },
}

/// How clients behave. They never retry: a client that does hides what is measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientConfig {
    /// Total time from the intended instant; then the request has failed.
    pub timeout: Duration,
    /// How long to wait for a first token (or a plain answer) before giving up.
    pub patience: Option<Duration>,
    /// Leave as planned after so many good tokens.
    pub leave_after_tokens: Option<u32>,
    /// Share of requests that leave so, 0 to 1.
    pub leave_share: f64,
}

/// Whom to call, and how. Differs per contender; the schedule does not.
#[derive(Clone, Debug)]
pub struct Target {
    /// Host and port.
    pub to: Authority,
    /// Path of chat completions, with leading slash.
    pub path: Arc<str>,
    /// Path of streamed ones, where that is another.
    pub stream_path: Option<Arc<str>>,
    /// Which dialect the target speaks.
    pub dialect: Dialect,
    /// Value of the credential; never printed.
    pub key: Secret,
    /// Replaces the phase's model, for a target that is a provider itself.
    pub model: Option<Arc<str>>,
}

/// Whom the requests of each phase call.
#[derive(Clone, Debug)]
pub struct Targets {
    first: Target,
    /// Of the phases after the first one; where it ends, the first target is called again.
    rest: Vec<Target>,
}

impl Targets {
    /// One target per phase, in their order; where they are fewer, `first` for all that follow.
    pub fn by_phase(first: Target, rest: Vec<Target>) -> Self {
        Self { first, rest }
    }

    /// The target of a phase, by its position.
    pub(crate) fn of(&self, phase: usize) -> &Target {
        let rest = phase.checked_sub(1).and_then(|index| self.rest.get(index));
        rest.unwrap_or(&self.first)
    }
}

impl From<Target> for Targets {
    /// One for all.
    fn from(first: Target) -> Self {
        Self { first, rest: Vec::new() }
    }
}

/// What a target speaks: gateways OpenAI's chat completions; for the mark `direct`, the provider's
/// own protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI chat completions, `authorization: Bearer`.
    OpenAi,
    /// Azure OpenAI, `api-key`.
    Azure,
    /// Anthropic Messages, `x-api-key`.
    Anthropic,
    /// Gemini's generateContent, `x-goog-api-key`.
    Gemini,
    /// Bedrock's Converse, with an API key of Bedrock's: `authorization: Bearer`.
    Bedrock,
    /// Ollama's chats; a key as `authorization: Bearer`.
    Ollama,
}

impl Dialect {
    /// What frames the target's streams.
    pub const fn framing(self) -> Framing {
        match self {
            Self::OpenAi | Self::Azure | Self::Anthropic | Self::Gemini => Framing::Sse,
            Self::Bedrock => Framing::Aws,
            Self::Ollama => Framing::Lines,
        }
    }
}

/// A credential: it can be sent, not shown.
#[derive(Clone)]
pub struct Secret(pub Arc<str>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
