//! What is known of one request while it is served: how often it was sent, where to, and how it ended.
//!
//! Every request ends in exactly one of served, given up, broken or left by its client; a state that
//! is dropped before it was told an ending says that the client left. It counts and tells; it decides
//! nothing.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use vocab::At;

use crate::config::DeploymentIndex;
use crate::config::fleet::Target;
use crate::endpoint::Endpoint;
use crate::failover::ability::Word;
use crate::failover::attempt::AttemptError;
use crate::failover::attempt_guard::AttemptGuard;
use crate::failover::desertion::Presence;
use crate::instance::Instance;
use crate::observer::Choice;
use crate::policy::candidates::Cooling;
use crate::policy::cooldown::{CooldownStep, NthFailure};
use crate::policy::fallbacks::NoFallback;
use crate::policy::retry::NoRetry;
use crate::policy::{Refusal, SiblingAttempt};
use crate::routing::remaining::Short;
use crate::routing::router::Tried;
use crate::upstream::dialect::Refused;
use crate::upstream::failure::{Failure, Reason, Trouble};
use crate::upstream::members::Lenience;
use world::Shutdown;

/// One request while it is served.
#[derive(Debug)]
pub(crate) struct RequestState {
    pub(crate) instance: Arc<Instance>,
    pub(crate) shutdown: Arc<Shutdown>,
    pub(crate) endpoint: Endpoint,
    pub(crate) call_id: Arc<str>,
    /// What its draws go by.
    pub(crate) luck: Arc<str>,
    /// When the request's head had come.
    pub(crate) received: At,
    /// Tries in all, sent or not.
    pub(crate) tries: u32,
    /// Attempts in all: tries that were sent.
    pub(crate) attempts: u32,
    /// Tries at the group or deployment that is tried now, sent or not.
    pub(crate) tries_here: u32,
    /// Fallbacks gone to.
    pub(crate) fallbacks: u32,
    /// Retries that were allowed where it is tried now.
    pub(crate) retries_max: u32,
    /// Deployments tried where it is tried now, in order, with repetitions; bounded by the tries.
    pub(crate) tried: Vec<DeploymentIndex>,
    /// Time spent in attempts, for the overhead header.
    pub(crate) upstream_time: Duration,
    /// Those of them that refused it for good.
    pub(crate) refused: Vec<DeploymentIndex>,
    /// Deployments of the group that is tried now into whose words the request cannot be put.
    pub(crate) unfit: Vec<DeploymentIndex>,
    /// What the first of them says about it.
    refusal: Option<Refused>,
    /// What is done about what a deployment cannot be asked.
    pub(crate) lenience: Lenience,
    /// Whose word on what models lack counts.
    pub(crate) word: Word,
    /// Members that the last attempt was sent without.
    pub(crate) dropped: Vec<Box<str>>,
    /// Largest gap without bytes that the last attempt was allowed.
    pub(crate) timeout: Option<Duration>,
    /// The name by which those were asked for that are tried now.
    pub(crate) called: Arc<str>,
    /// Head of an answer whose first frames the client has seen though its stream broke.
    pub(crate) sent_head: Option<HeaderMap>,
    /// Its client.
    pub(crate) presence: Arc<Presence>,
    /// The last failure of each deployment that was asked, in the order of their first attempts.
    pub(crate) failures: Vec<(DeploymentIndex, Failure)>,
    next_failure: NthFailure,
    ended: bool,
}

/// Whether a stream that broke can be gone on with by anybody but its deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// Somebody else is in the group, or there is a fallback.
    Exist,
    /// It is alone.
    None,
}

impl RequestState {
    /// The state of a request whose head came at `received`.
    pub(crate) fn new(
        instance: Arc<Instance>,
        shutdown: Arc<Shutdown>,
        (endpoint, call_id): (Endpoint, Arc<str>),
        received: At,
    ) -> Self {
        instance.metrics.arrived();
        let presence = Presence::new(Arc::clone(&instance), Arc::clone(&call_id), received);
        let luck = instance.luck_of(&call_id);
        Self {
            luck,
            instance,
            shutdown,
            endpoint,
            call_id,
            received,
            tries: 0,
            attempts: 0,
            tries_here: 0,
            fallbacks: 0,
            retries_max: 0,
            tried: Vec::new(),
            refused: Vec::new(),
            unfit: Vec::new(),
            refusal: None,
            lenience: Lenience::Refuse,
            word: Word::default(),
            dropped: Vec::new(),
            upstream_time: Duration::ZERO,
            timeout: None,
            called: Arc::from(""),
            sent_head: None,
            failures: Vec::new(),
            presence: Arc::new(presence),
            next_failure: NthFailure::First,
            ended: false,
        }
    }

    /// Goes on to a fallback: retries count afresh there.
    pub(crate) fn fall_back(&mut self, to: &str) {
        self.fallbacks += 1;
        self.tries_here = 0;
        self.tried.clear();
        self.refused.clear();
        self.unfit.clear();
        self.refusal = None;
        self.lenience = Lenience::Refuse;
        self.word = Word::default();
        self.tell(None, Choice::Failover { to });
    }

    /// The request cannot be put into the words of `deployment`.
    pub(crate) fn is_unfit(&mut self, deployment: DeploymentIndex, refused: Refused) {
        self.unfit.push(deployment);
        self.refusal.get_or_insert(refused);
    }

    /// Nobody of the group can be asked for all of it. What a list of models says is doubted first, once; then, with
    /// `drop`, everybody is asked for less, once; else, or then, says what the first one refused.
    pub(crate) fn make_do(&mut self, drop: bool) -> Option<Refused> {
        let refused = self.refusal.take()?;
        if self.word == Word::Lists {
            self.word = Word::Config;
            self.unfit.clear();
            return None;
        }
        if drop && self.lenience == Lenience::Refuse {
            self.lenience = Lenience::Drop;
            self.unfit.clear();
            return None;
        }
        self.refusal = Some(refused.clone());
        Some(refused)
    }

    /// Whom the request has tried where it is tried now, and who is out of the question.
    pub(crate) fn whom(&self) -> Tried<'_> {
        let cooling = Cooling::LeftOut;
        Tried { all: &self.tried, refused: &self.refused, unfit: &self.unfit, cooling }
    }

    /// Fallbacks as LiteLLM counts them: every failed fallback walks the rest of the list itself, unless the bound on
    /// depth forbids it, and only the first level names its number.
    pub(crate) fn fallbacks_of_the_walk(&self) -> u32 {
        match self.instance.config.router.max_fallbacks {
            0 | 1 => self.fallbacks,
            _ => self.fallbacks.min(1),
        }
    }

    /// An attempt at `deployment` is about to be sent; after a failed one, `waited` ago.
    pub(crate) fn sends(&mut self, deployment: DeploymentIndex, waited: Option<Duration>) {
        let switches = self.tried.last().is_some_and(|&last| last != deployment);
        self.attempts += 1;
        self.tried.push(deployment);
        let attempt = self.attempts;
        let to = self.instance.config.deployments[deployment].id.as_str();
        let what = match waited {
            None => Choice::Pick,
            // Those before were not sent.
            Some(_) if attempt == 1 => Choice::Pick,
            Some(wait) if switches => {
                match self.instance.config.personality.policy.sibling_attempt() {
                    SiblingAttempt::Failover => Choice::Failover { to },
                    SiblingAttempt::Retry => Choice::Retry { attempt, wait },
                }
            }
            Some(wait) => Choice::Retry { attempt, wait },
        };
        self.tell(Some(deployment), what);
    }

    /// These were to be chosen, and too little is left of their limits.
    pub(crate) fn passes_over(&self, those: &[(DeploymentIndex, Short)]) {
        for (deployment, Short { counted, left, needs }) in those.iter().copied() {
            self.tell(Some(deployment), Choice::PassedOver { counted, left, needs });
        }
    }

    /// `deployment` was chosen and is not asked: it answers `most` requests, which is all that it takes.
    pub(crate) fn at_limit(&mut self, deployment: DeploymentIndex, most: u32) {
        self.tried.push(deployment);
        self.tell(Some(deployment), Choice::AtLimit { most });
    }

    /// `deployment` was chosen and answers `most` requests, which is all that it takes: another one is asked first.
    pub(crate) fn spills(&self, deployment: DeploymentIndex, most: u32) {
        self.tell(Some(deployment), Choice::AtLimit { most });
    }

    /// An attempt failed; its deployment may leave the rotation.
    pub(crate) fn attempt_failed(&mut self, guard: &mut AttemptGuard, failure: &Failure) {
        let deployment = guard.deployment();
        let (status, reason) = (failure.upstream_status, failure.reason);
        self.tell(Some(deployment), Choice::AttemptFailed { status, reason });
        match self.failures.iter_mut().find(|(whose, _)| *whose == deployment) {
            Some((_, last)) => last.clone_from(failure),
            None => self.failures.push((deployment, failure.clone())),
        }
        let nth = std::mem::replace(&mut self.next_failure, NthFailure::Later);
        self.tell_cooldown(deployment, guard.failed(failure, nth), reason);
        match self.instance.config.personality.policy.refusal(failure) {
            Refusal::Final => self.refused.push(deployment),
            Refusal::ByModel => self.refused.extend(self.of_its_model(deployment)),
            Refusal::Passing => {}
        }
    }

    /// All deployments of one's model.
    fn of_its_model(&self, deployment: DeploymentIndex) -> Vec<DeploymentIndex> {
        let deployments = &self.instance.config.deployments;
        let model = |index: DeploymentIndex| {
            let deployment = &deployments[index];
            deployment.base_model.as_ref().unwrap_or(&deployment.model)
        };
        let all = DeploymentIndex::all(deployments.len());
        all.filter(|index| model(*index) == model(deployment)).collect()
    }

    /// The attempt at `deployment`, which was out, is to show whether it is back.
    pub(crate) fn probes(&self, deployment: DeploymentIndex) {
        self.tell(Some(deployment), Choice::Probe);
    }

    /// A second attempt is made beside the one under way, at `deployment`, which began `after` it.
    pub(crate) fn hedges(&mut self, deployment: DeploymentIndex, after: Duration) {
        self.tries += 1;
        self.tries_here += 1;
        self.attempts += 1;
        self.tried.push(deployment);
        self.tell(Some(deployment), Choice::Hedge { attempt: self.attempts, after });
    }

    /// One of two attempts failed, and the other goes on.
    pub(crate) fn failed_beside(&mut self, error: AttemptError) {
        let AttemptError { mut guard, failure, .. } = error;
        self.attempt_failed(&mut guard, &failure);
    }

    /// The attempt beside answered, and it belongs to a fallback.
    pub(crate) fn falls_back_beside(&mut self, target: &Target) {
        self.fallbacks += 1;
        self.called = Arc::clone(&target.called);
    }

    /// Somebody else answered before `deployment`, which was asked first, had said a word.
    pub(crate) fn overtaken(&self, deployment: DeploymentIndex) {
        let step = self.instance.router.overtaken(deployment, self.instance.clock.now());
        self.tell_cooldown(deployment, step, Reason::Stalled);
    }

    /// The stream of `guard` has said nothing for a while, and goes on or not.
    pub(crate) fn fell_silent(&self, guard: &mut AttemptGuard) {
        let failure = Failure::broken(Trouble::Stalled, "");
        self.tell_cooldown(guard.deployment(), guard.suspected(&failure), failure.reason);
    }

    /// Somebody else is looked for who goes on with the stream of `broken`: fallbacks and retries count afresh.
    pub(crate) fn looks_for_the_rest(&mut self, broken: DeploymentIndex, others: Others) {
        self.tries_here = 0;
        self.tried.retain(|index| *index == broken);
        self.refused.clear();
        match others {
            Others::Exist => self.refused.push(broken),
            Others::None => {}
        }
        self.unfit.clear();
        self.refusal = None;
        self.lenience = Lenience::Refuse;
    }

    /// `deployment` goes on with a stream of which the client has so many `tokens`.
    pub(crate) fn resumed(&self, deployment: DeploymentIndex, tokens: u64) {
        self.instance.metrics.resumed(deployment);
        self.tell(Some(deployment), Choice::Resumed { tokens });
    }

    fn tell_cooldown(&self, deployment: DeploymentIndex, step: CooldownStep, reason: Reason) {
        self.instance.tell_cooldown(&self.call_id, deployment, (step, reason));
    }

    /// The group that is tried now is given up.
    pub(crate) fn no_retry(&self, why: NoRetry) {
        self.tell(self.tried.last().copied(), Choice::NoRetry { why });
    }

    /// No group is left to go to.
    pub(crate) fn no_fallback(&self, why: NoFallback) {
        self.tell(self.tried.last().copied(), Choice::NoFallback { why });
    }

    /// An answer came that the policy does not let pass: its deployment is not at fault.
    pub(crate) fn answer_withdrawn(&self, failure: &Failure) {
        let (status, reason) = (Some(200), failure.reason);
        self.tell(self.tried.last().copied(), Choice::AttemptFailed { status, reason });
    }

    /// The request was answered completely.
    pub(crate) fn served(&mut self, deployment: DeploymentIndex) {
        self.end(200);
        self.tell(Some(deployment), Choice::Served { attempts: self.attempts });
    }

    /// The gateway itself answered.
    pub(crate) fn answered_here(&mut self) {
        self.end(200);
        self.tell(None, Choice::Served { attempts: self.attempts });
    }

    /// The request gets an error.
    pub(crate) fn gave_up(&mut self, status: u16, reason: Reason) {
        self.end(status);
        self.tell(None, Choice::GaveUp { status, reason });
    }

    /// The stream broke after content had been sent.
    pub(crate) fn stream_broken(&mut self, guard: &mut AttemptGuard, failure: &Failure) {
        self.attempt_failed(guard, failure);
        self.ends_broken(guard.deployment(), failure);
    }

    /// Nobody goes on with the stream that broke after content had been sent.
    pub(crate) fn ends_broken(&mut self, deployment: DeploymentIndex, failure: &Failure) {
        self.no_retry(NoRetry::Committed);
        self.end(failure.status);
        self.tell(Some(deployment), Choice::StreamBroken { reason: failure.reason });
    }

    /// The stream is called off after content had been sent, through no fault of its deployment.
    pub(crate) fn called_off(&mut self, deployment: DeploymentIndex, failure: &Failure) {
        self.end(failure.status);
        self.tell(Some(deployment), Choice::StreamBroken { reason: failure.reason });
    }

    /// Tells the observer.
    pub(crate) fn tell(&self, deployment: Option<DeploymentIndex>, what: Choice<'_>) {
        self.instance.tell(&self.call_id, deployment, what);
    }

    fn end(&mut self, status: u16) {
        self.ended = true;
        // What becomes of it after its client left was counted then.
        if !self.presence.has_left() {
            let clock = self.instance.clock;
            self.instance.metrics.answered(status, clock.now().since(self.received));
        }
    }
}

impl Drop for RequestState {
    fn drop(&mut self) {
        if !self.ended {
            self.presence.leaves();
        }
    }
}
