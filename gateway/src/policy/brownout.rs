//! `brownout`: this gateway's own behaviour.
//!
//! Whatever goes wrong before the client has a word goes to the next deployment at once, while one is
//! left that this request has not tried; only then waits are made. Circuit breakers take deployments
//! out, connection errors included. A first word that is late is given up while somebody else could
//! still answer. Requests that are at fault themselves are neither repeated nor sold twice.

mod breakers;
mod deadlines;
mod last;
mod naming;
mod retries;

use std::borrow::Cow;
use std::time::Duration;

use vocab::{Protocol, Seed};

use super::candidates::{CandidateQuery, Cooling, Shortage};
use super::concurrency::{AtLimit, Busy};
use super::cooldown::CooldownBook;
use super::deadlines::{Alternative, Answer, Deadlines, Limits};
use super::fallbacks::{FallbackQuery, FoundBy, NoFallback};
use super::met::Met;
use super::retry::{Allowance, FailedAttempt, NextStep};
use super::wording::{Attempts, Down};
use super::{
    Abilities, EmptyAnswer, Filtered, Ignored, Kind, OwnLimit, Personality, Policy, Refusal,
    SendsAgain, SiblingAttempt, SignOfLife, WatchesPace,
};
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

const SHARED: &str =
    "circuit breakers decide who cools, unless router_settings or a deployment say a number";
const CHECKED: &str = "prompts are always measured against max_input_tokens";

/// How far the estimate of a prompt's tokens can be above the truth: only what is longer by more than that is known
/// not to fit. The gateway counts 4 bytes to a token of JSON, and hardly any text has more than 8.
const ESTIMATE_ERROR: u64 = 2;

/// Longest wait for a place at a deployment that answers as many requests as it takes.
const QUEUE_MAX: Duration = Duration::from_secs(10);

/// Settings of LiteLLM that have no part in what this personality does.
const IGNORED: &[Ignored] = &[
    ignored("litellm_settings.allowed_fails", SHARED),
    ignored("router_settings.enable_pre_call_checks", CHECKED),
];

#[derive(Debug)]
struct Brownout;

impl Policy for Brownout {
    /// The untried first, and nobody who refused this request for good. Where everybody cools, and there is no
    /// fallback either, whose cooldown ends first, unless the provider said that it would refuse until then.
    /// Who says that less is left of its limits than the request takes is asked if nobody else is there.
    /// Levels of `order` are kept among those that are left, so that a higher one is reached within the group.
    fn candidates(&self, query: &CandidateQuery<'_>) -> Result<Vec<DeploymentIndex>, Shortage> {
        let room = with_room(query);
        let members = &*room;
        if members.is_empty() && !query.members.is_empty() {
            return Err(Shortage::PromptTooLong);
        }
        let query = &CandidateQuery { members, ..*query };
        let mut candidates = query.admitted();
        let mut meant = query.members.to_vec();
        query.keep_tagged(&mut meant)?;
        // Whoever is meant may cool.
        if query.keep_tagged(&mut candidates).is_err() {
            candidates.clear();
        }
        candidates.retain(|index| !query.refused.contains(index));
        if candidates.iter().any(|index| !query.tried.contains(index)) {
            candidates.retain(|index| !query.tried.contains(index));
        }
        if candidates.is_empty() {
            let last_hope = match query.cooling {
                Cooling::LeftOut => None,
                Cooling::LastHope => first_to_return(query, &meant),
            };
            return last_hope.map(|index| vec![index]).ok_or(Shortage::AllCooling);
        }
        // Who has lost time already, or is asked beside somebody who is late, proves nothing for others.
        let proven = |index: &DeploymentIndex| query.cooldowns.proven(*index, query.at);
        if !query.tried.is_empty() && candidates.iter().any(proven) {
            candidates.retain(proven);
        }
        if candidates.iter().any(|index| !(query.short)(*index)) {
            candidates.retain(|index| !(query.short)(*index));
        }
        query.keep_level(&mut candidates);
        let warm = started(query, &candidates);
        Ok(if warm.is_empty() { candidates } else { warm })
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
        // What a filter refused is not carried elsewhere until somebody accepts it, unless that is what was asked for.
        let filtered =
            query.failure.class == ErrorClass::ContentPolicy && !query.names_content_policy();
        // Another group would refuse the same request again, and be paid for it; a client that names
        // one knows better.
        if (at_fault || filtered) && query.requested.is_empty() {
            return Err(NoFallback::RequestAtFault);
        }
        Ok(query.named(FoundBy::NameOrGroup).collect())
    }

    /// Withdrawn where somebody is named who may answer it: by `content_policy_fallbacks`, or by the client.
    fn filtered_answer(&self, query: &FallbackQuery<'_>, _: Answer) -> Filtered {
        let leads_elsewhere =
            self.fallbacks(query).is_ok_and(|targets| targets.iter().any(|to| to != query.from));
        if leads_elsewhere { Filtered::Withdrawn } else { Filtered::Passed }
    }

    fn empty_answer(&self) -> EmptyAnswer {
        EmptyAnswer::Fails
    }

    fn deadlines(&self, limits: Limits, alternative: &dyn Fn() -> Alternative) -> Deadlines {
        deadlines::of(limits, alternative())
    }

    fn cooldown_book(&self, config: &Config, seed: Seed) -> Box<dyn CooldownBook> {
        Box::new(breakers::Breakers::new(config, seed))
    }

    fn named(&self, failure: Failure, met: &Met<'_>) -> Failure {
        naming::named(failure, met)
    }

    fn error_text(&self, failure: &Failure) -> String {
        format!("{}.", failure.message.trim_end_matches('.'))
    }

    /// A bad key, a model that is not there and an unpaid bill are the same a moment later; a window is the same at every
    /// deployment of the model.
    fn refusal(&self, failure: &Failure) -> Refusal {
        let final_class = matches!(
            failure.class,
            ErrorClass::Authentication | ErrorClass::PermissionDenied | ErrorClass::NotFound
        );
        if final_class || failure.reason == Reason::CreditExhausted {
            Refusal::Final
        } else if failure.class == ErrorClass::ContextWindow {
            Refusal::ByModel
        } else {
            Refusal::Passing
        }
    }

    fn ignores(&self) -> &'static [Ignored] {
        IGNORED
    }

    fn watches_pace(&self) -> WatchesPace {
        WatchesPace::Yes
    }

    /// Comments keep a connection open, and tell nobody anything.
    fn sign_of_life(&self) -> SignOfLife {
        SignOfLife::Content
    }

    /// A connection that its other end had closed for being idle tells nothing of the deployment.
    fn sends_again(&self, _: Protocol) -> SendsAgain {
        SendsAgain::AfterStale
    }

    fn own_limit(&self) -> OwnLimit {
        OwnLimit::Everything
    }

    fn last_failure(&self, failure: Failure, down: &Down<'_>) -> Failure {
        last::failure(failure, down)
    }

    /// The error says what there is to say; which groups the config names is the operator's business.
    fn last_words(&self, failure: &Failure, _: &Attempts<'_>) -> String {
        self.error_text(failure)
    }

    /// Whoever is full is passed over for whoever is idle; a queue is short, so that its wait is not longer than that
    /// of a client who is told to come back.
    fn at_limit(&self, _: &Busy<'_>) -> AtLimit {
        AtLimit::Spills { wait_max: QUEUE_MAX }
    }

    fn abilities(&self) -> Abilities {
        Abilities::Heeded
    }

    fn sibling_attempt(&self) -> SiblingAttempt {
        SiblingAttempt::Failover
    }
}

/// Those of `candidates` that get this request for all that slow starts leave them: each that is coming back is left out
/// with a chance that shrinks, if others can take its share.
fn started(query: &CandidateQuery<'_>, candidates: &[DeploymentIndex]) -> Vec<DeploymentIndex> {
    let gets = |index: &DeploymentIndex| {
        let share = query.cooldowns.share(*index, query.at);
        let id = query.config.deployments[*index].id.as_str();
        share >= 1.0 || query.rng.unit_for("slow start", id) < share
    };
    candidates.iter().copied().filter(gets).collect()
}

/// Members whose window the prompt fits; where it fits nobody's by the estimate, those of whom it is not certain: the
/// estimate may be wrong, and so may a list of models.
fn with_room<'q>(query: &CandidateQuery<'q>) -> Cow<'q, [DeploymentIndex]> {
    let of = |index: &DeploymentIndex| &query.config.deployments[*index];
    let own = |index: &DeploymentIndex| of(index).max_input_tokens;
    let most = |index: &DeploymentIndex| own(index).or(of(index).listed.max_input_tokens);
    if query.members.iter().all(|index| most(index).is_none()) {
        return Cow::Borrowed(query.members);
    }
    let with = |tokens: u64, most: &dyn Fn(&DeploymentIndex) -> Option<u64>| {
        let fits = |index: &&DeploymentIndex| most(index).is_none_or(|most| tokens <= most);
        query.members.iter().filter(fits).copied().collect::<Vec<_>>()
    };
    let fitting = with(query.prompt_tokens, &most);
    if !fitting.is_empty() {
        return Cow::Owned(fitting);
    }
    Cow::Owned(with(query.prompt_tokens / ESTIMATE_ERROR, &own))
}

/// Whose cooldown ends first of those of `meant` that may answer for all that is known, rather one that this request has
/// not tried; ties go to the first of the list.
fn first_to_return(
    query: &CandidateQuery<'_>,
    meant: &[DeploymentIndex],
) -> Option<DeploymentIndex> {
    let wait = |index: DeploymentIndex| query.cooldowns.remaining(index, query.at);
    let refuses = |index: &DeploymentIndex| {
        query.refused.contains(index) || query.cooldowns.announced_by_provider(*index, query.at)
    };
    let members = meant.iter().copied().filter(|index| !refuses(index));
    members.min_by_key(|&index| (query.tried.contains(&index), wait(index)))
}
