//! LiteLLM's retries (litellm 1.106, `router.async_function_with_retries`): how many, for which
//! failures, and after which wait.

use std::time::Duration;

use super::super::backoff::{self, RETRY_AFTER_MAX};
use super::super::retry::{ATTEMPTS_MAX, Allowance, FailedAttempt, NextStep, Phase};
use crate::upstream::failure::ErrorClass;

/// Random part of a wait, in seconds (litellm: JITTER).
const JITTER_S: f64 = 0.75;

/// The request's retries, overridden by the deployment's, overridden by a policy for the class of
/// error.
pub(super) fn allowance(failed: &FailedAttempt<'_>) -> Allowance {
    let router = &failed.config.router;
    let policy = router.model_group_retry_policy.get(failed.group).or(router.retry_policy.as_ref());
    match policy.and_then(|policy| policy.of(failed.failure.class)) {
        Some(retries) => Allowance::ByErrorPolicy(retries),
        None => {
            let wished = failed.situation.deployment_retries.or(failed.requested);
            Allowance::Configured(wished.unwrap_or(router.num_retries))
        }
    }
}

/// Another attempt or none, and the wait before either.
pub(super) fn after_failure(failed: &FailedAttempt<'_>, allowance: Allowance) -> NextStep {
    // What had begun as a stream goes on to the fallbacks.
    if failed.phase == Phase::InStream {
        return NextStep::STOP;
    }
    let retries = allowance.retries().min(ATTEMPTS_MAX - 1);
    let refused = match allowance {
        Allowance::Configured(_) => refuses(failed),
        Allowance::ByErrorPolicy(_) => false,
    };
    if refused || retries == 0 {
        return NextStep::STOP;
    }
    let wait = wait(failed);
    if failed.failures > retries { NextStep::Stop { wait } } else { NextStep::Retry { wait } }
}

/// Failures that are not retried.
fn refuses(failed: &FailedAttempt<'_>) -> bool {
    let (router, failure) = (&failed.config.router, failed.failure);
    let no_siblings = failed.situation.group_size <= 1;
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
    hopeless || !retryable || failed.situation.healthy == 0
}

/// None while a sibling is healthy; else what the provider asked for, or a growing delay.
fn wait(failed: &FailedAttempt<'_>) -> Duration {
    let situation = failed.situation;
    if situation.group_size > 1 && situation.healthy > 0 {
        return Duration::ZERO;
    }
    let asked = failed.failure.retry_after_whole;
    let asked = asked.filter(|wait| !wait.is_zero() && *wait <= RETRY_AFTER_MAX);
    let jitter = Duration::from_secs_f64(JITTER_S * failed.rng.unit("backoff"));
    asked.unwrap_or_else(|| backoff::doubling(failed.config, failed.failures - 1)) + jitter
}
