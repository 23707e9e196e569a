//! Why nobody can be chosen, in LiteLLM's words (litellm 1.106, `RouterRateLimitError`): clients
//! and dashboards look for these texts.

use std::time::Duration;

use crate::classify::{ErrorClass, Failure};
use crate::config::Config;

/// What a client is told to wait when requests or tokens per minute are used up
/// (litellm: LITELLM_RATE_LIMIT_WINDOW_SIZE).
const LIMIT_WINDOW: Duration = Duration::from_secs(60);

/// No deployment may be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoneAvailable {
    /// Why.
    pub why: Scarcity,
    /// When to ask again.
    pub retry_after: Duration,
    /// Whether the wait stands in the error's own headers, so that retries wait for it too. Only
    /// usage-based routing raises such an error; the router's own is a bare `ValueError`.
    pub in_headers: bool,
    /// For people, in LiteLLM's words.
    pub message: String,
}

/// What is lacking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scarcity {
    /// Everybody cools.
    AllCooling,
    /// Everybody healthy is over a request or token limit.
    OverLimit,
    /// The prompt is too long for everybody healthy.
    PromptTooLong,
}

impl NoneAvailable {
    /// Nobody of `group`, while the deployments of `cooling` cool that long.
    pub(super) fn of_group(
        why: Scarcity,
        config: &Config,
        group: &str,
        cooling: &[(&str, Duration)],
    ) -> Self {
        let shortest = cooling.iter().map(|&(_, wait)| wait).min();
        let in_headers = why == Scarcity::OverLimit
            && config.router.routing_strategy == "usage-based-routing-v2";
        let retry_after =
            if in_headers { LIMIT_WINDOW } else { shortest.unwrap_or(config.router.cooldown_time) };
        let ids: Vec<String> = cooling.iter().map(|(id, _)| format!("'{id}'")).collect();
        let checks = if config.router.enable_pre_call_checks { "True" } else { "False" };
        let message = format!(
            "No deployments available for selected model, Try again in {} seconds. Passed \
             model={group}. pre-call-checks={checks}, cooldown_list=[{}]",
            retry_after.as_secs_f64(),
            ids.join(", ")
        );
        Self { why, retry_after, in_headers, message }
    }

    /// Nobody of `group` takes a prompt of so many tokens.
    pub(super) fn too_long(group: &str, prompt_tokens: u64) -> Self {
        let message = format!(
            "the prompt of {prompt_tokens} tokens is longer than max_input_tokens of every \
             deployment of {group}"
        );
        Self {
            why: Scarcity::PromptTooLong,
            retry_after: Duration::ZERO,
            in_headers: false,
            message,
        }
    }

    /// The same as a failure, for fallbacks and for the client.
    pub fn failure(&self) -> Failure {
        let (class, kind, reason) = match self.why {
            Scarcity::AllCooling => {
                (ErrorClass::RateLimit, Some("all_deployments_in_cooldown"), "all_cooling")
            }
            Scarcity::OverLimit => (ErrorClass::RateLimit, Some("throttling_error"), "over_limit"),
            Scarcity::PromptTooLong => (ErrorClass::ContextWindow, None, "context_window"),
        };
        let wait = Some(self.retry_after).filter(|wait| !wait.is_zero());
        Failure {
            class,
            status: class.status(),
            upstream_status: None,
            retry_after: wait,
            retry_after_whole: wait.filter(|_| self.in_headers),
            message: self.message.clone(),
            kind: kind.map(Box::from),
            param: None,
            reason,
        }
    }
}
