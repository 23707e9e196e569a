//! LiteLLM's router, quirks included, after its source; what its releases differ in stands in `release`.
//!
//! Failures have the names of LiteLLM's exceptions, a name per provider and stage, and everything else
//! looks at the name. Cooldowns count per minute; retries go by status and siblings, with a sleep even
//! after the last one; a stream that has begun is not retried, and one that ends without a finish reason
//! is a success; one timeout bounds every gap; a client that leaves early stops nothing. What differs
//! from LiteLLM is said where it differs, and listed in the guide.

mod cooldowns;
mod exceptions;
pub(super) mod release;
mod retries;
mod texts;

use std::time::Duration;

use vocab::{Protocol, Seed};

use super::candidates::{CandidateQuery, Shortage};
use super::concurrency::{AtLimit, Busy};
use super::cooldown::{CooldownBook, NthFailure};
use super::deadlines::{Alternative, Answer, Deadlines, Limits};
use super::fallbacks::{FallbackQuery, FoundBy, NoFallback};
use super::met::Met;
use super::retry::{Allowance, FailedAttempt, NextStep, Phase};
use super::wording::Attempts;
use super::{
    BrokenStart, CleanEnd, Deserted, Filtered, Headers, Heard, Ignored, NamesTimeout, Policy,
    Refusal, SendsAgain, Start,
};
use crate::config::fleet::Target;
use crate::config::{Config, Deployment, DeploymentIndex};
use crate::keyed_rng::KeyedRng;
use crate::policy::none_available::NoneAvailable;
use crate::upstream::failure::{ErrorClass, Failure, Reason};
use release::{Release, Unbegun};

/// Share of streams whose first frames are lost where a reset comes in the same flush: LiteLLM's client
/// reads the reset before it hands them out. Measured on the real proxy 1.106.2 against a scripted
/// upstream: 158 of 200 (82 of 100 with five words, 76 of 100 with the role alone); the others arrive.
const FIRST_FLUSH_LOST: f64 = 0.79;

/// How close to its frames a reset must come to overtake them. Measured: at once it does, 20 ms later it
/// did in none of 300.
const SAME_FLUSH: Duration = Duration::from_millis(2);

/// Settings that the proxy acts on and this emulation does not.
const IGNORED: &[Ignored] = &[
    ignored("general_settings.background_health_checks", UNCHECKED),
    ignored("general_settings.health_check_interval", UNCHECKED),
    ignored("model_list[].model_info.health_check_model", UNCHECKED),
    ignored("model_list[].model_info.health_check_timeout", UNCHECKED),
    ignored("model_list[].model_info.health_check_max_tokens", UNCHECKED),
];

/// LiteLLM's checks decide nothing unless `enable_health_check_routing` is set, which the emulation does not act on.
const UNCHECKED: &str = "no checks are sent, and the choice goes by clients' requests alone";

const fn ignored(path: &'static str, instead: &'static str) -> Ignored {
    Ignored { path, instead }
}

/// The router of one release.
#[derive(Debug)]
pub(super) struct LiteLlm {
    pub(super) release: Release,
}

impl Policy for LiteLlm {
    fn candidates(&self, query: &CandidateQuery<'_>) -> Result<Vec<DeploymentIndex>, Shortage> {
        let mut candidates = query.admitted();
        if candidates.is_empty() {
            return Err(Shortage::AllCooling);
        }
        if query.config.router.enable_pre_call_checks {
            check_limits(query, &mut candidates)?;
        }
        query.keep_tagged(&mut candidates)?;
        query.keep_level(&mut candidates);
        // Unless nobody else is left: then the provider's own error is what the client shall get.
        if candidates.iter().any(|index| !query.refused.contains(index)) {
            candidates.retain(|index| !query.refused.contains(index));
        }
        Ok(candidates)
    }

    /// A `RateLimitError` that is raised before the provider's client is called, so that no callback counts it.
    fn at_limit(&self, busy: &Busy<'_>) -> AtLimit {
        AtLimit::Refuses(texts::at_limit(busy))
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
            return Ok(query.named(FoundBy::Name).collect());
        }
        Ok(query.higher_levels().chain(query.named(FoundBy::Name)).collect())
    }

    /// Withdrawn where a fallback for content policies is named, or one for everything. A stream is passed on.
    fn filtered_answer(&self, query: &FallbackQuery<'_>, answer: Answer) -> Filtered {
        match answer {
            Answer::Whole => {}
            Answer::Stream => return Filtered::Passed,
        }
        let router = &query.fleet.config().router;
        let leads_elsewhere = match router.content_policy_fallbacks.is_empty() {
            true => router.fallbacks.contains_key("*"),
            false => query.named(FoundBy::Name).next().is_some(),
        };
        if leads_elsewhere { Filtered::Withdrawn } else { Filtered::Passed }
    }

    fn deadlines(&self, limits: Limits, _: &dyn Fn() -> Alternative) -> Deadlines {
        Deadlines::uniform(limits.limit())
    }

    fn cooldown_book(&self, config: &Config, _: Seed) -> Box<dyn CooldownBook> {
        Box::new(cooldowns::Counters::new(config, self.release.lone()))
    }

    /// Exceptions carry LiteLLM's words since they were named; the router's own refusals have no class.
    fn error_text(&self, failure: &Failure) -> String {
        failure.message.clone()
    }

    fn last_words(&self, failure: &Failure, attempts: &Attempts<'_>) -> String {
        texts::last_words(failure, attempts)
    }

    /// What broke before its first frame gets the type that its status stands for; within a stream there is none.
    fn error_type<'f>(&self, failure: &'f Failure, phase: Phase) -> Option<&'f str> {
        match phase {
            Phase::BeforeStream | Phase::InStream => failure.kind.as_deref(),
            Phase::Unbegun => failure.kind.as_deref().or(Some(exceptions::kind(failure))),
        }
    }

    fn event_type<'f>(&self, failure: &'f Failure) -> Option<&'f str> {
        failure.kind.as_deref()
    }

    fn headers(&self) -> Headers {
        Headers::ByOutcome
    }

    fn nobody(&self, none: &NoneAvailable) -> Failure {
        texts::nobody(none)
    }

    /// Only LiteLLM's own exceptions know it: neither the router's refusals nor errors of Python's do.
    fn names_timeout(&self, failure: &Failure, phase: Phase) -> NamesTimeout {
        match phase {
            Phase::BeforeStream | Phase::InStream if texts::is_exception(failure) => {
                NamesTimeout::Yes
            }
            Phase::BeforeStream | Phase::InStream | Phase::Unbegun => NamesTimeout::No,
        }
    }

    fn named(&self, failure: Failure, met: &Met<'_>) -> Failure {
        exceptions::named(&failure, met, self.release)
    }

    /// LiteLLM runs the callbacks of failures once per request (litellm 1.106: `has_logged_async_failure`),
    /// and the strategies learn from nothing else.
    fn heard(&self, nth: NthFailure) -> Heard {
        match nth {
            NthFailure::First => Heard::Told,
            NthFailure::Later => Heard::Untold,
        }
    }

    fn refusal(&self, failure: &Failure) -> Refusal {
        if retries::should_retry(failure.status) { Refusal::Passing } else { Refusal::Final }
    }

    fn clean_end(&self) -> CleanEnd {
        CleanEnd::Stop
    }

    fn ignores(&self) -> &'static [Ignored] {
        IGNORED
    }

    fn deserted(&self) -> Deserted {
        Deserted::GoesOn
    }

    /// LiteLLM's client says the same for a dial and for a read that took too long.
    fn dial_timed_out(&self, limit: Duration, _: &str) -> Failure {
        Failure::timed_out(limit)
    }

    /// LiteLLM's own client, by which it speaks to Anthropic, takes a new connection where the first could not be made
    /// or was reset (`custom_httpx/http_handler.py`); OpenAI's library, for OpenAI and Azure, is told not to. A
    /// connection that is closed in order is not tried again.
    fn sends_again(&self, protocol: Protocol) -> SendsAgain {
        match protocol {
            Protocol::OpenAi | Protocol::Azure => SendsAgain::No,
            Protocol::Anthropic | Protocol::Gemini | Protocol::Bedrock | Protocol::Ollama => {
                self.release.after_reset()
            }
        }
    }

    /// LiteLLM forwards frame by frame, so that these had been sent before the stream broke, unless a
    /// reset overtook them. Where no word was among them another group may still answer.
    fn broken_start(&self, start: &Start<'_>, rng: &KeyedRng) -> BrokenStart {
        let overtaken = start.failure.reason == Reason::Cut
            && start.silence <= SAME_FLUSH
            && rng.unit("first-flush") < FIRST_FLUSH_LOST;
        let unbegun = start.bytes == 0 && self.release.unbegun() == Unbegun::Attempt;
        match start.words {
            _ if unbegun => BrokenStart::Unbegun,
            _ if overtaken => BrokenStart::Withdraw,
            0 => BrokenStart::Show,
            1.. => BrokenStart::Commit,
        }
    }
}

/// The longest prompt that a deployment takes: its own figure, else the last that the config has of the same model.
/// LiteLLM registers a deployment's `model_info` for the model that it calls, too, so that it holds for all deployments of
/// that model (litellm 1.106: `router._register_deployment_in_model_cost`).
fn max_input_tokens(config: &Config, deployment: &Deployment) -> Option<u64> {
    let alike = |other: &&Deployment| other.model_as_written == deployment.model_as_written;
    let last =
        || config.deployments.iter().rev().filter(alike).find_map(|one| one.max_input_tokens);
    deployment.max_input_tokens.or_else(last)
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
        if max_input_tokens(query.config, deployment).is_some_and(|most| query.prompt_tokens > most)
        {
            return false;
        }
        let used = (query.requests_this_minute)(index);
        let within = deployment.rpm.is_none_or(|rpm| used < rpm);
        over_rpm |= !within;
        within
    });
    match (candidates.is_empty(), over_rpm) {
        (false, _) => Ok(()),
        (true, true) => Err(Shortage::OverCheckedLimit),
        (true, false) => Err(Shortage::PromptTooLong),
    }
}
