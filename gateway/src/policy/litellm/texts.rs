//! The text of the error that is left when nothing more can be tried (litellm 1.106,
//! `router_utils/common_utils.py`): the first target's exception, and what became of its fallbacks.

use crate::policy::candidates::Shortage;
use crate::policy::concurrency::Busy;
use crate::policy::none_available::NoneAvailable;
use crate::policy::retry::Phase;
use crate::policy::wording::{Attempts, Fallbacks};
use crate::upstream::failure::{ErrorClass, Failure, Reason};

/// Longest part of the last fallback's text that is quoted, in characters
/// (litellm: ROUTER_FALLBACK_ERROR_DETAIL_MAX_CHARS).
const DETAIL_MAX: usize = 2000;

/// Whether a failure is an exception of LiteLLM's. The router's own refusals are none with a message that could be
/// added to, and neither is an error of Python's.
pub(super) fn is_exception(failure: &Failure) -> bool {
    failure.upstream_status.is_some() || failure.message.starts_with("litellm.")
}

/// The error where nobody may be asked. Who refuses for a limit says so in words of its own: the checks before a choice
/// raise a plain error of Python's, usage-based routing a `RateLimitError` that names no wait to the client, the others
/// the router's own error, which does.
pub(super) fn nobody(none: &NoneAvailable) -> Failure {
    let failure = none.failure();
    let kind = |kind: &str| Some(Box::from(kind));
    match (none.why, none.in_headers) {
        (Shortage::AllCooling | Shortage::PromptTooLong | Shortage::NoTagMatches, _) => failure,
        (Shortage::OverCheckedLimit, _) => Failure {
            kind: kind("internal_server_error"),
            retry_after: None,
            message: NOBODY.to_owned(),
            ..failure
        },
        (Shortage::OverLimit, true) => Failure {
            retry_after: None,
            message: format!("litellm.RateLimitError: {NOBODY}"),
            ..failure
        },
        (Shortage::OverLimit, false) => Failure { kind: kind("rate_limit_error"), ..failure },
    }
}

/// How LiteLLM says that nobody is left (litellm: `RouterErrors.no_deployments_available`).
const NOBODY: &str = "No deployments available for selected model.";

/// The error where a deployment answers as many requests as it takes (litellm: `MaxParallelRequestsLimit`).
pub(super) fn at_limit(busy: &Busy<'_>) -> Failure {
    let Busy { deployment, most } = busy;
    let (group, id) = (&deployment.group, &deployment.id);
    let class = ErrorClass::RateLimit;
    Failure {
        class,
        status: class.status(),
        counts_as: None,
        upstream_status: None,
        retry_after: None,
        retry_after_whole: None,
        message: format!(
            "litellm.RateLimitError: Deployment has all max_parallel_requests slots in use. Deployment \
             model_group={group}, id={id} already has max_parallel_requests={most} requests in flight. Raise \
             max_parallel_requests (or the rpm/tpm it is derived from) for this deployment"
        ),
        kind: Some(Box::from("throttling_error")),
        param: None,
        reason: Reason::ConcurrencyLimit,
    }
}

/// What the client reads.
pub(super) fn last_words(failure: &Failure, attempts: &Attempts<'_>) -> String {
    let said = &failure.message;
    let bare = !is_exception(failure);
    // What breaks within a stream is raised behind the place that would add to it.
    let in_stream = attempts.phase == Phase::InStream;
    if attempts.wanted == Fallbacks::Disabled || bare || in_stream {
        return said.clone();
    }
    let model = attempts.model;
    let lead = format!("{said}\n\nLiteLLM: model group '{model}' failed with the error above");
    let named = !attempts.fallbacks.is_empty();
    match attempts.last_fallback {
        Some(last) if named => {
            let targets = attempts.fallbacks.join(", ");
            format!("{lead}. Fallback to {targets} also failed: {}", truncated(last))
        }
        _ if attempts.groups_with_fallbacks.is_empty() => {
            format!("{lead}. No fallback was attempted.")
        }
        _ if named => {
            let targets = attempts.fallbacks.join(", ");
            format!("{lead}. Fallback model group(s) configured: {targets}.")
        }
        _ => format!(
            "{lead} and no fallback model group was found for it, so the request was not retried on \
             another model. Fallbacks are configured for: {}. Add a fallbacks entry for that model group \
             (Router fallbacks or proxy router_settings.fallbacks) to retry on another model.",
            attempts.groups_with_fallbacks.join(", ")
        ),
    }
}

fn truncated(detail: &str) -> String {
    match detail.char_indices().nth(DETAIL_MAX) {
        None => detail.to_owned(),
        Some((end, _)) => {
            let dropped = detail[end..].chars().count();
            format!("{}... [truncated {dropped} characters]", &detail[..end])
        }
    }
}
