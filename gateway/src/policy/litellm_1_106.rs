//! `litellm-1.106`: LiteLLM's router, quirks included, after its source (1.106).
//!
//! Cooldowns count per minute and spare connection errors; retries go by status and siblings, with a
//! sleep even after the last one; a stream that has begun is not retried; one timeout bounds every
//! gap. What differs from LiteLLM is said where it differs.

mod cooldowns;
mod retries;

use std::time::Duration;

use vocab::Seed;

use super::candidates::{CandidateQuery, Shortage};
use super::cooldown::CooldownBook;
use super::deadlines::{Alternative, Deadlines, Limits};
use super::fallbacks::{FallbackQuery, NoFallback};
use super::retry::{Allowance, FailedAttempt, NextStep};
use super::{BrokenStart, Kind, Personality, Policy};
use crate::config::fleet::Target;
use crate::config::{Config, DeploymentIndex};
use crate::upstream::failure::{ErrorClass, Failure};

pub(super) const PERSONALITY: Personality = Personality {
    name: "litellm-1.106",
    kind: Kind::Emulated,
    summary: "LiteLLM 1.106: its retries, fallbacks, cooldowns, timeouts and error texts.",
    policy: &LiteLlm,
};

#[derive(Debug)]
struct LiteLlm;

impl Policy for LiteLlm {
    fn candidates(&self, query: &CandidateQuery<'_>) -> Result<Vec<DeploymentIndex>, Shortage> {
        let mut candidates = query.admitted();
        if candidates.is_empty() {
            return Err(Shortage::AllCooling);
        }
        if query.config.router.enable_pre_call_checks {
            check_limits(query, &mut candidates)?;
        }
        query.keep_level(&mut candidates);
        Ok(candidates)
    }

    fn retries(&self, failed: &FailedAttempt<'_>) -> Allowance {
        retries::allowance(failed)
    }

    fn after_failure(&self, failed: &FailedAttempt<'_>, allowance: Allowance) -> NextStep {
        retries::after_failure(failed, allowance)
    }

    fn fallbacks(&self, query: &FallbackQuery<'_>) -> Result<Vec<Target>, NoFallback> {
        // The same model at another level of `order` has the same window and the same policy.
        let same_model_fails_too =
            matches!(query.failure.class, ErrorClass::ContextWindow | ErrorClass::ContentPolicy);
        if same_model_fails_too {
            return Ok(query.named().collect());
        }
        Ok(query.higher_levels().chain(query.named()).collect())
    }

    fn deadlines(&self, limits: Limits, _: &dyn Fn() -> Alternative) -> Deadlines {
        Deadlines::uniform(limits.limit())
    }

    fn cooldown_book(&self, config: &Config, _: Seed) -> Box<dyn CooldownBook> {
        Box::new(cooldowns::Counters::new(config))
    }

    /// Clients know LiteLLM's exceptions by name.
    fn error_text(&self, failure: &Failure) -> String {
        let message = failure.message.trim_end_matches('.');
        format!("litellm.{}: {message}.", failure.class.name())
    }

    /// LiteLLM's client says the same for a dial and for a read that took too long.
    fn dial_timed_out(&self, limit: Duration, _: &str) -> Failure {
        Failure::timed_out(limit)
    }

    /// LiteLLM forwards word by word, so that these had been sent before the stream broke.
    fn broken_start(&self, words: u64) -> BrokenStart {
        if words > 0 { BrokenStart::Commit } else { BrokenStart::Withdraw }
    }
}

/// Pre-call checks: drops deployments whose context is too small or whose rpm of this minute is used
/// up.
fn check_limits(
    query: &CandidateQuery<'_>,
    candidates: &mut Vec<DeploymentIndex>,
) -> Result<(), Shortage> {
    let mut over_rpm = false;
    candidates.retain(|&index| {
        let deployment = &query.config.deployments[index];
        if deployment.max_input_tokens.is_some_and(|most| query.prompt_tokens > most) {
            return false;
        }
        let used = (query.requests_this_minute)(index);
        let within = deployment.rpm.is_none_or(|rpm| used < rpm);
        over_rpm |= !within;
        within
    });
    match (candidates.is_empty(), over_rpm) {
        (false, _) => Ok(()),
        (true, true) => Err(Shortage::OverLimit),
        (true, false) => Err(Shortage::PromptTooLong),
    }
}
