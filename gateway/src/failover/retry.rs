//! The retries of one request within one group: counts what failed, and asks the policy what follows.
//!
//! It sends nothing and waits for nothing; where the next attempt goes is picked afresh.

use crate::config::Config;
use crate::keyed_rng::KeyedRng;
use crate::policy::retry::{Allowance, FailedAttempt, NextStep, Phase, Situation};
use crate::upstream::failure::Failure;

/// The retries of one request within one group.
#[derive(Clone, Debug)]
pub struct RetryPlan {
    /// Retries that the request itself asks for.
    requested: Option<u32>,
    /// Attempts that failed so far.
    failures: u32,
    /// Set by the first failure.
    allowance: Option<Allowance>,
}

/// A failed attempt, as its loop knows it.
#[derive(Clone, Copy, Debug)]
pub struct Failed<'a> {
    /// The gateway's config.
    pub config: &'a Config,
    /// The model group.
    pub group: &'a str,
    /// What went wrong.
    pub failure: &'a Failure,
    /// How far the attempt had come.
    pub phase: Phase,
    /// The group as it is now.
    pub situation: Situation,
}

impl RetryPlan {
    /// A plan for a request; `requested` is its own `num_retries`.
    pub fn new(requested: Option<u32>) -> Self {
        Self { requested, failures: 0, allowance: None }
    }

    /// Retries that are allowed; what `x-litellm-max-retries` says.
    pub fn retries_max(&self, config: &Config) -> u32 {
        match self.allowance {
            Some(allowance) => allowance.retries(),
            None => self.requested.unwrap_or(config.router.num_retries),
        }
    }

    /// Counts a failed attempt and says what follows.
    pub fn after_failure(&mut self, failed: &Failed<'_>, rng: &KeyedRng) -> NextStep {
        self.failures += 1;
        let &Failed { config, group, failure, phase, situation } = failed;
        let (requested, failures) = (self.requested, self.failures);
        let failed =
            FailedAttempt { config, group, failure, phase, requested, failures, situation, rng };
        let policy = config.personality.policy;
        let allowance = *self.allowance.get_or_insert_with(|| policy.retries(&failed));
        policy.after_failure(&failed, allowance)
    }
}
