//! Our circuit breakers: one per deployment, closed, open for a while, then half open.
//!
//! What says at once that the next request fails too (a refused connection, a 429, a bad key) opens
//! it; what may be an accident (5xx, a stall, a broken stream) opens it the second time in a row, or
//! the third time in ten, or when there are more in a minute than the config allows. It stays open for
//! `cooldown_time`; Retry-After is obeyed exactly, up to a bound. When that is over, one request at a
//! time probes, not waited for alone where somebody else is there, and success closes; a deployment that keeps failing must
//! answer more probes than one. Where the config has deployments checked, only checks probe, unless nobody else is left.
//! Faults of the request itself say that the deployment lives; a limit that the request set itself, and
//! a model that nobody but the client named, say nothing.

mod tolerance;

use std::collections::VecDeque;
use std::time::Duration;

use vocab::{At, DeploymentId, Seed};

use super::super::cooldown::{
    Circumstances, CooldownBook, CooldownStep, Cooled, LimitSetBy, NoCooldown,
};
use crate::config::{CheckAsks, Config, DeploymentIndex, HealthChecks};
use crate::upstream::failure::{ErrorClass, Failure, Reason};
use tolerance::Tolerance;

/// How long a provider that wants to be paid is left alone: a payment is noticed within ten minutes, and
/// until then one request in ten minutes asks in vain.
const WITHOUT_CREDIT: Duration = Duration::from_secs(600);

/// Window in which failures are counted that the config allows (LiteLLM counts per minute, too).
const ALLOWED_WINDOW: Duration = Duration::from_secs(60);

/// Failures that are remembered for that; no config allows more.
const ALLOWED_MAX: usize = 1024;

/// Longest Retry-After that is obeyed. Daily quotas ask for hours; a probe every two minutes costs
/// nothing, as it fails over.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(120);

/// Failures in a row that open a breaker.
const FAILURES_IN_A_ROW: u32 = 2;

/// Failures among the newest [`RECENT`] outcomes that open a breaker: catches a deployment of whose
/// requests every third fails, which hardly ever fails twice in a row.
const FAILURES_RECENT: u32 = 3;

/// Outcomes that are remembered.
const RECENT: u32 = 10;

/// Attempts among the newest [`PACES`] that somebody else overtook, which open a breaker: of a healthy deployment's
/// one or two in a hundred are. The chance of five in twenty is then under one in ten thousand.
const OVERTAKEN_MIN: u32 = 5;

/// Attempts of which it is remembered whether they were overtaken.
const PACES: u32 = 20;

/// Longest cooldown for being overtaken: it is slowness that was seen, and not a failure.
const SLOW_COOLDOWN_MAX: Duration = Duration::from_secs(5);

/// Successes in a row after which the next cooldown starts small again.
const CALM: u32 = 20;

/// Cooldowns are spread by ± this share, so that several instances do not probe at one instant.
const JITTER: f64 = 0.1;

/// Probes in a row that a deployment must answer which was cooled this often without calm.
const PROBES_MAX: u32 = 3;

/// How long a probe's stream must have spoken to be a proof before its end: as long as silence within a stream may last
/// until it counts as a failure. The first word is none, since what breaks streams breaks them after it.
const PROOF: Duration = Duration::from_secs(10);

/// Share of its usual requests that a deployment gets at once when it is back (Envoy: `min_weight_percent`, 10 %).
const SHARE_MIN: f64 = 0.1;

/// The breakers of one instance.
#[derive(Debug)]
pub(super) struct Breakers {
    breakers: Vec<Breaker>,
    seed: Seed,
    disabled: bool,
    slow_start: Duration,
}

#[derive(Debug)]
struct Breaker {
    id: DeploymentId,
    /// How long it cools where the provider does not say.
    cooldown_time: Duration,
    /// The same by the deployment's own settings: not less, whatever the provider says.
    own_cooldown_time: Duration,
    tolerance: Tolerance,
    /// Whether checks of the gateway's own show that it is back, and not the requests of clients.
    checked: bool,
    /// Whether clients name its model.
    wildcard: bool,
    /// When it failed, for `allowed_fails`; the newest last.
    failed_at: VecDeque<At>,
    state: State,
    /// Newest outcomes, one bit each, 1 = failed; the newest is the lowest.
    recent: u32,
    /// The newest attempts, one bit each, 1 = overtaken; the newest is the lowest.
    overtaken: u32,
    /// Cooldowns since the last calm.
    level: u32,
    /// Cooldowns ever; the key of the jitter.
    cooldowns: u64,
    successes_in_a_row: u32,
    /// When it closed last, after a cooldown for failures.
    back_since: Option<At>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed,
    Open {
        until: At,
        /// Who asked for it.
        asked: Asked,
        /// A probe is under way.
        probing: bool,
        /// Probes still to be answered.
        proofs: u32,
    },
}

/// Who asked for a cooldown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    ByProvider,
    ByNobody,
}

impl Breakers {
    pub(super) fn new(config: &Config, seed: Seed) -> Self {
        let checks = config.own_settings().health_checks;
        let breakers = config.deployments.iter().map(|deployment| Breaker {
            id: deployment.id.clone(),
            cooldown_time: deployment.cooldown_time.unwrap_or(config.router.cooldown_time),
            own_cooldown_time: deployment.cooldown_time.unwrap_or_default(),
            tolerance: Tolerance::at(config, deployment),
            checked: checks != HealthChecks::Off && deployment.checked_by() != CheckAsks::Nothing,
            wildcard: deployment.group.contains('*'),
            failed_at: VecDeque::new(),
            state: State::Closed,
            recent: 0,
            overtaken: 0,
            level: 0,
            cooldowns: 0,
            successes_in_a_row: 0,
            back_since: None,
        });
        let disabled = config.router.disable_cooldowns;
        let slow_start = config.own_settings().slow_start;
        Self { breakers: breakers.collect(), seed, disabled, slow_start }
    }
}

impl CooldownBook for Breakers {
    fn admits(&self, deployment: DeploymentIndex, at: At) -> bool {
        let Some(breaker) = self.breakers.get(deployment.get()) else { return false };
        match breaker.state {
            State::Closed => true,
            State::Open { until, probing, .. } => at >= until && !probing && !breaker.checked,
        }
    }

    fn remaining(&self, deployment: DeploymentIndex, at: At) -> Option<Duration> {
        match self.breakers.get(deployment.get())?.state {
            State::Closed => None,
            State::Open { until, .. } => (at < until).then(|| until.since(at)),
        }
    }

    fn announced_by_provider(&self, deployment: DeploymentIndex, at: At) -> bool {
        match self.breakers.get(deployment.get()).map(|breaker| breaker.state) {
            Some(State::Open { until, asked, .. }) => asked == Asked::ByProvider && at < until,
            Some(State::Closed) | None => false,
        }
    }

    fn share(&self, deployment: DeploymentIndex, at: At) -> f64 {
        let back = self.breakers.get(deployment.get()).and_then(|breaker| breaker.back_since);
        match back.map(|back| at.since(back)) {
            Some(since) if since < self.slow_start => {
                let grown = since.as_secs_f64() / self.slow_start.as_secs_f64();
                SHARE_MIN + (1.0 - SHARE_MIN) * grown
            }
            Some(_) | None => 1.0,
        }
    }

    fn proven(&self, deployment: DeploymentIndex, _: At) -> bool {
        let breaker = self.breakers.get(deployment.get());
        breaker.is_some_and(|breaker| matches!(breaker.state, State::Closed))
    }

    fn is_probed(&self, deployment: DeploymentIndex, at: At) -> bool {
        match self.breakers.get(deployment.get()).map(|breaker| breaker.state) {
            Some(State::Open { until, probing, .. }) => probing && at >= until,
            Some(State::Closed) | None => false,
        }
    }

    fn proof(&self, deployment: DeploymentIndex, at: At) -> Option<Duration> {
        self.is_probed(deployment, at).then_some(PROOF)
    }

    fn cannot_be_checked(&mut self, deployment: DeploymentIndex) {
        if let Some(breaker) = self.breakers.get_mut(deployment.get()) {
            breaker.checked = false;
        }
    }

    fn claim(&mut self, deployment: DeploymentIndex, at: At) {
        if let Some(breaker) = self.breakers.get_mut(deployment.get())
            && let State::Open { until, probing, .. } = &mut breaker.state
            && at >= *until
        {
            *probing = true;
        }
    }

    fn abandoned(&mut self, deployment: DeploymentIndex) {
        if let Some(breaker) = self.breakers.get_mut(deployment.get()) {
            breaker.release_probe();
        }
    }

    fn succeeded(&mut self, deployment: DeploymentIndex, at: At) {
        if let Some(breaker) = self.breakers.get_mut(deployment.get()) {
            breaker.lives(at);
        }
    }

    fn overtaken(&mut self, deployment: DeploymentIndex, at: At) -> CooldownStep {
        let (seed, disabled) = (self.seed, self.disabled);
        let Some(breaker) = self.breakers.get_mut(deployment.get()) else {
            return CooldownStep::None(NoCooldown::Unknown);
        };
        breaker.paced(1);
        match breaker.slow(at) {
            Some(why) => CooldownStep::None(why),
            None if disabled => CooldownStep::None(NoCooldown::Off),
            None => {
                let lasts = breaker.cooldown(seed).min(SLOW_COOLDOWN_MAX);
                breaker.open_for(lasts, Asked::ByNobody, at);
                CooldownStep::Begins(Cooled { lasts, reason: Reason::Stalled })
            }
        }
    }

    fn failed(
        &mut self,
        deployment: DeploymentIndex,
        failure: &Failure,
        circumstances: Circumstances,
    ) -> CooldownStep {
        let at = circumstances.at;
        let (seed, disabled) = (self.seed, self.disabled);
        let Some(breaker) = self.breakers.get_mut(deployment.get()) else {
            return CooldownStep::None(NoCooldown::Unknown);
        };
        if failure.class.blames_request() {
            breaker.lives(at);
            return CooldownStep::None(NoCooldown::RequestAtFault);
        }
        if let Some(why) = breaker.spares(failure, circumstances) {
            breaker.release_probe();
            return CooldownStep::None(why);
        }
        let reason = failure.reason;
        let step = match breaker.judge(failure, at) {
            Judged::Opens if !disabled => {
                let lasts = breaker.open(failure, at, seed);
                return CooldownStep::Begins(Cooled { lasts, reason });
            }
            Judged::Prolonged(lasts) => CooldownStep::Prolonged(Cooled { lasts, reason }),
            Judged::Stays(why) if !disabled => CooldownStep::None(why),
            Judged::Opens | Judged::Stays(_) => CooldownStep::None(NoCooldown::Off),
        };
        breaker.release_probe();
        step
    }
}

/// What a failure means for a breaker.
#[derive(Clone, Copy, Debug)]
enum Judged {
    /// It opens.
    Opens,
    /// It is open, and stays so for longer: for this long from now on.
    Prolonged(Duration),
    /// It stays as it is.
    Stays(NoCooldown),
}

impl Breaker {
    /// Remembers whether an attempt was overtaken.
    fn paced(&mut self, overtaken: u32) {
        self.overtaken = (self.overtaken << 1 | overtaken) & ((1 << PACES) - 1);
    }

    /// Why being overtaken leaves it as it is; `None` if it opens.
    fn slow(&self, at: At) -> Option<NoCooldown> {
        match self.state {
            State::Open { until, .. } if at < until => {
                return Some(NoCooldown::AlreadyCooling { left: until.since(at) });
            }
            // The probe was.
            State::Open { .. } => return None,
            State::Closed => {}
        }
        let recent = self.overtaken.count_ones();
        (recent < OVERTAKEN_MIN).then(|| NoCooldown::FewFailures {
            in_a_row: self.overtaken.trailing_ones(),
            in_a_row_min: OVERTAKEN_MIN,
            recent,
            recent_min: OVERTAKEN_MIN,
            outcomes: PACES,
        })
    }

    /// Remembers a failure, and says what it means.
    fn judge(&mut self, failure: &Failure, at: At) -> Judged {
        self.paced(0);
        self.recent = (self.recent << 1 | 1) & ((1 << RECENT) - 1);
        self.successes_in_a_row = 0;
        match &mut self.state {
            State::Closed => match self.tolerates(failure, at) {
                None => Judged::Opens,
                Some(why) => Judged::Stays(why),
            },
            State::Open { until, asked: is_asked, .. } if at < *until => {
                // Sent before the cooldown began, or for want of anybody better: only the
                // provider's own word makes a running cooldown longer.
                let asked = failure.retry_after.map(|wait| at.plus(wait.min(RETRY_AFTER_MAX)));
                match asked.filter(|asked| asked > until) {
                    Some(asked) => {
                        *until = asked;
                        *is_asked = Asked::ByProvider;
                        Judged::Prolonged(asked.since(at))
                    }
                    None => Judged::Stays(NoCooldown::AlreadyCooling { left: until.since(at) }),
                }
            }
            State::Open { .. } => Judged::Opens,
        }
    }

    fn few_failures(&self) -> NoCooldown {
        NoCooldown::FewFailures {
            in_a_row: self.recent.trailing_ones(),
            in_a_row_min: FAILURES_IN_A_ROW,
            recent: self.recent.count_ones(),
            recent_min: FAILURES_RECENT,
            outcomes: RECENT,
        }
    }

    fn release_probe(&mut self) {
        match &mut self.state {
            State::Closed => {}
            State::Open { probing, .. } => *probing = false,
        }
    }

    /// The deployment answered.
    fn lives(&mut self, at: At) {
        self.paced(0);
        self.recent = (self.recent << 1) & ((1 << RECENT) - 1);
        self.successes_in_a_row = self.successes_in_a_row.saturating_add(1);
        if self.successes_in_a_row >= CALM {
            self.level = 0;
        }
        match &mut self.state {
            State::Closed => {}
            // An answer to something sent before the cooldown proves nothing.
            State::Open { until, .. } if at < *until => {}
            State::Open { probing, proofs, asked, .. } => {
                // Who said when it would be back is back.
                let ill = *asked == Asked::ByNobody;
                *probing = false;
                *proofs = proofs.saturating_sub(1);
                if *proofs == 0 {
                    self.state = State::Closed;
                    self.recent = 0;
                    self.back_since = ill.then_some(at);
                }
            }
        }
    }

    /// Why a failure says nothing about the deployment; `None` if it does.
    fn spares(&self, failure: &Failure, circumstances: Circumstances) -> Option<NoCooldown> {
        let gave_up = matches!(failure.reason, Reason::Timeout | Reason::Stalled)
            && failure.upstream_status.is_none();
        if gave_up && circumstances.limit == LimitSetBy::Request {
            return Some(NoCooldown::LimitOfRequest);
        }
        // Another client may name a model that is there.
        (self.wildcard && failure.class == ErrorClass::NotFound).then_some(NoCooldown::Wildcard)
    }

    /// Why a closed breaker stays closed; `None` if it opens.
    fn tolerates(&mut self, failure: &Failure, at: At) -> Option<NoCooldown> {
        // What the provider itself says about the next request is no matter of counting.
        let said = failure.retry_after.is_some() || failure.reason == Reason::CreditExhausted;
        match self.tolerance.of(failure.class).filter(|_| !said) {
            Some(allowed) => {
                let (failed, allowed) = (self.count(at), u64::from(allowed));
                (failed <= allowed).then_some(NoCooldown::AllowedFails { failed, allowed })
            }
            None if certain(failure) => None,
            None => {
                let row = (1 << FAILURES_IN_A_ROW) - 1;
                let enough =
                    self.recent & row == row || self.recent.count_ones() >= FAILURES_RECENT;
                (!enough).then(|| self.few_failures())
            }
        }
    }

    /// Failures of the last minute, this one included.
    fn count(&mut self, at: At) -> u64 {
        if self.failed_at.len() >= ALLOWED_MAX {
            self.failed_at.pop_front();
        }
        self.failed_at.push_back(at);
        let old = self.failed_at.partition_point(|then| at.since(*then) >= ALLOWED_WINDOW);
        self.failed_at.drain(..old);
        self.failed_at.len() as u64
    }

    /// Opens, and says for how long.
    fn open(&mut self, failure: &Failure, at: At, seed: Seed) -> Duration {
        let asked = failure.retry_after.filter(|wait| !wait.is_zero());
        let lasts = match (failure.reason, asked) {
            (_, Some(wait)) => wait.min(RETRY_AFTER_MAX).max(self.own_cooldown_time),
            (Reason::CreditExhausted, None) => WITHOUT_CREDIT.max(self.cooldown_time),
            (_, None) => self.cooldown(seed),
        };
        self.failed_at.clear();
        // A provider that says when it will be back is not less sure to be back each time.
        if asked.is_none() {
            self.level = self.level.saturating_add(1);
        }
        let firm = asked.is_some() || failure.reason == Reason::CreditExhausted;
        self.open_for(lasts, if firm { Asked::ByProvider } else { Asked::ByNobody }, at);
        lasts
    }

    /// The next cooldown where the provider says nothing.
    fn cooldown(&self, seed: Seed) -> Duration {
        let draw = seed.draw("cooldown").of(self.id.as_str()).n(self.cooldowns);
        self.cooldown_time.mul_f64(1.0 - JITTER + 2.0 * JITTER * draw.unit())
    }

    fn open_for(&mut self, lasts: Duration, asked: Asked, at: At) {
        self.overtaken = 0;
        self.cooldowns += 1;
        let proofs = self.level.clamp(1, PROBES_MAX);
        self.state = State::Open { until: at.plus(lasts), asked, probing: false, proofs };
    }
}

/// Whether one failure is enough to expect the same of the next request.
fn certain(failure: &Failure) -> bool {
    match failure.class {
        ErrorClass::RateLimit
        | ErrorClass::Authentication
        | ErrorClass::PermissionDenied
        | ErrorClass::NotFound => true,
        ErrorClass::ApiConnection => failure.reason == Reason::Connect,
        ErrorClass::ServiceUnavailable | ErrorClass::InternalServer => {
            failure.retry_after.is_some()
        }
        ErrorClass::BadRequest
        | ErrorClass::ContextWindow
        | ErrorClass::ContentPolicy
        | ErrorClass::Timeout
        | ErrorClass::UnprocessableEntity
        | ErrorClass::BadGateway
        | ErrorClass::Api
        | ErrorClass::Unexpected => false,
    }
}
