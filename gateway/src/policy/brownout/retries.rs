//! Our retries: on to whoever is fresh, at once; failing that, another round with waits, unless there
//! are fallbacks. Faults of the request itself are not repeated.

use std::time::Duration;

use super::super::backoff::{self, RETRY_AFTER_MAX};
use super::super::retry::{ATTEMPTS_MAX, Allowance, FailedAttempt, NextStep, NoRetry};

/// Most attempts in one group that are made of our own accord.
const ROUND_MAX: u32 = 8;

/// Random part of a wait, as a share of it.
const JITTER: f64 = 0.25;

/// What the request asks for; else every deployment of the group once, and the config's retries at
/// least.
pub(super) fn allowance(failed: &FailedAttempt<'_>) -> Allowance {
    let attempts = match failed.requested {
        Some(retries) => retries.saturating_add(1),
        None => failed.config.router.num_retries.saturating_add(1).max(round(failed)),
    };
    Allowance::Configured(attempts.min(ATTEMPTS_MAX) - 1)
}

/// Another attempt or none, and the wait before it.
pub(super) fn after_failure(failed: &FailedAttempt<'_>, allowance: Allowance) -> NextStep {
    let (failure, situation) = (failed.failure, failed.situation);
    if failure.class.blames_request() {
        return NextStep::stop(NoRetry::RequestAtFault);
    }
    if failed.failures > allowance.retries() {
        return NextStep::stop(failed.retries_used(allowance.retries()));
    }
    if situation.fresh > 0 {
        return NextStep::Retry { wait: Duration::ZERO };
    }
    if situation.has_fallback {
        return NextStep::stop(NoRetry::FallbackFollows);
    }
    if situation.group_size == 0 {
        return NextStep::stop(NoRetry::EmptyGroup);
    }
    let exponent = failed.failures.saturating_sub(round(failed));
    match failure.retry_after {
        Some(wait) if wait <= RETRY_AFTER_MAX => NextStep::Retry { wait },
        Some(asked) => NextStep::stop(NoRetry::LongWait { asked, longest: RETRY_AFTER_MAX }),
        None => {
            let delay = backoff::doubling(failed.config, exponent);
            NextStep::Retry { wait: delay.mul_f64(1.0 + JITTER * failed.rng.unit("backoff")) }
        }
    }
}

/// Attempts that reach everybody once.
fn round(failed: &FailedAttempt<'_>) -> u32 {
    u32::try_from(failed.situation.group_size).unwrap_or(u32::MAX).min(ROUND_MAX)
}
