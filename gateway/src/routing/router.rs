//! Chooses a deployment for the next attempt: the fleet, the strategy and the health book of one
//! gateway instance, behind one short lock.
//!
//! Synchronous and pure but for that state: it is told the instant and handed keyed randomness, and it
//! never waits or sends. Every attempt is reported as started and then exactly once as succeeded,
//! failed or abandoned; from this the strategy and the cooldowns learn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vocab::{At, Seed};

use super::hedge_budget::HedgeBudget;
use super::remaining::{Remaining, Short};
pub use super::reported::{BookHeard, Ended, Tried, Try};
use super::retry_budget::RetryBudget;
use super::strategy::minute::MinuteUsage;
use super::strategy::{ArgError, Ask, Learned, Lesson, Strategy, Success, View};
use super::usual::{Expected, Usual};
use crate::config::fleet::{Fleet, Target};
use crate::config::{Config, DeploymentIndex};
use crate::keyed_rng::KeyedRng;
use crate::policy::candidates::{CandidateQuery, Shortage};
use crate::policy::cooldown::{
    Circumstances, CooldownBook, CooldownStep, LimitSetBy, NoCooldown, NthFailure,
};
use crate::policy::deadlines::{Answer, Standing};
use crate::policy::none_available::{Group, NoneAvailable};
use crate::policy::retry::{Called, Situation};
use crate::policy::{Heard, WatchesPace};
use crate::upstream::announced::{Left, Need};
use crate::upstream::failure::Failure;

/// The routing state of one instance.
#[derive(Debug)]
pub struct Router {
    fleet: Fleet,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    strategy: Box<dyn Strategy>,
    cooldowns: Box<dyn CooldownBook>,
    /// Requests of this minute, for pre-call checks.
    usage: MinuteUsage,
    usual: Usual,
    /// What providers say is left of their limits.
    remaining: Remaining,
    hedges: HedgeBudget,
    /// By group.
    retries: BTreeMap<Arc<str>, RetryBudget>,
}

/// Why a router cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouterError {
    /// An argument that the strategy cannot use.
    #[error("routing_strategy_args: {0}")]
    Argument(#[from] ArgError),
}

/// What a group may still be asked; `None` where none of its deployments has such a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Requests per minute.
    pub requests: Option<Quota>,
    /// Tokens per minute.
    pub tokens: Option<Quota>,
}

/// A limit per minute, and what is left of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// The limit.
    pub limit: u64,
    /// What is left.
    pub left: u64,
}

impl Quota {
    fn add(quota: &mut Option<Self>, limit: Option<u64>, used: u64) {
        let Some(limit) = limit else { return };
        let sum = quota.get_or_insert_default();
        sum.limit = sum.limit.saturating_add(limit);
        sum.left = sum.left.saturating_add(limit.saturating_sub(used));
    }
}

impl Router {
    /// Everybody healthy, nothing learned.
    ///
    /// # Errors
    /// If the strategy cannot use its arguments.
    pub fn new(config: Arc<Config>, seed: Seed) -> Result<Self, RouterError> {
        let entry = config.router.routing_strategy;
        let state = State {
            strategy: (entry.build)(&config.router.routing_strategy_args)?,
            cooldowns: config.personality.policy.cooldown_book(&config, seed),
            usage: MinuteUsage::default(),
            usual: Usual::default(),
            remaining: Remaining::default(),
            hedges: HedgeBudget::new(config.own_settings().hedging),
            retries: BTreeMap::new(),
        };
        Ok(Self { fleet: Fleet::new(config), state: Mutex::new(state) })
    }

    /// The fleet.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Whom a request for `model` means; see [`Fleet::resolve`].
    pub fn resolve(&self, model: &str) -> Option<Target> {
        self.fleet.resolve(model)
    }

    /// Chooses a deployment for the next attempt of a request that already tried `tried`, or says
    /// why there is none. A deployment that is asked for by its id is chosen even while it cools.
    ///
    /// A deployment that is half open is claimed with the choice, so that no second request probes it
    /// at the same time; a choice that is not followed by [`Self::started`] must be given back with
    /// [`Self::unclaimed`].
    ///
    /// # Errors
    /// [`NoneAvailable`].
    pub fn pick(
        &self,
        ask: &Ask<'_>,
        tried: Tried<'_>,
        rng: &KeyedRng,
    ) -> Result<DeploymentIndex, NoneAvailable> {
        let mut state = self.state();
        let chosen = match self.fleet.by_id(ask.group) {
            // It is asked even while it cools, but not again by a request that it has no place for.
            Some(only) if tried.unfit.contains(&only) => {
                return Err(self.nobody(&state, ask, Shortage::AllCooling));
            }
            Some(only) => only,
            None => self.choose(&mut state, ask, tried, rng)?,
        };
        state.cooldowns.claim(chosen, ask.at);
        Ok(chosen)
    }

    /// A deployment was chosen, and nothing was sent to it after all.
    pub fn unclaimed(&self, deployment: DeploymentIndex) {
        self.state().cooldowns.abandoned(deployment);
    }

    fn choose(
        &self,
        state: &mut State,
        ask: &Ask<'_>,
        tried: Tried<'_>,
        rng: &KeyedRng,
    ) -> Result<DeploymentIndex, NoneAvailable> {
        let config = self.fleet.config();
        let fit: Vec<DeploymentIndex>;
        let group = match (self.fleet.members(ask.group), tried.unfit) {
            (all, []) => all,
            (all, unfit) => {
                fit = all.iter().filter(|index| !unfit.contains(index)).copied().collect();
                &fit
            }
        };
        let requests_this_minute =
            |index: DeploymentIndex| state.usage.of(index, ask.unix_seconds).requests;
        let need = ask.need();
        let short = |index: DeploymentIndex| state.remaining.short(index, need, ask.at).is_some();
        let query = CandidateQuery {
            config,
            members: group,
            order: ask.order,
            prompt_tokens: ask.prompt_tokens,
            tags: ask.tags,
            user_agent: ask.user_agent,
            at: ask.at,
            tried: tried.all,
            refused: tried.refused,
            cooldowns: &*state.cooldowns,
            cooling: tried.cooling,
            requests_this_minute: &requests_this_minute,
            short: &short,
            rng,
        };
        let candidates = config.personality.policy.candidates(&query);
        let candidates = candidates.map_err(|why| self.nobody(state, ask, why))?;
        let view = View { deployments: self.fleet.deployments(), candidates: &candidates, group };
        let picked = state.strategy.pick(ask, &view, rng);
        picked.ok_or_else(|| self.nobody(state, ask, Shortage::OverLimit))
    }

    /// Those whom a request that was given `picked` has not been sent to because too little is left of their limits: they
    /// were to be chosen as soon as it, and it has enough.
    pub fn passed_over(
        &self,
        ask: &Ask<'_>,
        tried: Tried<'_>,
        picked: DeploymentIndex,
    ) -> Vec<(DeploymentIndex, Short)> {
        let state = self.state();
        let short = |index: DeploymentIndex| state.remaining.short(index, ask.need(), ask.at);
        let order = |index: DeploymentIndex| self.fleet.deployments()[index].order;
        if short(picked).is_some() {
            return Vec::new();
        }
        let left_out = [tried.all, tried.refused, tried.unfit];
        let members = self.fleet.members(ask.group).iter().copied().filter(|index| {
            state.cooldowns.admits(*index, ask.at)
                && order(*index) <= order(picked)
                && !left_out.iter().any(|those| those.contains(index))
        });
        members.filter_map(|index| Some((index, short(index)?))).collect()
    }

    /// A request is sent that takes this of its deployment's limits.
    pub fn spends(&self, attempt: &Try<'_>, need: Need) {
        self.state().remaining.spend(attempt.deployment, need, attempt.at);
    }

    /// A provider said what is left of its limits, as of the begin of an attempt.
    pub fn told(&self, deployment: DeploymentIndex, begun: At, limits: Vec<Left>) {
        self.state().remaining.told(deployment, begun, limits);
    }

    /// An attempt is about to be sent. Where it is to show that its deployment is back, says how long its stream must
    /// have spoken to show it before its end.
    pub fn started(&self, attempt: &Try<'_>) -> Option<Duration> {
        let mut state = self.state();
        state.usage.count(attempt.deployment, attempt.unix_seconds, 1, 0);
        state.learn(attempt, Learned::Started);
        state.cooldowns.proof(attempt.deployment, attempt.at)
    }

    /// The stream of a probe has spoken for as long as it takes; what it is about may be over by now.
    pub fn proved(&self, deployment: DeploymentIndex, at: At) {
        let mut state = self.state();
        if state.cooldowns.is_probed(deployment, at) {
            state.cooldowns.succeeded(deployment, at);
        }
    }

    /// An attempt was answered completely.
    pub fn succeeded(&self, attempt: &Try<'_>, success: Success) {
        let mut state = self.state();
        state.cooldowns.succeeded(attempt.deployment, attempt.at);
        if !success.stream && self.watches() {
            let (answer, prompt_tokens) = (Answer::Whole, success.prompt_estimate);
            let expected = Expected { answer, prompt_tokens, answer_max: success.answer_max };
            state.usual.observe(attempt.deployment, expected, success.elapsed);
        }
        let tokens = success.prompt_tokens.saturating_add(success.completion_tokens);
        state.usage.count(attempt.deployment, attempt.unix_seconds, 0, tokens);
        state.learn(attempt, Learned::Succeeded(success));
    }

    /// What a group may still be asked in this minute, by the limits of its deployments, all taken together.
    pub fn allowance(&self, group: &str, unix_seconds: u64) -> Allowance {
        let state = self.state();
        let (mut requests, mut tokens) = (None, None);
        for &index in self.fleet.members(group) {
            let deployment = &self.fleet.deployments()[index];
            let used = state.usage.of(index, unix_seconds);
            Quota::add(&mut requests, deployment.rpm, used.requests);
            Quota::add(&mut tokens, deployment.tpm, used.tokens);
        }
        Allowance { requests, tokens }
    }

    /// The first content of an attempt's stream came, `ttft` after it was sent.
    pub fn first_token(&self, attempt: &Try<'_>, prompt_tokens: u64, ttft: Duration) {
        let mut state = self.state();
        if self.watches() {
            let expected = Expected { answer: Answer::Stream, prompt_tokens, answer_max: None };
            state.usual.observe(attempt.deployment, expected, ttft);
        }
        state.learn(attempt, Learned::FirstToken { ttft });
    }

    fn watches(&self) -> bool {
        self.fleet.config().personality.policy.watches_pace() == WatchesPace::Yes
    }

    /// An attempt failed; says what becomes of its deployment's cooldown. The strategy hears of it if the
    /// policy says so.
    pub fn failed(&self, attempt: &Try<'_>, failure: &Failure, ended: Ended) -> CooldownStep {
        let Ended { nth, elapsed, limit, heard } = ended;
        let group_size = self.fleet.members(attempt.group).len();
        let circumstances = Circumstances { at: attempt.at, group_size, failure: nth, limit };
        let mut state = self.state();
        let step = match heard {
            BookHeard::Never => state.cooldowns.failed(attempt.deployment, failure, circumstances),
            BookHeard::Before => CooldownStep::None(NoCooldown::LaterFailure),
        };
        match self.fleet.config().personality.policy.heard(nth) {
            Heard::Told => state.learn(attempt, Learned::Failed { class: failure.class, elapsed }),
            Heard::Untold => {}
        }
        step
    }

    /// Somebody else answered before an attempt at a deployment, which was asked first, had said a word.
    pub fn overtaken(&self, deployment: DeploymentIndex, at: At) -> CooldownStep {
        self.state().cooldowns.overtaken(deployment, at)
    }

    /// An attempt under way has been silent for a while: the health book counts it as a failure, and the attempt goes
    /// on.
    pub fn suspected(&self, attempt: &Try<'_>, failure: &Failure) -> CooldownStep {
        let group_size = self.fleet.members(attempt.group).len();
        let (failure_nth, limit) = (NthFailure::First, LimitSetBy::Config);
        let circumstances =
            Circumstances { at: attempt.at, group_size, failure: failure_nth, limit };
        self.state().cooldowns.failed(attempt.deployment, failure, circumstances)
    }

    /// Deployments that are out, each with the time until it can be seen whether it is back; none for those that may be
    /// checked now.
    pub fn out(&self, at: At) -> Vec<(DeploymentIndex, Duration)> {
        let state = self.state();
        let all = DeploymentIndex::all(self.fleet.deployments().len());
        let out = all.filter(|index| !state.cooldowns.proven(*index, at));
        out.map(|index| (index, state.cooldowns.remaining(index, at).unwrap_or_default())).collect()
    }

    /// A check of the gateway's own is sent: it counts among the requests of this minute, and is a probe where its
    /// deployment is out.
    pub fn checks(&self, attempt: &Try<'_>) {
        let mut state = self.state();
        state.usage.count(attempt.deployment, attempt.unix_seconds, 1, 0);
        state.cooldowns.claim(attempt.deployment, attempt.at);
    }

    /// A check was answered. Of a deployment that nothing is held against it tells nothing: it asked for a token, and
    /// requests ask for more.
    pub fn passed(&self, deployment: DeploymentIndex, at: At) {
        let mut state = self.state();
        if !state.cooldowns.proven(deployment, at) {
            state.cooldowns.succeeded(deployment, at);
        }
    }

    /// A deployment cannot be asked for what a check asks for: requests show whether it is back.
    pub fn cannot_be_checked(&self, deployment: DeploymentIndex) {
        self.state().cooldowns.cannot_be_checked(deployment);
    }

    /// An attempt is made that a second one may be made beside.
    pub fn pays_for_hedges(&self) {
        self.state().hedges.pay_in();
    }

    /// Whether a second attempt may be made beside one that is later than usual; it is paid for with the answer.
    pub fn may_hedge(&self) -> bool {
        self.state().hedges.take()
    }

    /// A request is tried at a group of the fleet.
    pub fn pays_for_retries(&self, group: &Arc<str>, at: At) {
        if self.fleet.config().own_settings().retry_budget.is_some() {
            self.state().retries.entry(Arc::clone(group)).or_default().pay_in(at);
        }
    }

    /// Whether a request may be tried once more at a group; it is paid for with the answer. If not, the share of requests
    /// that may.
    ///
    /// # Errors
    /// The share that is used up.
    pub fn may_retry(&self, group: &str, at: At) -> Result<(), f64> {
        let Some(share) = self.fleet.config().own_settings().retry_budget else { return Ok(()) };
        let mut state = self.state();
        match state.retries.get_mut(group).is_none_or(|budget| budget.take(share, at)) {
            true => Ok(()),
            false => Err(share),
        }
    }

    /// The time in which 95 of 100 such answers came from a deployment.
    pub fn usual(&self, deployment: DeploymentIndex, expected: Expected) -> Option<Duration> {
        self.state().usual.of(deployment, expected)
    }

    /// Whether it is known that a deployment answers, of one that was just chosen.
    pub fn standing(&self, deployment: DeploymentIndex, at: At) -> Standing {
        match self.state().cooldowns.is_probed(deployment, at) {
            true => Standing::Probed,
            false => Standing::Proven,
        }
    }

    /// The client went away during an attempt.
    pub fn abandoned(&self, attempt: &Try<'_>) {
        let mut state = self.state();
        state.cooldowns.abandoned(attempt.deployment);
        state.learn(attempt, Learned::Abandoned);
    }

    /// Deployments of a group that may be chosen now.
    pub fn healthy(&self, group: &str, at: At) -> usize {
        let state = self.state();
        let members = self.fleet.members(group).iter();
        members.filter(|&&index| state.cooldowns.admits(index, at)).count()
    }

    /// Who cools, and how long still; by index.
    pub fn cooling(&self, at: At) -> Vec<(DeploymentIndex, Duration)> {
        let state = self.state();
        let all = DeploymentIndex::all(self.fleet.deployments().len());
        all.filter_map(|index| Some((index, state.cooldowns.remaining(index, at)?))).collect()
    }

    /// Whether every deployment of a group is among `unfit`.
    pub fn nobody_fits(&self, group: &str, unfit: &[DeploymentIndex]) -> bool {
        self.fleet.members(group).iter().all(|index| unfit.contains(index))
    }

    /// What a policy is told about a group after the last of `tried` failed. Who cannot be asked is not
    /// counted among the healthy.
    pub fn situation(&self, group: &str, tried: Tried<'_>, at: At) -> Situation {
        let members = self.fleet.members(group);
        let state = self.state();
        let fit = || members.iter().filter(|index| !tried.unfit.contains(index));
        let healthy = || fit().filter(|&&index| state.cooldowns.admits(index, at));
        let by_id = self.fleet.is_id_only(group);
        Situation {
            called: if by_id { Called::Id } else { Called::Group },
            group_size: members.len(),
            healthy: healthy().count(),
            fresh: healthy()
                .filter(|index| !tried.all.contains(index) && !tried.refused.contains(index))
                .count(),
            willing: fit().filter(|index| !tried.refused.contains(index)).count(),
            deployment_retries: tried
                .all
                .last()
                .and_then(|&failed| self.fleet.deployments().get(failed.get())?.num_retries),
            has_fallback: false,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not stop routing; the counters stay usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn nobody(&self, state: &State, ask: &Ask<'_>, why: Shortage) -> NoneAvailable {
        let announced = |index: DeploymentIndex| state.cooldowns.announced(index, ask.at);
        let deployments = self.fleet.deployments();
        let cooling: Vec<(&str, Duration)> = DeploymentIndex::all(deployments.len())
            .zip(deployments)
            .filter_map(|(index, deployment)| Some((deployment.id.as_str(), announced(index)?)))
            .collect();
        let group = Group { config: self.fleet.config(), name: ask.group, cooling: &cooling };
        match why {
            Shortage::AllCooling => NoneAvailable::all_cooling(group),
            Shortage::OverLimit => {
                NoneAvailable::over_limit(group, state.strategy.wait_when_over_limit())
            }
            Shortage::OverCheckedLimit => NoneAvailable::over_checked_limit(group),
            Shortage::PromptTooLong => NoneAvailable::too_long(ask.group, ask.prompt_tokens),
            Shortage::NoTagMatches => NoneAvailable::no_tag_matches(ask.group, ask.tags),
        }
    }
}

impl State {
    fn learn(&mut self, attempt: &Try<'_>, what: Learned) {
        let &Try { deployment, group, at, unix_seconds } = attempt;
        self.strategy.learn(&Lesson { deployment, group, at, unix_seconds, what });
    }
}
