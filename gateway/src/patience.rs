//! How long an attempt may be silent, by the config, the request and the personality.
//!
//! LiteLLM knows one limit, the largest gap without bytes, before the head and within the answer. Ours
//! adds a deadline for the first word, which is armed only while somebody else could still answer:
//! giving up on the last hope helps nobody.

use std::time::Duration;

use crate::config::{Config, Deployment, Personality};
use crate::exchange::Exchange;

/// Our deadline for the first word of a stream: several times the p99 of hosted models (2 to 4 s).
const FIRST_WORD: Duration = Duration::from_secs(10);

/// Our deadline for the head of a whole answer, which comes when everything is said: 1,000 tokens at
/// 50 tokens per second, and half as much again.
const WHOLE_ANSWER: Duration = Duration::from_secs(30);

/// Our largest gap within a stream: fifty times the p99 gap between tokens of hosted models.
const BETWEEN_WORDS: Duration = Duration::from_secs(10);

/// Limits of one attempt, each counted from the last sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    /// For the response head, dial included.
    pub(crate) head: Duration,
    /// For the first word of a stream, counted from the attempt's begin.
    pub(crate) first_word: Option<Duration>,
    /// Between two arrivals before the first word.
    pub(crate) silence: Duration,
    /// Between two arrivals afterwards.
    pub(crate) gap: Duration,
}

/// Whether somebody else could answer if this attempt is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spare {
    /// Another deployment or group is left.
    Left,
    /// This is the last hope.
    None,
}

impl Patience {
    /// The limits of an attempt at `deployment`.
    pub(crate) fn new(
        config: &Config,
        deployment: &Deployment,
        exchange: &Exchange,
        spare: Spare,
    ) -> Self {
        let plain = plain(config, deployment, exchange);
        let of_streams = exchange.head.stream.then(|| streams(config, deployment, exchange));
        let of_streams = of_streams.flatten();
        let limit = of_streams.unwrap_or(plain);
        match (config.personality, exchange.head.stream, spare) {
            (Personality::Litellm1106, _, _) => {
                Self { head: limit, first_word: None, silence: limit, gap: limit }
            }
            (Personality::Brownout, true, Spare::Left) => {
                let first = limit.min(FIRST_WORD);
                let gap = of_streams.unwrap_or(plain.min(BETWEEN_WORDS));
                Self { head: first, first_word: Some(first), silence: first, gap }
            }
            (Personality::Brownout, true, Spare::None) => {
                let gap = of_streams.unwrap_or(plain.min(BETWEEN_WORDS));
                Self { head: limit, first_word: None, silence: limit, gap }
            }
            (Personality::Brownout, false, Spare::Left) => {
                let head = limit.min(WHOLE_ANSWER);
                Self { head, first_word: None, silence: head, gap: head }
            }
            (Personality::Brownout, false, Spare::None) => {
                Self { head: limit, first_word: None, silence: limit, gap: limit }
            }
        }
    }
}

/// LiteLLM's order for whole answers, and for streams without a limit of their own: the request's,
/// the deployment's, the router's.
fn plain(config: &Config, deployment: &Deployment, exchange: &Exchange) -> Duration {
    exchange.wishes.timeout.or(deployment.timeout).unwrap_or(config.router.timeout)
}

fn streams(config: &Config, deployment: &Deployment, exchange: &Exchange) -> Option<Duration> {
    let wished = exchange.wishes.stream_timeout.or(deployment.stream_timeout);
    wished.or(config.router.stream_timeout)
}
