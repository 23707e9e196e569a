//! LiteLLM's cooldowns (litellm 1.106, `router_utils/cooldown_handlers.py`): successes and failures
//! in fixed windows, a rule per status, a cooldown that nothing extends.
//!
//! Kept quirks: a connection error never cools; a lone deployment cools only for 401 and 404; only
//! the first failure of a request within a group counts; a recovered deployment keeps its counters.

use std::time::Duration;

use vocab::At;

use super::super::cooldown::{
    Circumstances, CooldownBook, CooldownStep, Cooled, NoCooldown, NthFailure,
};
use crate::config::{Config, DeploymentIndex, ErrorPolicy};
use crate::upstream::failure::{ErrorClass, Failure};

/// Window of the success and failure counters, from its first event (litellm: 60 s).
const WINDOW: Duration = Duration::from_secs(60);

/// Failed share of a window above which a deployment cools
/// (litellm: DEFAULT_FAILURE_THRESHOLD_PERCENT).
const FAILED_SHARE_PERCENT: u64 = 50;

/// Requests in a window below which the share says nothing
/// (litellm: DEFAULT_FAILURE_THRESHOLD_MINIMUM_REQUESTS).
const REQUESTS_MIN: u64 = 5;

/// Requests, all failed, after which even a lone deployment cools
/// (litellm: SINGLE_DEPLOYMENT_TRAFFIC_FAILURE_THRESHOLD).
const LONE_FAILURES: u64 = 1000;

/// Allowed failures where a policy is set but says nothing for the class (litellm: allowed_fails).
const ALLOWED_FAILS: u32 = 3;

/// Counters and cooldowns by deployment.
#[derive(Debug)]
pub(super) struct Counters {
    deployments: Vec<Counted>,
    cooldown_time: Duration,
    disabled: bool,
    allowed_fails: Option<u32>,
    policy: Option<ErrorPolicy>,
}

#[derive(Debug)]
struct Counted {
    own_cooldown_time: Option<Duration>,
    wildcard: bool,
    failures: Window,
    successes: Window,
    /// Failures for `allowed_fails`, in a window as long as the router's cooldown.
    tolerated: Window,
    until: At,
    lasts: Duration,
}

/// A counter that starts over when its window, counted from the first event, has passed.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    ends: At,
    events: u64,
}

impl Window {
    fn count(&mut self, at: At, length: Duration) -> u64 {
        if at >= self.ends {
            *self = Self { ends: at.plus(length), events: 0 };
        }
        self.events += 1;
        self.events
    }

    fn read(self, at: At) -> u64 {
        if at < self.ends { self.events } else { 0 }
    }
}

impl Counters {
    pub(super) fn new(config: &Config) -> Self {
        let counted = config.deployments.iter().map(|deployment| Counted {
            own_cooldown_time: deployment.cooldown_time,
            wildcard: deployment.group.contains('*'),
            failures: Window::default(),
            successes: Window::default(),
            tolerated: Window::default(),
            until: At::START,
            lasts: Duration::ZERO,
        });
        Self {
            deployments: counted.collect(),
            cooldown_time: config.router.cooldown_time,
            disabled: config.router.disable_cooldowns,
            allowed_fails: config.router.allowed_fails,
            policy: config.router.allowed_fails_policy,
        }
    }

    /// Failures that a class may have; `None` where the default rules decide.
    fn allowed(&self, class: ErrorClass) -> Option<u32> {
        match self.policy {
            Some(policy) => policy.of(class).or(self.allowed_fails).or(Some(ALLOWED_FAILS)),
            None => self.allowed_fails,
        }
    }

    /// Counts a failure; says how long its deployment cools for it, or why it does not.
    fn judge(
        &mut self,
        deployment: DeploymentIndex,
        failure: &Failure,
        circumstances: Circumstances,
    ) -> Result<Duration, NoCooldown> {
        let (at, window) = (circumstances.at, self.cooldown_time);
        let allowed = self.allowed(failure.class);
        let counted = self.deployments.get_mut(deployment.get()).ok_or(NoCooldown::Unknown)?;
        if circumstances.failure == NthFailure::Later {
            return Err(NoCooldown::LaterFailure);
        }
        counted.failures.count(at, WINDOW);
        let lasts =
            counted.own_cooldown_time.or(failure.retry_after_whole).unwrap_or(self.cooldown_time);
        if self.disabled {
            return Err(NoCooldown::Off);
        }
        if counted.wildcard {
            return Err(NoCooldown::Wildcard);
        }
        if lasts.is_zero() {
            return Err(NoCooldown::NoTime);
        }
        if !can_cool(failure) {
            return Err(NoCooldown::KindSpared);
        }
        match allowed.map(u64::from) {
            Some(allowed) => {
                let failed = counted.tolerated.count(at, window);
                if failed <= allowed {
                    return Err(NoCooldown::AllowedFails { failed, allowed });
                }
            }
            None => counted.cools_by_default(failure, circumstances)?,
        }
        // A failure during a cooldown does not extend it (BerriAI/litellm#40130).
        if at < counted.until {
            return Err(NoCooldown::AlreadyCooling { left: counted.until.since(at) });
        }
        counted.until = at.plus(lasts);
        counted.lasts = lasts;
        Ok(lasts)
    }
}

impl CooldownBook for Counters {
    fn remaining(&self, deployment: DeploymentIndex, at: At) -> Option<Duration> {
        let until = self.deployments.get(deployment.get())?.until;
        (at < until).then(|| until.since(at))
    }

    /// LiteLLM says the whole length, not what is left.
    fn announced(&self, deployment: DeploymentIndex, at: At) -> Option<Duration> {
        self.remaining(deployment, at).map(|_| self.deployments[deployment].lasts)
    }

    fn succeeded(&mut self, deployment: DeploymentIndex, at: At) {
        if let Some(counted) = self.deployments.get_mut(deployment.get()) {
            counted.successes.count(at, WINDOW);
        }
    }

    fn failed(
        &mut self,
        deployment: DeploymentIndex,
        failure: &Failure,
        circumstances: Circumstances,
    ) -> CooldownStep {
        match self.judge(deployment, failure, circumstances) {
            Ok(lasts) => CooldownStep::Begins(Cooled { lasts, reason: failure.reason }),
            Err(why) => CooldownStep::None(why),
        }
    }
}

impl Counted {
    fn cools_by_default(
        &self,
        failure: &Failure,
        circumstances: Circumstances,
    ) -> Result<(), NoCooldown> {
        let failed = self.failures.read(circumstances.at);
        let calls = failed + self.successes.read(circumstances.at);
        let siblings = circumstances.group_size > 1;
        if failure.status == 429 && siblings {
            return Ok(());
        }
        if failed == calls && calls >= LONE_FAILURES {
            return Ok(());
        }
        let above = failed * 100 > calls * FAILED_SHARE_PERCENT;
        if above && calls >= REQUESTS_MIN && siblings {
            return Ok(());
        }
        if matches!(failure.status, 401 | 404) {
            return Ok(());
        }
        Err(match (siblings, calls >= REQUESTS_MIN) {
            (false, _) => NoCooldown::LoneDeployment { failed, calls, calls_min: LONE_FAILURES },
            (true, false) => NoCooldown::FewCalls { failed, calls, calls_min: REQUESTS_MIN },
            (true, true) => {
                NoCooldown::LowShare { failed, calls, above_percent: FAILED_SHARE_PERCENT }
            }
        })
    }
}

/// Whether LiteLLM lets this kind of failure cool anybody.
fn can_cool(failure: &Failure) -> bool {
    if failure.class == ErrorClass::ApiConnection {
        return false;
    }
    match failure.status {
        400..=499 => matches!(failure.status, 401 | 404 | 408 | 429),
        _ => true,
    }
}
