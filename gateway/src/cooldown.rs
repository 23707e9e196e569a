//! Who is out of the rotation, since when, and for how long. Two closed sets of rules: LiteLLM's
//! counters per window, quirks included, and our own circuit breakers.
//!
//! Kept by the [`crate::router`] under its lock; told every choice, every attempt's end, and the instant.
//! Never asks why a request was sent where it was sent.

mod breaker;
mod counters;

use std::time::Duration;

use vocab::{At, Seed};

use crate::classify::Failure;
use crate::config::{Config, Personality};

pub use breaker::COOLDOWN_FIRST;

use breaker::Breakers;
use counters::Counters;

/// The health book of one gateway instance.
#[derive(Debug)]
pub enum Cooldowns {
    /// LiteLLM's rules.
    Litellm(Counters),
    /// Ours.
    Brownout(Breakers),
}

/// A deployment left the rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cooled {
    /// For how long.
    pub lasts: Duration,
    /// [`Failure::reason`] of the failure that did it.
    pub reason: &'static str,
}

/// Where a failure happened.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// When.
    pub at: At,
    /// Deployments of the group.
    pub group_size: usize,
    /// Whether it is the request's first failure in this group. LiteLLM records only that one.
    pub first: bool,
}

impl Cooldowns {
    /// Everybody healthy, under the rules of the config's personality.
    pub fn new(config: &Config, seed: Seed) -> Self {
        match config.personality {
            Personality::Litellm1106 => Self::Litellm(Counters::new(config)),
            Personality::Brownout => Self::Brownout(Breakers::new(config, seed)),
        }
    }

    /// Whether a deployment may be chosen.
    pub fn admits(&self, deployment: usize, at: At) -> bool {
        match self {
            Self::Litellm(counters) => counters.remaining(deployment, at).is_none(),
            Self::Brownout(breakers) => breakers.admits(deployment, at),
        }
    }

    /// Time left of a cooldown; `None` if there is none.
    pub fn remaining(&self, deployment: usize, at: At) -> Option<Duration> {
        match self {
            Self::Litellm(counters) => counters.remaining(deployment, at),
            Self::Brownout(breakers) => breakers.remaining(deployment, at),
        }
    }

    /// What a client is told to wait because of this cooldown: LiteLLM says its whole length, we say
    /// what is left.
    pub fn announced(&self, deployment: usize, at: At) -> Option<Duration> {
        match self {
            Self::Litellm(counters) => counters.announced(deployment, at),
            Self::Brownout(breakers) => breakers.remaining(deployment, at),
        }
    }

    /// A deployment was chosen: if it is half open, this request is the probe.
    pub fn claim(&mut self, deployment: usize, at: At) {
        match self {
            Self::Litellm(_) => {}
            Self::Brownout(breakers) => breakers.claim(deployment, at),
        }
    }

    /// An attempt was answered.
    pub fn succeeded(&mut self, deployment: usize, at: At) {
        match self {
            Self::Litellm(counters) => counters.succeeded(deployment, at),
            Self::Brownout(breakers) => breakers.succeeded(deployment, at),
        }
    }

    /// An attempt failed; says whether the deployment leaves the rotation for it.
    pub fn failed(
        &mut self,
        deployment: usize,
        failure: &Failure,
        circumstances: Circumstances,
    ) -> Option<Cooled> {
        match self {
            Self::Litellm(counters) => counters.failed(deployment, failure, circumstances),
            Self::Brownout(breakers) => breakers.failed(deployment, failure, circumstances.at),
        }
    }

    /// The client went away during an attempt, or before it.
    pub fn abandoned(&mut self, deployment: usize) {
        match self {
            Self::Litellm(_) => {}
            Self::Brownout(breakers) => breakers.abandoned(deployment),
        }
    }
}
