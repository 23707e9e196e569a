//! What a config makes of an outage, asked before there is one: how many attempts a request makes at most
//! and how long its client waits, if every deployment that it can reach is silent or refuses at once; and
//! which failures take nobody out of the rotation, however often they come.
//!
//! Nothing is computed here that the gateway does not decide itself: the same policy is asked, in the same
//! order, with nobody cooling. It must never know what people think of the answer.

use std::sync::Arc;
use std::time::Duration;

use vocab::{At, Seed};

use super::TRIES_MAX;
use super::fallback::{Itinerary, RequestedFallbacks, fallback_targets};
use super::retry::{Failed, RetryPlan};
use crate::config::fleet::{Fleet, Target};
use crate::config::{Config, DeploymentIndex};
use crate::keyed_rng::KeyedRng;
use crate::policy::cooldown::{Circumstances, LimitSetBy, NthFailure};
use crate::policy::deadlines::{Alternative, Answer, Limits, Pace};
use crate::policy::met::{Met, Stage};
use crate::policy::retry::{Called, NextStep, Phase, Situation};
use crate::policy::tags;
use crate::upstream::failure::{ErrorClass, Failure, Trouble};

/// What is wrong with everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// Connections are accepted, and nothing comes.
    Silent,
    /// Every attempt is answered at once, with 503.
    Refusing,
}

/// What becomes of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Attempts in all.
    pub attempts: u32,
    /// Until its client has the error. Waits with a random part are taken from one draw.
    pub lasts: Duration,
    /// Groups in the order in which they are tried.
    pub legs: Vec<Leg>,
}

/// One group's part in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The group, or the id of a deployment.
    pub group: Arc<str>,
    /// Attempts there.
    pub attempts: u32,
    /// How long they take, waits included.
    pub lasts: Duration,
}

/// What becomes of a request for `model` during `outage`; no attempts if nobody has that model.
pub fn outlook(config: &Config, model: &str, answer: Answer, outage: Outage) -> Outlook {
    let fleet = Fleet::new(Arc::new(config.clone()));
    let mut outlook = Outlook { attempts: 0, lasts: Duration::ZERO, legs: Vec::new() };
    let Some(mut target) = fleet.resolve(model) else { return outlook };
    let mut itinerary = Itinerary::new(&target, config.router.max_fallbacks);
    // Ends: an itinerary visits no target twice.
    loop {
        let asked = Asked { fleet: &fleet, answer, outage, target: &target };
        let (leg, failure) = asked.leg(&itinerary, TRIES_MAX.saturating_sub(outlook.attempts));
        outlook.attempts += leg.attempts;
        outlook.lasts += leg.lasts;
        outlook.legs.push(leg);
        let fallbacks = fallback_targets(&fleet, &target, &failure, RequestedFallbacks::default());
        match itinerary.next(fallbacks) {
            Ok(next) if outlook.attempts < TRIES_MAX => target = next,
            Ok(_) | Err(_) => return outlook,
        }
    }
}

/// A request at one target.
struct Asked<'a> {
    fleet: &'a Fleet,
    answer: Answer,
    outage: Outage,
    target: &'a Target,
}

impl Asked<'_> {
    /// All attempts at the target, and the last failure.
    fn leg(&self, itinerary: &Itinerary, tries_left: u32) -> (Leg, Failure) {
        let config = self.fleet.config();
        let members = self.members();
        let mut leg =
            Leg { group: Arc::clone(&self.target.group), attempts: 0, lasts: Duration::ZERO };
        let mut plan = RetryPlan::new(None);
        let mut tried: Vec<DeploymentIndex> = Vec::new();
        let mut failure = Failure::broken(Trouble::Connect, "");
        // Bounded by TRIES_MAX.
        while leg.attempts < tries_left {
            let Some(next) = self.slowest(&members, &tried) else { break };
            tried.push(next);
            let mut situation = self.situation(&tried);
            let after = |failure: &Failure| {
                fallback_targets(self.fleet, self.target, failure, RequestedFallbacks::default())
                    .unwrap_or_default()
            };
            let left = situation.fresh > 0 || itinerary.has_next(&after(&failure));
            let alternative = || if left { Alternative::Left } else { Alternative::None };
            let (met, lasts) = self.attempt(next, &alternative);
            failure = met;
            leg.attempts += 1;
            leg.lasts += lasts;
            situation.has_fallback = itinerary.has_next(&after(&failure));
            let (group, phase) = (&*self.target.group, Phase::BeforeStream);
            let failed = Failed { config, group, failure: &failure, phase, situation };
            let rng = KeyedRng::for_try(Seed(0), "outlook", leg.attempts);
            match plan.after_failure(&failed, &rng) {
                NextStep::Retry { wait } => leg.lasts += wait,
                NextStep::Stop { wait, .. } => {
                    leg.lasts += wait;
                    break;
                }
            }
        }
        (leg, failure)
    }

    /// Whom the target means now: one deployment, or the members at its level of `order`.
    fn members(&self) -> Vec<DeploymentIndex> {
        if let Some(only) = self.target.only {
            return vec![only];
        }
        let group = &self.target.group;
        let level = self.target.order.or(self.fleet.order_levels(group).first().copied());
        let deployments = self.fleet.deployments();
        let at_level =
            |index: &DeploymentIndex| level.is_none() || deployments[index.get()].order == level;
        let untagged = tags::untagged(self.fleet.config(), self.fleet.members(group));
        untagged.into_iter().filter(at_level).collect()
    }

    /// Who keeps the client waiting longest, of those that were not tried if there are any.
    fn slowest(
        &self,
        members: &[DeploymentIndex],
        tried: &[DeploymentIndex],
    ) -> Option<DeploymentIndex> {
        let longest = |index: &&DeploymentIndex| self.limits(**index).timeout;
        let fresh = members.iter().filter(|index| !tried.contains(index)).max_by_key(longest);
        fresh.or_else(|| members.iter().max_by_key(longest)).copied()
    }

    fn situation(&self, tried: &[DeploymentIndex]) -> Situation {
        let members = self.fleet.members(&self.target.group);
        let last = tried.last().and_then(|last| self.fleet.deployments().get(last.get()));
        Situation {
            called: Called::Group,
            group_size: members.len(),
            healthy: members.len(),
            willing: members.len(),
            fresh: members.iter().filter(|index| !tried.contains(index)).count(),
            deployment_retries: last.and_then(|deployment| deployment.num_retries),
            has_fallback: false,
        }
    }

    fn limits(&self, index: DeploymentIndex) -> Limits {
        let (config, deployment) = (self.fleet.config(), &self.fleet.deployments()[index.get()]);
        let streams = deployment.stream_timeout.or(config.router.stream_timeout);
        Limits {
            answer: self.answer,
            timeout: deployment.timeout.unwrap_or(config.router.timeout),
            stream_timeout: streams.filter(|_| self.answer == Answer::Stream),
            left: None,
            pace: Pace::default(),
        }
    }

    /// How an attempt fails, and how long that takes.
    fn attempt(
        &self,
        index: DeploymentIndex,
        alternative: &dyn Fn() -> Alternative,
    ) -> (Failure, Duration) {
        let policy = self.fleet.config().personality.policy;
        let head = policy.deadlines(self.limits(index), alternative).head;
        let (failure, stage, lasts) = match self.outage {
            Outage::Silent => (Failure::timed_out(head), Stage::Unanswered, head),
            Outage::Refusing => {
                (of_class(ErrorClass::ServiceUnavailable), Stage::Refused, Duration::ZERO)
            }
        };
        let deployment = &self.fleet.deployments()[index.get()];
        let met = Met { deployment, answer: self.answer, stage, limit: head, said: &[] };
        (policy.named(failure, &met), lasts)
    }
}

fn of_class(class: ErrorClass) -> Failure {
    Failure { class, status: class.status(), ..Failure::broken(Trouble::Reset, "") }
}

/// Failures that are a deployment's own fault, or its provider's.
const FAULTS: &[ErrorClass] = &[
    ErrorClass::RateLimit,
    ErrorClass::InternalServer,
    ErrorClass::ServiceUnavailable,
    ErrorClass::Timeout,
    ErrorClass::Authentication,
    ErrorClass::NotFound,
];

/// Requests that meet the same failure, one after the other, before it is said to cool nobody: more than any
/// rule asks for but LiteLLM's of deployments that are alone, which wants a thousand.
const IN_A_ROW: u64 = 100;

/// Failures of a deployment that never take it out of the rotation.
pub fn never_cools(config: &Config, index: DeploymentIndex) -> Vec<ErrorClass> {
    let fleet = Fleet::new(Arc::new(config.clone()));
    let Some(deployment) = fleet.deployments().get(index.get()) else { return Vec::new() };
    let group_size = fleet.members(&deployment.group).len();
    let cools = |class: ErrorClass| {
        let mut book = config.personality.policy.cooldown_book(config, Seed(0));
        (0..IN_A_ROW).any(|number| {
            let at = At::after_start(Duration::from_millis(100 * number));
            let (failure, limit) = (NthFailure::First, LimitSetBy::Config);
            let circumstances = Circumstances { at, group_size, failure, limit };
            book.failed(index, &of_class(class), circumstances).begun().is_some()
        })
    };
    FAULTS.iter().copied().filter(|class| !cools(*class)).collect()
}
