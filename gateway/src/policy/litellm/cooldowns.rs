//! LiteLLM's cooldowns (litellm 1.106, `router_utils/cooldown_handlers.py`): successes and failures
//! in fixed windows, a rule per status, a cooldown that nothing extends.
//!
//! Kept quirks: what is called an `APIConnectionError` never cools (streams that break, connections to
//! Azure); a lone deployment cools only for 401 and 404; only the first failure of a request counts, and none by a limit that the request set; `allowed_fails` of 3 is no setting; a
//! recovered deployment keeps its counters.

use std::collections::BTreeMap;
use std::time::Duration;

use vocab::At;

use super::release::Lone;
use super::retries::should_retry;

use super::super::cooldown::{
    Circumstances, CooldownBook, CooldownStep, Cooled, LimitSetBy, NoCooldown, NthFailure,
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

/// Counters and cooldowns by deployment.
#[derive(Debug)]
pub(super) struct Counters {
    deployments: Vec<Counted>,
    cooldown_time: Duration,
    disabled: bool,
    tolerance: Tolerance,
    lone: Lone,
}

#[derive(Debug)]
struct Counted {
    own_cooldown_time: Option<Duration>,
    own_tolerance: Tolerance,
    wildcard: bool,
    /// Whether a fallback is named for its group, or for all.
    has_fallback: bool,
    failures: Window,
    successes: Window,
    /// Failures for the router's `allowed_fails`, in a window as long as its cooldown.
    tolerated: Window,
    /// Failures for the deployment's own, by class of error where its policy goes by class.
    own_tolerated: BTreeMap<Option<ErrorClass>, Window>,
    until: At,
    lasts: Duration,
}

/// How many failures are let pass, where that is set.
#[derive(Clone, Copy, Debug)]
struct Tolerance {
    /// For all classes.
    allowed: Option<u32>,
    /// By class.
    policy: Option<ErrorPolicy>,
    /// For the classes that a policy leaves out.
    else_allowed: u32,
}

/// How many failures of a class are let pass, and who says so.
#[derive(Clone, Copy, Debug)]
enum Allowed {
    /// Nobody: the default rules decide.
    Unset,
    /// The deployment, for all classes or for one.
    Own(Option<ErrorClass>, u32),
    /// The deployment says something, but nothing for this class of error, so the router's number counts.
    OwnSilent(u32),
    /// The router.
    Router(u32),
}

impl Allowed {
    /// Whether this number does not hold for a deployment that is alone; `by_policy` is the router's for the class of
    /// error.
    fn spares_lone(self, by_policy: Option<u32>) -> bool {
        match self {
            Self::Unset | Self::Own(Some(_), _) => false,
            Self::Own(None, _) => true,
            Self::OwnSilent(_) | Self::Router(_) => by_policy.is_none(),
        }
    }
}

impl Tolerance {
    /// The router's. A number that equals LiteLLM's default is no setting there.
    fn of_router(config: &Config) -> Self {
        let router = &config.router;
        Self {
            allowed: router.allowed_fails.filter(|own| *own != router.allowed_fails_default),
            policy: router.allowed_fails_policy,
            else_allowed: router.allowed_fails.unwrap_or(router.allowed_fails_default),
        }
    }

    /// What the deployment itself says, else the router.
    fn allowed(own: &Self, router: &Self, class: ErrorClass) -> Allowed {
        let by_class = |policy: &Self| policy.policy.and_then(|policy| policy.of(class));
        if let Some(allowed) = by_class(own) {
            return Allowed::Own(Some(class), allowed);
        }
        if let Some(allowed) = own.allowed {
            return Allowed::Own(None, allowed);
        }
        let of_router = by_class(router).unwrap_or(router.else_allowed);
        if own.policy.is_some() {
            return Allowed::OwnSilent(of_router);
        }
        match (router.policy, router.allowed) {
            (None, None) => Allowed::Unset,
            (Some(_), _) | (None, Some(_)) => Allowed::Router(of_router),
        }
    }
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
    pub(super) fn new(config: &Config, lone: Lone) -> Self {
        let fallbacks = &config.router.fallbacks;
        let counted = config.deployments.iter().map(|deployment| Counted {
            own_cooldown_time: deployment.cooldown_time,
            own_tolerance: Tolerance {
                allowed: deployment.allowed_fails,
                policy: deployment.allowed_fails_policy,
                else_allowed: 0,
            },
            wildcard: deployment.group.contains('*'),
            has_fallback: fallbacks.contains_key("*") || fallbacks.contains_key(&deployment.group),
            failures: Window::default(),
            successes: Window::default(),
            tolerated: Window::default(),
            own_tolerated: BTreeMap::new(),
            until: At::START,
            lasts: Duration::ZERO,
        });
        Self {
            deployments: counted.collect(),
            cooldown_time: config.router.cooldown_time,
            disabled: config.router.disable_cooldowns,
            tolerance: Tolerance::of_router(config),
            lone,
        }
    }

    /// Counts a failure; says how long its deployment cools for it, or why it does not.
    fn judge(
        &mut self,
        deployment: DeploymentIndex,
        failure: &Failure,
        circumstances: Circumstances,
    ) -> Result<Duration, NoCooldown> {
        let (at, router_window) = (circumstances.at, self.cooldown_time);
        let counted = self.deployments.get_mut(deployment.get()).ok_or(NoCooldown::Unknown)?;
        if circumstances.failure == NthFailure::Later {
            return Err(NoCooldown::LaterFailure);
        }
        if circumstances.limit == LimitSetBy::Request && gave_up(failure) {
            return Err(NoCooldown::LimitOfRequest);
        }
        counted.failures.count(at, WINDOW);
        let lasts =
            counted.own_cooldown_time.or(failure.retry_after_whole).unwrap_or(self.cooldown_time);
        if lasts.is_zero() {
            return Err(NoCooldown::NoTime);
        }
        if self.disabled {
            return Err(NoCooldown::Off);
        }
        let allowed = Tolerance::allowed(&counted.own_tolerance, &self.tolerance, failure.class);
        let named_by_deployment = matches!(allowed, Allowed::Own(Some(_), _));
        if !can_cool(failure) && !named_by_deployment {
            return Err(NoCooldown::KindSpared);
        }
        if counted.wildcard {
            return Err(NoCooldown::Wildcard);
        }
        // An unpaid bill cools nobody who is alone, unless a policy names the class.
        let by_policy = self.tolerance.policy.and_then(|policy| policy.of(failure.class));
        let named = named_by_deployment || by_policy.is_some();
        if status(failure) == 402 && circumstances.group_size <= 1 && !named {
            return Err(counted.lone_deployment(at));
        }
        let lone = circumstances.group_size <= 1;
        let spared = match self.lone {
            Lone::OwnNumbers => lone && matches!(allowed, Allowed::Own(None, _)),
            Lone::WithoutFallback => {
                lone && !counted.has_fallback && allowed.spares_lone(by_policy)
            }
        };
        if spared {
            return Err(counted.lone_deployment(at));
        }
        counted.tolerates(failure, circumstances, (allowed, router_window))?;
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
    /// Whether this failure is one too many; `router_window` is the window of the router's own count.
    fn tolerates(
        &mut self,
        failure: &Failure,
        circumstances: Circumstances,
        (allowed, router_window): (Allowed, Duration),
    ) -> Result<(), NoCooldown> {
        let at = circumstances.at;
        let own_window = self.own_cooldown_time.unwrap_or(router_window);
        let (failed, allowed) = match allowed {
            Allowed::Unset => return self.cools_by_default(failure, circumstances),
            Allowed::Own(class, allowed) => {
                let counter = self.own_tolerated.entry(class).or_default();
                (counter.count(at, own_window), allowed)
            }
            Allowed::OwnSilent(allowed) => (self.tolerated.count(at, own_window), allowed),
            Allowed::Router(allowed) => (self.tolerated.count(at, router_window), allowed),
        };
        let allowed = u64::from(allowed);
        if failed > allowed { Ok(()) } else { Err(NoCooldown::AllowedFails { failed, allowed }) }
    }

    fn lone_deployment(&self, at: At) -> NoCooldown {
        let failed = self.failures.read(at);
        let calls = failed + self.successes.read(at);
        NoCooldown::LoneDeployment { failed, calls, calls_min: LONE_FAILURES }
    }

    fn cools_by_default(
        &self,
        failure: &Failure,
        circumstances: Circumstances,
    ) -> Result<(), NoCooldown> {
        let failed = self.failures.read(circumstances.at);
        let calls = failed + self.successes.read(circumstances.at);
        let siblings = circumstances.group_size > 1;
        if status(failure) == 429 && siblings {
            return Ok(());
        }
        if failed == calls && calls >= LONE_FAILURES {
            return Ok(());
        }
        let above = failed * 100 > calls * FAILED_SHARE_PERCENT;
        if above && calls >= REQUESTS_MIN && siblings {
            return Ok(());
        }
        // Cools at once: 401, 402, 404, and whatever else is not worth a retry.
        if !should_retry(status(failure)) {
            return Ok(());
        }
        Err(match (siblings, calls >= REQUESTS_MIN) {
            (false, _) => self.lone_deployment(circumstances.at),
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
    match status(failure) {
        400..=499 => matches!(status(failure), 401 | 402 | 404 | 408 | 429),
        _ => true,
    }
}

/// The status that cooldowns go by.
fn status(failure: &Failure) -> u16 {
    failure.counts_as.unwrap_or(failure.status)
}

/// Whether the attempt was given up, and not answered with a 408.
fn gave_up(failure: &Failure) -> bool {
    failure.status == 408 && failure.upstream_status.is_none()
}
