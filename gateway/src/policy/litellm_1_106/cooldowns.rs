//! LiteLLM's cooldowns (litellm 1.106, `router_utils/cooldown_handlers.py`): successes and failures
//! in fixed windows, a rule per status, a cooldown that nothing extends.
//!
//! Kept quirks: a connection error never cools; a lone deployment cools only for 401 and 404; only
//! the first failure of a request within a group counts; a recovered deployment keeps its counters.

use std::time::Duration;

use vocab::At;

use super::super::cooldown::{Circumstances, CooldownBook, Cooled, NthFailure};
use crate::config::{Config, DeploymentIndex, ErrorPolicy};
use crate::upstream::failure::{ErrorClass, Failure};

/// Window of the success and failure counters, from its first event (litellm: 60 s).
const WINDOW: Duration = Duration::from_secs(60);

/// Failed share of a window above which a deployment cools
/// (litellm: DEFAULT_FAILURE_THRESHOLD_PERCENT).
const FAILED_SHARE: f64 = 0.5;

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
    ) -> Option<Cooled> {
        let (at, window) = (circumstances.at, self.cooldown_time);
        let allowed = self.allowed(failure.class);
        let counted = self
            .deployments
            .get_mut(deployment.get())
            .filter(|_| circumstances.failure == NthFailure::First)?;
        counted.failures.count(at, WINDOW);
        let lasts =
            counted.own_cooldown_time.or(failure.retry_after_whole).unwrap_or(self.cooldown_time);
        if self.disabled || counted.wildcard || lasts.is_zero() || !can_cool(failure) {
            return None;
        }
        let cools = match allowed {
            Some(allowed) => counted.tolerated.count(at, window) > u64::from(allowed),
            None => counted.cools_by_default(failure, circumstances),
        };
        // A failure during a cooldown does not extend it (BerriAI/litellm#40130).
        if !cools || at < counted.until {
            return None;
        }
        counted.until = at.plus(lasts);
        counted.lasts = lasts;
        Some(Cooled { lasts, reason: failure.reason })
    }
}

impl Counted {
    fn cools_by_default(&self, failure: &Failure, circumstances: Circumstances) -> bool {
        let failures = self.failures.read(circumstances.at);
        let total = failures + self.successes.read(circumstances.at);
        let siblings = circumstances.group_size > 1;
        if failure.status == 429 && siblings {
            return true;
        }
        if failures == total && total >= LONE_FAILURES {
            return true;
        }
        let share = failures as f64 / total.max(1) as f64;
        if share > FAILED_SHARE && total >= REQUESTS_MIN && siblings {
            return true;
        }
        matches!(failure.status, 401 | 404)
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
