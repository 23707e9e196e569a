//! Our retries: on to whoever is fresh, at once; failing that, another round with waits, unless there
//! are fallbacks. Faults of the request itself are not repeated, and nobody is asked again who refused it
//! for good. Numbers that the config says per class of error hold as they are.

use std::time::Duration;

use super::super::backoff;
use super::super::retry::{ATTEMPTS_MAX, Allowance, FailedAttempt, NextStep, NoRetry, Phase};
use crate::upstream::failure::{ErrorClass, Reason};

/// Most attempts in one group that are made of our own accord, or because a client asks for them.
const ROUND_MAX: u32 = 8;

/// Longest Retry-After that a request is made to wait for: a client that is told to come back can do
/// something else meanwhile.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);

/// Random part of a wait, as a share of it.
const JITTER: f64 = 0.25;

/// What the config says of this class of error; else what the request asks for, or the deployment; else every
/// deployment of the group once, and the config's retries at least.
pub(super) fn allowance(failed: &FailedAttempt<'_>) -> Allowance {
    let router = &failed.config.router;
    let policy = router.model_group_retry_policy.get(failed.group).or(router.retry_policy.as_ref());
    let policy = policy.filter(|_| failed.requested != Some(0));
    if let Some(retries) = policy.and_then(|policy| policy.of(failed.failure.class)) {
        return Allowance::ByErrorPolicy(retries.min(ATTEMPTS_MAX - 1));
    }
    let own = router.num_retries.saturating_add(1).max(round(failed));
    let attempts = match (failed.requested, failed.situation.deployment_retries) {
        // Who holds a key may ask for more than the config, and not for a flood.
        (Some(retries), _) => retries.saturating_add(1).min(own.max(ROUND_MAX)),
        (None, Some(retries)) => retries.saturating_add(1),
        (None, None) => own,
    };
    Allowance::Configured(attempts.min(ATTEMPTS_MAX) - 1)
}

/// Another attempt or none, and the wait before it.
pub(super) fn after_failure(failed: &FailedAttempt<'_>, allowance: Allowance) -> NextStep {
    let (failure, situation) = (failed.failure, failed.situation);
    match allowance {
        // Another model of the group may have a larger window than the one that was asked.
        Allowance::Configured(_)
            if failure.class == ErrorClass::ContextWindow && failure.upstream_status.is_some() =>
        {
            return match situation.fresh {
                0 => NextStep::stop(NoRetry::RequestAtFault),
                _ => NextStep::Retry { wait: Duration::ZERO },
            };
        }
        Allowance::Configured(_) if failure.class.blames_request() => {
            return NextStep::stop(NoRetry::RequestAtFault);
        }
        Allowance::Configured(_) | Allowance::ByErrorPolicy(_) => {}
    }
    if failed.failures > allowance.retries() {
        return NextStep::stop(failed.retries_used(allowance.retries()));
    }
    if situation.fresh > 0 {
        return NextStep::Retry { wait: Duration::ZERO };
    }
    if situation.has_fallback {
        return match may_be_an_accident(failed) {
            true => NextStep::Retry { wait: Duration::ZERO },
            false => NextStep::stop(NoRetry::FallbackFollows),
        };
    }
    if situation.group_size == 0 {
        return NextStep::stop(NoRetry::EmptyGroup);
    }
    if situation.willing == 0 {
        return NextStep::stop(NoRetry::KindNotRetried);
    }
    let exponent = failed.failures.saturating_sub(round(failed));
    match failure.retry_after {
        Some(wait) if wait <= RETRY_AFTER_MAX => NextStep::Retry { wait },
        Some(asked) => NextStep::stop(NoRetry::LongWait { asked, longest: RETRY_AFTER_MAX }),
        // Nobody was asked, and nobody says when that would help.
        None if failure.reason == Reason::AllCooling => NextStep::stop(NoRetry::NobodyHealthy),
        None => {
            let delay = backoff::doubling(failed.config, exponent);
            NextStep::Retry { wait: delay.mul_f64(1.0 + JITTER * failed.rng.unit("backoff")) }
        }
    }
}

/// Whether a deployment that is alone in its group is asked once more before another model answers in its place: what
/// it said is often gone a moment later, and its breaker lets it be asked.
fn may_be_an_accident(failed: &FailedAttempt<'_>) -> bool {
    let (failure, situation) = (failed.failure, failed.situation);
    let class = matches!(
        failure.class,
        ErrorClass::InternalServer
            | ErrorClass::BadGateway
            | ErrorClass::ServiceUnavailable
            | ErrorClass::ApiConnection
    );
    let first = failed.failures == 1 && failed.phase == Phase::BeforeStream;
    class && first && situation.group_size == 1 && situation.healthy > 0
}

/// Attempts that reach everybody once.
fn round(failed: &FailedAttempt<'_>) -> u32 {
    u32::try_from(failed.situation.group_size).unwrap_or(u32::MAX).min(ROUND_MAX)
}
