//! `brownout`: this gateway's own behaviour.
//!
//! Whatever goes wrong before the client has a word goes to the next deployment at once, while one is
//! left that this request has not tried; only then waits are made. Circuit breakers take deployments
//! out, connection errors included. A first word that is late is given up while somebody else could
//! still answer. Requests that are at fault themselves are neither repeated nor sold twice.

mod breakers;
mod deadlines;
mod retries;

use vocab::Seed;

use super::candidates::{CandidateQuery, Shortage};
use super::cooldown::CooldownBook;
use super::deadlines::{Alternative, Deadlines, Limits};
use super::fallbacks::{FallbackQuery, FoundBy, NoFallback};
use super::retry::{Allowance, FailedAttempt, NextStep};
use super::{Ignored, Kind, Personality, Policy, Recheck, SiblingAttempt};
use crate::config::fleet::Target;
use crate::config::{Config, DeploymentIndex};
use crate::upstream::failure::{ErrorClass, Failure, Reason};

pub(super) const PERSONALITY: Personality = Personality {
    name: "brownout",
    kind: Kind::BuiltIn,
    summary: "Ours: the next deployment at once, circuit breakers, a deadline for the first word.",
    policy: &Brownout,
};

const fn ignored(path: &'static str, instead: &'static str) -> Ignored {
    Ignored { path, instead }
}

/// What follows a failure depends on the failure, and not on a count per class.
const BREAKERS: &str = "circuit breakers decide who cools";
const RETRIES: &str = "every deployment of the group is tried once, then num_retries more at most";
const UNCHECKED: &str = "nothing is checked before a call";

/// Settings of LiteLLM that have no part in what this personality does.
const IGNORED: &[Ignored] = &[
    ignored("router_settings.allowed_fails", BREAKERS),
    ignored("litellm_settings.allowed_fails", BREAKERS),
    ignored("router_settings.allowed_fails_policy", BREAKERS),
    ignored("model_list[].model_info.allowed_fails", BREAKERS),
    ignored("model_list[].model_info.allowed_fails_policy", BREAKERS),
    ignored("router_settings.retry_policy", RETRIES),
    ignored("router_settings.model_group_retry_policy", RETRIES),
    ignored("model_list[].litellm_params.num_retries", RETRIES),
    ignored("router_settings.enable_pre_call_checks", UNCHECKED),
    ignored("model_list[].model_info.max_input_tokens", UNCHECKED),
];

#[derive(Debug)]
struct Brownout;

impl Policy for Brownout {
    /// The untried first; where everybody cools, whose cooldown ends first. Levels of `order` are kept
    /// among those that are left, so that a higher one is reached within the group.
    fn candidates(&self, query: &CandidateQuery<'_>) -> Result<Vec<DeploymentIndex>, Shortage> {
        let mut candidates = query.admitted();
        if candidates.iter().any(|index| !query.tried.contains(index)) {
            candidates.retain(|index| !query.tried.contains(index));
        }
        if candidates.is_empty() {
            return first_to_return(query).map(|index| vec![index]).ok_or(Shortage::AllCooling);
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
        let at_fault =
            matches!(query.failure.class, ErrorClass::BadRequest | ErrorClass::UnprocessableEntity)
                && query.failure.reason != Reason::Unsupported;
        // Another group would refuse the same request again, and be paid for it; a client that names
        // one knows better.
        if at_fault && query.requested.is_empty() {
            return Err(NoFallback::RequestAtFault);
        }
        Ok(query.named(FoundBy::NameOrGroup).collect())
    }

    fn deadlines(&self, limits: Limits, alternative: &dyn Fn() -> Alternative) -> Deadlines {
        deadlines::of(limits, alternative())
    }

    fn cooldown_book(&self, config: &Config, seed: Seed) -> Box<dyn CooldownBook> {
        Box::new(breakers::Breakers::new(config, seed))
    }

    fn error_text(&self, failure: &Failure) -> String {
        format!("{}.", failure.message.trim_end_matches('.'))
    }

    /// Cooldowns start short and grow; the first probe comes after the shortest.
    fn recheck(&self, config: &Config) -> Recheck {
        let after = config.longest_cooldown().min(breakers::COOLDOWN_FIRST);
        Recheck { after, name: "probe interval" }
    }

    fn ignores(&self) -> &'static [Ignored] {
        IGNORED
    }

    fn sibling_attempt(&self) -> SiblingAttempt {
        SiblingAttempt::Failover
    }
}

/// Whose cooldown ends first, rather one that this request has not tried; ties go to the first of the
/// list.
fn first_to_return(query: &CandidateQuery<'_>) -> Option<DeploymentIndex> {
    let wait = |index: DeploymentIndex| query.cooldowns.remaining(index, query.at);
    let members = query.members.iter().copied();
    members.min_by_key(|&index| (query.tried.contains(&index), wait(index)))
}
