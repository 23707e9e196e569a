//! Chooses a deployment for the next attempt: the fleet, the strategy and the health book of one
//! gateway instance, behind one short lock.
//!
//! Synchronous and pure but for that state: it is told the instant and handed keyed luck, and it
//! never waits or sends. Every attempt is reported as started and then exactly once as succeeded,
//! failed or abandoned; from this the strategy and the cooldowns learn.

mod scarcity;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vocab::{At, Seed};

use crate::classify::Failure;
use crate::config::{Config, Personality};
use crate::cooldown::{Circumstances, Cooldowns};
use crate::fleet::{Fleet, Target};
use crate::luck::Luck;
use crate::retry::Situation;
use crate::strategy::minute::MinuteUsage;
use crate::strategy::{self, ArgError, Ask, Learned, Lesson, Strategy, Success, View};

pub use crate::cooldown::Cooled;
pub use scarcity::{NoneAvailable, Scarcity};

/// The routing state of one instance.
#[derive(Debug)]
pub struct Router {
    fleet: Fleet,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    strategy: Box<dyn Strategy>,
    cooldowns: Cooldowns,
    /// Requests of this minute, for pre-call checks.
    usage: MinuteUsage,
}

/// Why a router cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouterError {
    /// No such strategy.
    #[error("unknown routing strategy `{0}`; `brownout list strategies` shows them")]
    UnknownStrategy(String),
    /// An argument that the strategy cannot use.
    #[error("routing_strategy_args: {0}")]
    Argument(#[from] ArgError),
}

/// One attempt, as it is reported.
#[derive(Clone, Copy, Debug)]
pub struct Try<'a> {
    /// Index of the deployment.
    pub deployment: usize,
    /// Group that was asked for.
    pub group: &'a str,
    /// Now.
    pub at: At,
    /// Now, as Unix time.
    pub unix_seconds: u64,
}

impl Router {
    /// Everybody healthy, nothing learned.
    ///
    /// # Errors
    /// If the config names a strategy, or arguments, that do not exist.
    pub fn new(config: Arc<Config>, seed: Seed) -> Result<Self, RouterError> {
        let name = config.router.routing_strategy;
        let entry =
            strategy::find(name).ok_or_else(|| RouterError::UnknownStrategy(name.to_owned()))?;
        let state = State {
            strategy: (entry.build)(&config.router.routing_strategy_args)?,
            cooldowns: Cooldowns::new(&config, seed),
            usage: MinuteUsage::default(),
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
        tried: &[usize],
        luck: &Luck,
    ) -> Result<usize, NoneAvailable> {
        let mut state = self.state();
        let chosen = match self.fleet.by_id(ask.group) {
            Some(only) => only,
            None => self.choose(&mut state, ask, tried, luck)?,
        };
        state.cooldowns.claim(chosen, ask.at);
        Ok(chosen)
    }

    /// A deployment was chosen, and nothing was sent to it after all.
    pub fn unclaimed(&self, deployment: usize) {
        self.state().cooldowns.abandoned(deployment);
    }

    fn choose(
        &self,
        state: &mut State,
        ask: &Ask<'_>,
        tried: &[usize],
        luck: &Luck,
    ) -> Result<usize, NoneAvailable> {
        let group = self.fleet.members(ask.group);
        let mut candidates: Vec<usize> = Vec::with_capacity(group.len());
        candidates.extend(group.iter().filter(|&&index| state.cooldowns.admits(index, ask.at)));
        match self.fleet.config().personality {
            Personality::Litellm1106 => {
                if candidates.is_empty() {
                    return Err(self.all_cooling(state, ask));
                }
                if self.fleet.config().router.enable_pre_call_checks {
                    self.check_limits(state, ask, &mut candidates)?;
                }
                self.keep_level(ask, &mut candidates);
            }
            Personality::Brownout => {
                if candidates.iter().any(|index| !tried.contains(index)) {
                    candidates.retain(|index| !tried.contains(index));
                }
                if candidates.is_empty() {
                    return self
                        .first_to_return(state, ask, tried)
                        .ok_or_else(|| self.all_cooling(state, ask));
                }
            }
        }
        let view = View { deployments: self.fleet.deployments(), candidates: &candidates, group };
        let ranking = state.strategy.rank(ask, &view, luck);
        ranking.first().copied().ok_or_else(|| self.over_limit(state, ask))
    }

    /// An attempt is about to be sent.
    pub fn started(&self, attempt: &Try<'_>) {
        let mut state = self.state();
        state.usage.count(attempt.deployment, attempt.unix_seconds, 1, 0);
        state.learn(attempt, Learned::Started);
    }

    /// An attempt was answered completely.
    pub fn succeeded(&self, attempt: &Try<'_>, success: Success) {
        let mut state = self.state();
        state.cooldowns.succeeded(attempt.deployment, attempt.at);
        state.learn(attempt, Learned::Succeeded(success));
    }

    /// An attempt failed; says whether its deployment cools for it. `first` is whether it is the
    /// request's first failure in this group.
    pub fn failed(&self, attempt: &Try<'_>, failure: &Failure, first: bool) -> Option<Cooled> {
        let group_size = self.fleet.members(attempt.group).len();
        let circumstances = Circumstances { at: attempt.at, group_size, first };
        let mut state = self.state();
        let cooled = state.cooldowns.failed(attempt.deployment, failure, circumstances);
        state.learn(attempt, Learned::Failed { class: failure.class });
        cooled
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
    pub fn cooling(&self, at: At) -> Vec<(usize, Duration)> {
        let state = self.state();
        let all = 0..self.fleet.deployments().len();
        all.filter_map(|index| Some((index, state.cooldowns.remaining(index, at)?))).collect()
    }

    /// What a [`crate::retry::RetryPlan`] wants to know after the last of `tried` failed.
    pub fn situation(&self, group: &str, tried: &[usize], at: At) -> Situation {
        let members = self.fleet.members(group);
        let state = self.state();
        let healthy = || members.iter().filter(|&&index| state.cooldowns.admits(index, at));
        Situation {
            group_size: members.len(),
            healthy: healthy().count(),
            fresh: healthy().filter(|index| !tried.contains(index)).count(),
            deployment_retries: tried
                .last()
                .and_then(|&failed| self.fleet.deployments().get(failed)?.num_retries),
            has_fallback: false,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not stop routing; the counters stay usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// LiteLLM's pre-call checks: drops deployments whose context is too small or whose rpm of this
    /// minute is used up.
    fn check_limits(
        &self,
        state: &State,
        ask: &Ask<'_>,
        candidates: &mut Vec<usize>,
    ) -> Result<(), NoneAvailable> {
        let deployments = self.fleet.deployments();
        let mut over_rpm = false;
        candidates.retain(|&index| {
            let deployment = &deployments[index];
            if deployment.max_input_tokens.is_some_and(|most| ask.prompt_tokens > most) {
                return false;
            }
            let used = state.usage.of(index, ask.unix_seconds).requests;
            let within = deployment.rpm.is_none_or(|rpm| used < rpm);
            over_rpm |= !within;
            within
        });
        match (candidates.is_empty(), over_rpm) {
            (false, _) => Ok(()),
            (true, true) => Err(self.over_limit(state, ask)),
            (true, false) => Err(NoneAvailable::too_long(ask.group, ask.prompt_tokens)),
        }
    }

    /// Keeps the lowest level of `order`, or the level that the request is bound to. Deployments
    /// without a level are dropped as soon as one has one.
    fn keep_level(&self, ask: &Ask<'_>, candidates: &mut Vec<usize>) {
        let order = |index: &usize| self.fleet.deployments()[*index].order;
        if let Some(level) = ask.order.or_else(|| candidates.iter().filter_map(order).min()) {
            candidates.retain(|index| order(index) == Some(level));
        }
    }

    /// Whose cooldown ends first, rather one that this request has not tried; ties go to the first of
    /// the list.
    fn first_to_return(&self, state: &State, ask: &Ask<'_>, tried: &[usize]) -> Option<usize> {
        let members = self.fleet.members(ask.group).iter().copied();
        let wait = |index: usize| state.cooldowns.remaining(index, ask.at);
        members.min_by_key(|&index| (tried.contains(&index), wait(index)))
    }

    fn all_cooling(&self, state: &State, ask: &Ask<'_>) -> NoneAvailable {
        let cooling = self.announced(state, ask.at);
        NoneAvailable::of_group(Scarcity::AllCooling, self.fleet.config(), ask.group, &cooling)
    }

    fn over_limit(&self, state: &State, ask: &Ask<'_>) -> NoneAvailable {
        let cooling = self.announced(state, ask.at);
        NoneAvailable::of_group(Scarcity::OverLimit, self.fleet.config(), ask.group, &cooling)
    }

    /// Ids of everybody who cools, not only of one group, as LiteLLM names them.
    fn announced(&self, state: &State, at: At) -> Vec<(&str, Duration)> {
        let deployments = self.fleet.deployments().iter().enumerate();
        let wait = |index: usize| state.cooldowns.announced(index, at);
        deployments
            .filter_map(|(index, deployment)| Some((deployment.id.as_str(), wait(index)?)))
            .collect()
    }
}

impl State {
    fn learn(&mut self, attempt: &Try<'_>, what: Learned) {
        let &Try { deployment, group, at, unix_seconds } = attempt;
        self.strategy.learn(&Lesson { deployment, group, at, unix_seconds, what });
    }
}
