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

    /// Whether the provider itself said that it would refuse until the cooldown is over.
    fn announced_by_provider(&self, deployment: DeploymentIndex, at: At) -> bool {
        let _ = (deployment, at);
        false
    }

    /// What a client is told to wait because of this cooldown.
    fn announced(&self, deployment: DeploymentIndex, at: At) -> Option<Duration> {
        self.remaining(deployment, at)
    }

    /// The share of its usual requests that a deployment may be sent now, 0 to 1: less than all after a cooldown, where
    /// the book lets it start slowly.
    fn share(&self, deployment: DeploymentIndex, at: At) -> f64 {
        let _ = (deployment, at);
        1.0
    }

    /// Whether nothing is held against a deployment; one that comes back and must show that it is there again is admitted,
    /// and not proven.
    fn proven(&self, deployment: DeploymentIndex, at: At) -> bool {
        self.admits(deployment, at)
    }

    /// Whether the request that a deployment was chosen for last is to show that it is there again.
    fn is_probed(&self, deployment: DeploymentIndex, at: At) -> bool {
        let _ = (deployment, at);
        false
    }

    /// How long the stream of the attempt that is sent to a deployment now must have spoken to show that it is back, before
    /// it has ended; `None` where it shows nothing, or only by its end.
    fn proof(&self, deployment: DeploymentIndex, at: At) -> Option<Duration> {
        let _ = (deployment, at);
        None
    }

    /// From now on clients' requests show whether a deployment is back, also where checks were to: it cannot be checked.
    fn cannot_be_checked(&mut self, deployment: DeploymentIndex) {
        let _ = deployment;
    }

    /// A deployment was chosen; where one that comes back is probed, this request is the probe.
    fn claim(&mut self, deployment: DeploymentIndex, at: At) {
        let _ = (deployment, at);
    }

    /// An attempt was answered.
    fn succeeded(&mut self, deployment: DeploymentIndex, at: At);

    /// An attempt failed; says whether the deployment leaves the rotation for it, and if not, why not.
    fn failed(
        &mut self,
        deployment: DeploymentIndex,
        failure: &Failure,
        circumstances: Circumstances,
    ) -> CooldownStep;

    /// Somebody else answered before an attempt, which was asked first, had said a word.
    fn overtaken(&mut self, deployment: DeploymentIndex, at: At) -> CooldownStep {
        let _ = (deployment, at);
        CooldownStep::None(NoCooldown::KindSpared)
    }

    /// The client went away during an attempt, or before it.
    fn abandoned(&mut self, deployment: DeploymentIndex) {
        let _ = deployment;
    }
}

/// What a failed attempt does to its deployment's place in the rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CooldownStep {
    /// It leaves the rotation.
    Begins(Cooled),
    /// It was out already, and comes back later than it would have.
    Prolonged(Cooled),
    /// Nothing.
    None(NoCooldown),
}

impl CooldownStep {
    /// The cooldown that begins, if one does.
    pub const fn begun(self) -> Option<Cooled> {
        match self {
            Self::Begins(cooled) => Some(cooled),
            Self::Prolonged(_) | Self::None(_) => None,
        }
    }
}

/// Why a failure left its deployment's cooldown as it was, with the figures that the rule compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCooldown {
    /// The config switches cooldowns off.
    Off,
    /// The cooldown would last no time.
    NoTime,
    /// Deployments of a wildcard group never cool.
    Wildcard,
    /// The request itself is at fault, and the deployment lives.
    RequestAtFault,
    /// Failures of this kind cool nobody.
    KindSpared,
    /// The gateway itself is to blame.
    OurOwn,
    /// Only the first failure of a request is counted.
    LaterFailure,
    /// The client's own limit was too short.
    LimitOfRequest,
    /// No more failed than the config allows.
    AllowedFails {
        /// Failures counted in the window, this one included.
        failed: u64,
        /// Failures that are allowed.
        allowed: u64,
    },
    /// Nobody else is in the group, and it has not failed long enough without a success.
    LoneDeployment {
        /// Failures counted in the window, this one included.
        failed: u64,
        /// Calls counted in the window.
        calls: u64,
        /// Calls, all of them failed, that the rule asks for.
        calls_min: u64,
    },
    /// Too few calls for their failed share to say anything.
    FewCalls {
        /// Failures counted in the window, this one included.
        failed: u64,
        /// Calls counted in the window.
        calls: u64,
        /// Calls that the rule asks for.
        calls_min: u64,
    },
    /// The failed share is not above what the rule asks for.
    LowShare {
        /// Failures counted in the window, this one included.
        failed: u64,
        /// Calls counted in the window.
        calls: u64,
        /// Share, in per cent, above which it would cool.
        above_percent: u64,
    },
    /// Too few failures in a row, and among the newest outcomes.
    FewFailures {
        /// Failures in a row, this one included.
        in_a_row: u32,
        /// Failures in a row that the rule asks for.
        in_a_row_min: u32,
        /// Failures among the newest outcomes.
        recent: u32,
        /// Failures among them that the rule asks for.
        recent_min: u32,
        /// How many outcomes are remembered.
        outcomes: u32,
    },
    /// It cools already, and this failure does not prolong it.
    AlreadyCooling {
        /// Time left.
        left: Duration,
    },
    /// Nobody keeps a book on it.
    Unknown,
}

/// A deployment is out of the rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cooled {
    /// For how long, from now on.
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
    /// Who set the limit by which the attempt may have been given up.
    pub limit: LimitSetBy,
}

/// Who set the limit of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitSetBy {
    /// The config.
    Config,
    /// The request itself.
    Request,
}

/// A failure's place among those of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NthFailure {
    /// The first. LiteLLM records only that one.
    First,
    /// A later one.
    Later,
}
