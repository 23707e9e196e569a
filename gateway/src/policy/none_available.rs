//! Why nobody can be chosen, in LiteLLM's words (litellm 1.106, `RouterRateLimitError`): clients
//! and dashboards look for these texts.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::policy::candidates::Shortage;
use crate::upstream::failure::{ErrorClass, Failure, Reason};

/// What LiteLLM's proxy makes of the bare `ValueError` that a request's tags admit nobody (seen on 1.106.2).
const UNAUTHORIZED: u16 = 401;

/// A group with nobody in it to choose, and everybody who cools, in any group, as LiteLLM names them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group<'a> {
    pub(crate) config: &'a Config,
    pub(crate) name: &'a str,
    /// Ids of deployments, and what their cooldowns announce.
    pub(crate) cooling: &'a [(&'a str, Duration)],
}

impl Group<'_> {
    fn shortest_cooldown(&self) -> Duration {
        let shortest = self.cooling.iter().map(|&(_, wait)| wait).min();
        shortest.unwrap_or(self.config.router.cooldown_time)
    }

    fn message(&self, why: Shortage, retry_after: Duration) -> String {
        let ids: Vec<String> = self.cooling.iter().map(|(id, _)| format!("'{id}'")).collect();
        let checks = if self.config.router.enable_pre_call_checks { "True" } else { "False" };
        let all = match why {
            Shortage::AllCooling => " All deployments for selected model are in cooldown.",
            Shortage::OverLimit
            | Shortage::OverCheckedLimit
            | Shortage::PromptTooLong
            | Shortage::NoTagMatches => "",
        };
        format!(
            "No deployments available for selected model, Try again in {} seconds.{all} Passed \
             model={}. pre-call-checks={checks}, cooldown_list=[{}]",
            retry_after.as_secs_f64(),
            self.name,
            ids.join(", ")
        )
    }
}

/// No deployment may be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoneAvailable {
    /// Why.
    pub why: Shortage,
    /// When to ask again.
    pub retry_after: Duration,
    /// Whether the wait stands in the error's own headers, so that retries wait for it too. Only
    /// strategies raise such an error; the router's own is a bare `ValueError`.
    pub in_headers: bool,
    /// For people, in LiteLLM's words.
    pub message: String,
}

impl NoneAvailable {
    /// Nobody of `group`, because everybody cools.
    pub(crate) fn all_cooling(group: Group<'_>) -> Self {
        let retry_after = group.shortest_cooldown();
        let message = group.message(Shortage::AllCooling, retry_after);
        Self { why: Shortage::AllCooling, retry_after, in_headers: false, message }
    }

    /// Nobody of `group`, because of limits; `strategy_wait` is what the strategy itself tells to
    /// wait.
    pub(crate) fn over_limit(group: Group<'_>, strategy_wait: Option<Duration>) -> Self {
        let retry_after = strategy_wait.unwrap_or_else(|| group.shortest_cooldown());
        let message = group.message(Shortage::OverLimit, retry_after);
        let in_headers = strategy_wait.is_some();
        Self { why: Shortage::OverLimit, retry_after, in_headers, message }
    }

    /// Nobody of `group`, because of limits that are checked before a choice.
    pub(crate) fn over_checked_limit(group: Group<'_>) -> Self {
        Self { why: Shortage::OverCheckedLimit, ..Self::over_limit(group, None) }
    }

    /// Nobody of `group` takes a prompt of so many tokens.
    pub(crate) fn too_long(group: &str, prompt_tokens: u64) -> Self {
        let message = format!(
            "the prompt of {prompt_tokens} tokens is longer than max_input_tokens of every \
             deployment of {group}"
        );
        Self {
            why: Shortage::PromptTooLong,
            retry_after: Duration::ZERO,
            in_headers: false,
            message,
        }
    }

    /// Nobody of `group` may serve a request with those tags (litellm: `no_deployments_with_tag_routing`).
    pub(crate) fn no_tag_matches(group: &str, tags: &[Arc<str>]) -> Self {
        let listed: Vec<String> = tags.iter().map(|tag| format!("'{tag}'")).collect();
        let message = format!(
            "Not allowed to access model due to tags configuration. Passed model={group} and \
             tags=[{}]",
            listed.join(", ")
        );
        Self {
            why: Shortage::NoTagMatches,
            retry_after: Duration::ZERO,
            in_headers: false,
            message,
        }
    }

    /// The same as a failure, for fallbacks and for the client.
    pub fn failure(&self) -> Failure {
        let (class, kind, reason) = match self.why {
            Shortage::AllCooling => {
                (ErrorClass::RateLimit, Some("all_deployments_in_cooldown"), Reason::AllCooling)
            }
            Shortage::OverLimit | Shortage::OverCheckedLimit => {
                (ErrorClass::RateLimit, Some("throttling_error"), Reason::OverLimit)
            }
            Shortage::PromptTooLong => (ErrorClass::ContextWindow, None, Reason::ContextWindow),
            Shortage::NoTagMatches => {
                (ErrorClass::Api, Some("internal_server_error"), Reason::NoTagMatches)
            }
        };
        let wait = Some(self.retry_after).filter(|wait| !wait.is_zero());
        let status = match self.why {
            Shortage::NoTagMatches => UNAUTHORIZED,
            Shortage::AllCooling
            | Shortage::OverLimit
            | Shortage::OverCheckedLimit
            | Shortage::PromptTooLong => class.status(),
        };
        Failure {
            class,
            status,
            counts_as: None,
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
