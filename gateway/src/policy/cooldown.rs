//! Who is out of the rotation, since when, and for how long: what every health book must answer.
//!
//! Kept by the router under its lock; told every choice, every attempt's end, and the instant. Never
//! asks why a request was sent where it was sent.

use std::fmt;
use std::time::Duration;

use vocab::At;

use crate::config::DeploymentIndex;
use crate::upstream::failure::{Failure, Reason};

/// The health book of one gateway instance.
pub trait CooldownBook: Send + fmt::Debug {
    /// Whether a deployment may be chosen.
    fn admits(&self, deployment: DeploymentIndex, at: At) -> bool {
        self.remaining(deployment, at).is_none()
    }

    /// Time left of a cooldown; `None` if there is none.
    fn remaining(&self, deployment: DeploymentIndex, at: At) -> Option<Duration>;

    /// What a client is told to wait because of this cooldown.
    fn announced(&self, deployment: DeploymentIndex, at: At) -> Option<Duration> {
        self.remaining(deployment, at)
    }

    /// A deployment was chosen; where one that comes back is probed, this request is the probe.
    fn claim(&mut self, deployment: DeploymentIndex, at: At) {
        let _ = (deployment, at);
    }

    /// An attempt was answered.
    fn succeeded(&mut self, deployment: DeploymentIndex, at: At);

    /// An attempt failed; says whether the deployment leaves the rotation for it.
    fn failed(
        &mut self,
        deployment: DeploymentIndex,
        failure: &Failure,
        circumstances: Circumstances,
    ) -> Option<Cooled>;

    /// The client went away during an attempt, or before it.
    fn abandoned(&mut self, deployment: DeploymentIndex) {
        let _ = deployment;
    }
}

/// A deployment left the rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cooled {
    /// For how long.
    pub lasts: Duration,
    /// [`Failure::reason`] of the failure that did it.
    pub reason: Reason,
}

/// Where a failure happened.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// When.
    pub at: At,
    /// Deployments of the group.
    pub group_size: usize,
    /// Which failure of its request in this group it is.
    pub failure: NthFailure,
}

/// A failure's place among those of its request in one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NthFailure {
    /// The first. LiteLLM records only that one.
    First,
    /// A later one.
    Later,
}
