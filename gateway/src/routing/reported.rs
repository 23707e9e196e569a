//! What the router is told of a request's attempts: which one, whom it has tried, and how it ended. Facts only; it must
//! never know what follows from them.

use std::time::Duration;

use vocab::At;

use crate::config::DeploymentIndex;
use crate::policy::candidates::Cooling;
use crate::policy::cooldown::{LimitSetBy, NthFailure};

/// One attempt, as it is reported.
#[derive(Clone, Copy, Debug)]
pub struct Try<'a> {
    /// Index of the deployment.
    pub deployment: DeploymentIndex,
    /// Group that was asked for.
    pub group: &'a str,
    /// Now.
    pub at: At,
    /// Now, as Unix time.
    pub unix_seconds: u64,
}

/// How a failed attempt ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Its place among the failures of its request in this group.
    pub nth: NthFailure,
    /// Since it was sent.
    pub elapsed: Duration,
    /// Who set its limits.
    pub limit: LimitSetBy,
    /// Whether the health book heard of it while it was under way.
    pub heard: BookHeard,
}

/// Whether the health book has heard of an attempt that fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BookHeard {
    /// Now for the first time.
    #[default]
    Never,
    /// By [`super::router::Router::suspected`]: it is counted once.
    Before,
}

/// Whom a request has tried in a group so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried<'a> {
    /// In order, with repetitions.
    pub all: &'a [DeploymentIndex],
    /// Those that refused it for good.
    pub refused: &'a [DeploymentIndex],
    /// Those that cannot be asked for what it wants: they are no candidates.
    pub unfit: &'a [DeploymentIndex],
    /// Whether those that cool may be asked where nobody else is left.
    pub cooling: Cooling,
}
