//! What follows a failed attempt within its group: what a policy is told, and what it may answer.

use std::time::Duration;

use crate::config::Config;
use crate::keyed_rng::KeyedRng;
use crate::upstream::failure::Failure;

/// Most attempts that one request makes in one group, whoever asks for more.
pub const ATTEMPTS_MAX: u32 = 64;

/// A failed attempt, and what is known besides.
#[derive(Clone, Copy, Debug)]
pub struct FailedAttempt<'a> {
    /// The gateway's config.
    pub config: &'a Config,
    /// The model group.
    pub group: &'a str,
    /// What went wrong.
    pub failure: &'a Failure,
    /// How far the attempt had come.
    pub phase: Phase,
    /// Retries that the request itself asks for.
    pub requested: Option<u32>,
    /// Attempts of this request that failed in this group, this one included.
    pub failures: u32,
    /// The group as it is now.
    pub situation: Situation,
    /// Draws of this try.
    pub rng: &'a KeyedRng,
}

impl FailedAttempt<'_> {
    /// All of so many `retries` are used.
    pub(super) const fn retries_used(&self, retries: u32) -> NoRetry {
        NoRetry::RetriesUsed { failed: self.failures, retries }
    }
}

/// How far a failed attempt had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No stream had been promised.
    BeforeStream,
    /// A head came and a stream was to follow, which broke before its first frame; its gateway counts that as an attempt
    /// like any other.
    Unbegun,
    /// A stream had begun (status 200); the client has seen nothing of it.
    InStream,
}

/// The group after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation {
    /// What its deployments were asked for by.
    pub called: Called,
    /// Deployments of the group.
    pub group_size: usize,
    /// Those that may be chosen now.
    pub healthy: usize,
    /// Those that may be chosen now and that this request has not tried.
    pub fresh: usize,
    /// Those that have not refused this request for good, whether they cool or not.
    pub willing: usize,
    /// Retries that the deployment which failed asks for.
    pub deployment_retries: Option<u32>,
    /// Whether another group or deployment follows if this group gives up.
    pub has_fallback: bool,
}

/// What a request asks deployments for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// The name of their group.
    Group,
    /// The id of the one.
    Id,
}

/// Retries that a request may make within a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// By the settings of request, deployment and router.
    Configured(u32),
    /// By a policy for this class of error, which overrides every other rule.
    ByErrorPolicy(u32),
}

impl Allowance {
    /// How many.
    pub const fn retries(self) -> u32 {
        match self {
            Self::Configured(retries) | Self::ByErrorPolicy(retries) => retries,
        }
    }
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NextStep {
    /// Give up this group: on to the fallbacks, or to the client with the error.
    Stop {
        /// Wait before; LiteLLM also sleeps after the last retry.
        wait: Duration,
        /// By which rule.
        why: NoRetry,
    },
    /// Try again.
    Retry {
        /// Wait before.
        wait: Duration,
    },
}

impl NextStep {
    /// Give up at once.
    pub(super) const fn stop(why: NoRetry) -> Self {
        Self::Stop { wait: Duration::ZERO, why }
    }
}

/// Why a group was given up, with the figures that the rule compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoRetry {
    /// The request itself is at fault: others would refuse it too.
    RequestAtFault,
    /// Failures of this kind are not retried.
    KindNotRetried,
    /// Failures of this kind have fallbacks of their own.
    OwnFallbacks,
    /// Nobody else is in the group whose key might be better.
    LoneDeployment,
    /// All retries are used.
    RetriesUsed {
        /// Attempts that failed in this group.
        failed: u32,
        /// Retries that the rules allow.
        retries: u32,
    },
    /// Everybody was tried, and a fallback follows.
    FallbackFollows,
    /// There is nobody in the group.
    EmptyGroup,
    /// Nobody of the group may be chosen now.
    NobodyHealthy,
    /// The provider asks for a longer wait than a client is made to wait.
    LongWait {
        /// What the provider asks for.
        asked: Duration,
        /// The longest that is waited.
        longest: Duration,
    },
    /// A stream had begun; such a failure goes to the fallbacks.
    StreamBegun,
    /// Content has reached the client, and cannot be taken back.
    Committed,
    /// The group's requests have caused as many retries as they may.
    BudgetUsed {
        /// Share of its requests that may be retried.
        share: f64,
    },
    /// The bound on tries of one request in all.
    TriesMax {
        /// The bound.
        tries: u32,
    },
}
