//! LiteLLM's retries (litellm 1.106, `router.async_function_with_retries`): how many, for which
//! failures, and after which wait.

use std::time::Duration;

use super::super::backoff::{self, RETRY_AFTER_MAX};
use super::super::retry::{
    ATTEMPTS_MAX, Allowance, Called, FailedAttempt, NextStep, NoRetry, Phase,
};
use crate::config::ErrorPolicy;
use crate::upstream::failure::{ErrorClass, Failure};

/// Random part of a wait, in seconds (litellm: JITTER).
const JITTER_S: f64 = 0.75;

/// The request's own number, else the deployment's, else the router's; a policy for the class of error
/// overrides them all, unless the request wants no retry.
pub(super) fn allowance(failed: &FailedAttempt<'_>) -> Allowance {
    let router = &failed.config.router;
    let policy = router.model_group_retry_policy.get(failed.group).or(router.retry_policy.as_ref());
    let policy = policy.filter(|_| failed.requested != Some(0));
    match policy.and_then(|policy| by_policy(policy, failed.failure)) {
        Some(retries) => Allowance::ByErrorPolicy(retries),
        None => {
            let wished = failed.requested.or(failed.situation.deployment_retries);
            Allowance::Configured(wished.unwrap_or(router.num_retries))
        }
    }
}

/// A 404 of any class counts as not found.
fn by_policy(policy: &ErrorPolicy, failure: &Failure) -> Option<u32> {
    let not_found = policy.not_found.filter(|_| failure.status == 404);
    // BadGatewayErrorRetries is no name of a retry policy.
    not_found.or_else(|| policy.of(failure.class))
}

/// Whether LiteLLM retries a status at all (litellm: `should_retry`).
pub(super) const fn should_retry(status: u16) -> bool {
    matches!(status, 408 | 409 | 429 | 500..)
}

/// Another attempt or none, and the wait before either.
pub(super) fn after_failure(failed: &FailedAttempt<'_>, allowance: Allowance) -> NextStep {
    // What had begun as a stream goes on to the fallbacks.
    if failed.phase == Phase::InStream {
        return NextStep::stop(NoRetry::StreamBegun);
    }
    let retries = allowance.retries().min(ATTEMPTS_MAX - 1);
    let refused = match allowance {
        Allowance::Configured(_) => refused(failed),
        Allowance::ByErrorPolicy(_) => None,
    };
    if let Some(why) = refused {
        return NextStep::stop(why);
    }
    let why = failed.retries_used(retries);
    if retries == 0 {
        return NextStep::stop(why);
    }
    let wait = wait(failed);
    if failed.failures > retries { NextStep::Stop { wait, why } } else { NextStep::Retry { wait } }
}

/// Why a failure is not retried, whatever the retries; `None` if it is.
fn refused(failed: &FailedAttempt<'_>) -> Option<NoRetry> {
    let (router, failure) = (&failed.config.router, failed.failure);
    let no_siblings = failed.situation.group_size <= 1;
    let hopeless = match failure.class {
        ErrorClass::ContextWindow => {
            (!router.context_window_fallbacks.is_empty()).then_some(NoRetry::OwnFallbacks)
        }
        ErrorClass::ContentPolicy => {
            (!router.content_policy_fallbacks.is_empty()).then_some(NoRetry::OwnFallbacks)
        }
        ErrorClass::NotFound | ErrorClass::Unexpected => Some(NoRetry::KindNotRetried),
        ErrorClass::Authentication | ErrorClass::PermissionDenied => {
            no_siblings.then_some(NoRetry::LoneDeployment)
        }
        ErrorClass::BadRequest
        | ErrorClass::Timeout
        | ErrorClass::UnprocessableEntity
        | ErrorClass::RateLimit
        | ErrorClass::InternalServer
        | ErrorClass::BadGateway
        | ErrorClass::ServiceUnavailable
        | ErrorClass::ApiConnection
        | ErrorClass::Api => None,
    };
    let retryable = matches!(failure.status, 401 | 403) || should_retry(failure.status);
    let not_retried = || (!retryable).then_some(NoRetry::KindNotRetried);
    // Whoever is called by an id is found in no group, and so is not counted.
    let healthy = match failed.situation.called {
        Called::Group => failed.situation.healthy,
        Called::Id => 0,
    };
    let nobody = || (healthy == 0).then_some(NoRetry::NobodyHealthy);
    hopeless.or_else(not_retried).or_else(nobody)
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
