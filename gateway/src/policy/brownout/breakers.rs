//! Our circuit breakers: one per deployment, closed, open for a while, then half open.
//!
//! What says at once that the next request fails too (a refused connection, a 429, a bad key) opens
//! it; what may be an accident (5xx, a stall, a broken stream) opens it the second time in a row, or
//! the third time in ten. Retry-After is obeyed exactly, up to a bound; otherwise the cooldown
//! doubles from five seconds up to the config's `cooldown_time`. When it is over, one request at a
//! time probes, and success closes. Faults of the request itself say that the deployment lives.

use std::time::Duration;

use vocab::{At, DeploymentId, Seed};

use super::super::cooldown::{Circumstances, CooldownBook, CooldownStep, Cooled, NoCooldown};
use crate::config::{Config, DeploymentIndex};
use crate::upstream::failure::{ErrorClass, Failure, Reason};

/// First cooldown, unless `cooldown_time` is shorter. Long enough for a load balancer to notice,
/// short enough that a needless cooldown is cheap.
pub(super) const COOLDOWN_FIRST: Duration = Duration::from_secs(5);

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

/// Successes in a row after which the next cooldown starts small again.
const CALM: u32 = 20;

/// Cooldowns are spread by ± this share, so that several instances do not probe at one instant.
const JITTER: f64 = 0.1;

/// Probes in a row that a deployment must answer which was cooled this often without calm.
const PROBES_MAX: u32 = 3;

/// Doublings after which a cooldown no longer grows; keeps the arithmetic finite.
const LEVEL_MAX: u32 = 16;

/// The breakers of one instance.
#[derive(Debug)]
pub(super) struct Breakers {
    breakers: Vec<Breaker>,
    seed: Seed,
    disabled: bool,
}

#[derive(Debug)]
struct Breaker {
    id: DeploymentId,
    /// Longest cooldown that we choose ourselves.
    longest: Duration,
    state: State,
    /// Newest outcomes, one bit each, 1 = failed; the newest is the lowest.
    recent: u32,
    /// Cooldowns since the last calm.
    level: u32,
    /// Cooldowns ever; the key of the jitter.
    cooldowns: u64,
    successes_in_a_row: u32,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed,
    Open {
        until: At,
        /// A probe is under way.
        probing: bool,
        /// Probes still to be answered.
        proofs: u32,
    },
}

impl Breakers {
    pub(super) fn new(config: &Config, seed: Seed) -> Self {
        let breakers = config.deployments.iter().map(|deployment| Breaker {
            id: deployment.id.clone(),
            longest: deployment.cooldown_time.unwrap_or(config.router.cooldown_time),
            state: State::Closed,
            recent: 0,
            level: 0,
            cooldowns: 0,
            successes_in_a_row: 0,
        });
        Self { breakers: breakers.collect(), seed, disabled: config.router.disable_cooldowns }
    }
}

impl CooldownBook for Breakers {
    fn admits(&self, deployment: DeploymentIndex, at: At) -> bool {
        match self.breakers.get(deployment.get()).map(|breaker| breaker.state) {
            Some(State::Closed) => true,
            Some(State::Open { until, probing, .. }) => at >= until && !probing,
            None => false,
        }
    }

    fn remaining(&self, deployment: DeploymentIndex, at: At) -> Option<Duration> {
        match self.breakers.get(deployment.get())?.state {
            State::Closed => None,
            State::Open { until, .. } => (at < until).then(|| until.since(at)),
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
    /// Remembers a failure, and says what it means.
    fn judge(&mut self, failure: &Failure, at: At) -> Judged {
        self.recent = (self.recent << 1 | 1) & ((1 << RECENT) - 1);
        self.successes_in_a_row = 0;
        match &mut self.state {
            State::Closed => match self.has_enough(failure) {
                true => Judged::Opens,
                false => Judged::Stays(self.few_failures()),
            },
            State::Open { until, .. } if at < *until => {
                // Sent before the cooldown began, or for want of anybody better: only the
                // provider's own word makes a running cooldown longer.
                let asked = failure.retry_after.map(|wait| at.plus(wait.min(RETRY_AFTER_MAX)));
                match asked.filter(|asked| asked > until) {
                    Some(asked) => {
                        *until = asked;
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
        self.recent = (self.recent << 1) & ((1 << RECENT) - 1);
        self.successes_in_a_row = self.successes_in_a_row.saturating_add(1);
        if self.successes_in_a_row >= CALM {
            self.level = 0;
        }
        match &mut self.state {
            State::Closed => {}
            // An answer to something sent before the cooldown proves nothing.
            State::Open { until, .. } if at < *until => {}
            State::Open { probing, proofs, .. } => {
                *probing = false;
                *proofs = proofs.saturating_sub(1);
                if *proofs == 0 {
                    self.state = State::Closed;
                    self.recent = 0;
                }
            }
        }
    }

    fn has_enough(&self, failure: &Failure) -> bool {
        if certain(failure) {
            return true;
        }
        let row = (1 << FAILURES_IN_A_ROW) - 1;
        self.recent & row == row || self.recent.count_ones() >= FAILURES_RECENT
    }

    /// Opens, and says for how long.
    fn open(&mut self, failure: &Failure, at: At, seed: Seed) -> Duration {
        let lasts = match failure.retry_after {
            Some(wait) if !wait.is_zero() => wait.min(RETRY_AFTER_MAX),
            Some(_) | None => {
                let first = COOLDOWN_FIRST.min(self.longest);
                let grown = first.saturating_mul(1 << self.level.min(LEVEL_MAX)).min(self.longest);
                let draw = seed.draw("cooldown").of(self.id.as_str()).n(self.cooldowns);
                grown.mul_f64(1.0 - JITTER + 2.0 * JITTER * draw.unit())
            }
        };
        self.level = self.level.saturating_add(1);
        self.cooldowns += 1;
        let proofs = self.level.min(PROBES_MAX);
        self.state = State::Open { until: at.plus(lasts), probing: false, proofs };
        lasts
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
