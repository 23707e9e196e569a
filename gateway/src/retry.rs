//! Whether a failed attempt is followed by another in the same group, and after which wait.
//!
//! One [`RetryPlan`] per request and group counts the attempts and decides, by LiteLLM's rules
//! (litellm 1.106, `router.async_function_with_retries`) or by ours. It sends nothing and waits for
//! nothing; where the next attempt goes is ranked afresh by the strategy.

use std::time::Duration;

use crate::classify::{ErrorClass, Failure};
use crate::config::{Config, Personality};
use crate::luck::Luck;

/// First backoff (litellm: INITIAL_RETRY_DELAY).
const DELAY_FIRST: Duration = Duration::from_millis(500);

/// Longest backoff (litellm: MAX_RETRY_DELAY).
const DELAY_MAX: Duration = Duration::from_secs(8);

/// Random part of a wait, in seconds (litellm: JITTER).
const JITTER_S: f64 = 0.75;

/// Longest Retry-After that a waiting request obeys; a longer one is ignored (litellm).
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// Most attempts that one request makes in one group, whoever asks for more.
pub const ATTEMPTS_MAX: u32 = 64;

/// Most attempts in one group that the personality brownout makes of its own accord.
const ROUND_MAX: u32 = 8;

/// What is known after a failed attempt, besides the failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation {
    /// Deployments of the group.
    pub group_size: usize,
    /// Those that may be chosen now.
    pub healthy: usize,
    /// Those that may be chosen now and that this request has not tried.
    pub fresh: usize,
    /// Retries that the deployment which failed asks for.
    pub deployment_retries: Option<u32>,
    /// Whether another group or deployment follows if this group gives up.
    pub has_fallback: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Give up this group: on to the fallbacks, or to the client with the error.
    Stop {
        /// Wait before; LiteLLM also sleeps after the last retry.
        wait: Duration,
    },
    /// Try again.
    Retry {
        /// Wait before.
        wait: Duration,
    },
}

/// The retries of one request within one group.
#[derive(Clone, Debug)]
pub struct RetryPlan {
    /// Retries that the request itself asks for.
    requested: Option<u32>,
    /// Attempts that failed so far.
    failed: u32,
    /// Set by the first failure: retries allowed, and whether a policy said so.
    allowed: Option<(u32, bool)>,
}

impl RetryPlan {
    /// A plan for a request; `requested` is its own `num_retries`.
    pub fn new(requested: Option<u32>) -> Self {
        Self { requested, failed: 0, allowed: None }
    }

    /// Retries that are allowed; what `x-litellm-max-retries` says.
    pub fn retries_max(&self, config: &Config) -> u32 {
        match self.allowed {
            Some((retries, _)) => retries,
            None => self.requested.unwrap_or(config.router.num_retries),
        }
    }

    /// Counts a failed attempt and decides what follows.
    pub fn after_failure(
        &mut self,
        subject: Subject<'_>,
        failure: &Failure,
        situation: Situation,
        luck: &Luck,
    ) -> Decision {
        self.failed += 1;
        match subject.config.personality {
            Personality::Litellm1106 => self.like_litellm(subject, failure, situation, luck),
            Personality::Brownout => self.like_us(subject.config, failure, situation, luck),
        }
    }

    fn like_litellm(
        &mut self,
        subject: Subject<'_>,
        failure: &Failure,
        situation: Situation,
        luck: &Luck,
    ) -> Decision {
        let requested = self.requested;
        let (retries, by_policy) =
            *self.allowed.get_or_insert_with(|| subject.retries(requested, failure, situation));
        let retries = retries.min(ATTEMPTS_MAX - 1);
        let refused = !by_policy && refuses(subject.config, failure, situation);
        if refused || retries == 0 {
            return Decision::Stop { wait: Duration::ZERO };
        }
        let wait = backoff(subject.config, failure, situation, self.failed - 1, luck);
        if self.failed > retries { Decision::Stop { wait } } else { Decision::Retry { wait } }
    }

    /// On to whoever is fresh, at once; failing that, another round with waits, unless there are
    /// fallbacks. Faults of the request itself are not repeated.
    fn like_us(
        &mut self,
        config: &Config,
        failure: &Failure,
        situation: Situation,
        luck: &Luck,
    ) -> Decision {
        let stop = Decision::Stop { wait: Duration::ZERO };
        let everybody = u32::try_from(situation.group_size).unwrap_or(u32::MAX).min(ROUND_MAX);
        let attempts = match self.requested {
            Some(retries) => retries.saturating_add(1),
            None => config.router.num_retries.saturating_add(1).max(everybody),
        };
        let attempts = attempts.min(ATTEMPTS_MAX);
        self.allowed = Some((attempts - 1, false));
        if failure.class.blames_request() || self.failed >= attempts {
            return stop;
        }
        if situation.fresh > 0 {
            return Decision::Retry { wait: Duration::ZERO };
        }
        if situation.has_fallback || situation.group_size == 0 {
            return stop;
        }
        let exponent = self.failed.saturating_sub(everybody);
        let wait = match failure.retry_after {
            Some(asked) if asked <= RETRY_AFTER_MAX => asked,
            Some(_) => return stop,
            None => delay(config, exponent).mul_f64(1.0 + 0.25 * luck.unit("backoff")),
        };
        Decision::Retry { wait }
    }
}

/// Whose retries are decided.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The gateway's config.
    pub config: &'a Config,
    /// The model group.
    pub group: &'a str,
}

impl Subject<'_> {
    /// Retries, and whether a policy by class of error decided: the request's, overridden by the
    /// deployment's, overridden by the policy's.
    fn retries(
        &self,
        requested: Option<u32>,
        failure: &Failure,
        situation: Situation,
    ) -> (u32, bool) {
        let router = &self.config.router;
        let policy =
            router.model_group_retry_policy.get(self.group).or(router.retry_policy.as_ref());
        match policy.and_then(|policy| policy.of(failure.class)) {
            Some(retries) => (retries, true),
            None => {
                let wished = situation.deployment_retries.or(requested);
                (wished.unwrap_or(router.num_retries), false)
            }
        }
    }
}

/// Failures that LiteLLM does not retry.
fn refuses(config: &Config, failure: &Failure, situation: Situation) -> bool {
    let router = &config.router;
    let no_siblings = situation.group_size <= 1;
    let hopeless = match failure.class {
        ErrorClass::ContextWindow => !router.context_window_fallbacks.is_empty(),
        ErrorClass::ContentPolicy => !router.content_policy_fallbacks.is_empty(),
        ErrorClass::NotFound => true,
        ErrorClass::Authentication | ErrorClass::PermissionDenied => no_siblings,
        ErrorClass::BadRequest
        | ErrorClass::Timeout
        | ErrorClass::UnprocessableEntity
        | ErrorClass::RateLimit
        | ErrorClass::InternalServer
        | ErrorClass::BadGateway
        | ErrorClass::ServiceUnavailable
        | ErrorClass::ApiConnection
        | ErrorClass::Api => false,
    };
    let retryable = matches!(failure.status, 401 | 403 | 408 | 409 | 429 | 500..);
    hopeless || !retryable || situation.healthy == 0
}

/// LiteLLM's wait before the retry number `exponent` + 1.
fn backoff(
    config: &Config,
    failure: &Failure,
    situation: Situation,
    exponent: u32,
    luck: &Luck,
) -> Duration {
    if situation.group_size > 1 && situation.healthy > 0 {
        return Duration::ZERO;
    }
    let asked = failure.retry_after_whole.filter(|r| !r.is_zero() && *r <= RETRY_AFTER_MAX);
    let jitter = Duration::from_secs_f64(JITTER_S * luck.unit("backoff"));
    asked.unwrap_or_else(|| delay(config, exponent)) + jitter
}

/// Doubles from the first delay, between the config's `retry_after` and the longest.
fn delay(config: &Config, exponent: u32) -> Duration {
    let doubled = DELAY_FIRST.saturating_mul(1 << exponent.min(16));
    doubled.max(config.router.retry_after).min(DELAY_MAX)
}
