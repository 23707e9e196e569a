//! What a gateway tells about its decisions. Whoever wants to record them implements [`Observer`];
//! the gateway does not know who listens, nor why.

use std::fmt;

use vocab::{At, DeploymentId};

pub use crate::upstream::failure::Reason;

/// Listens to decisions. Called inline on the request's path: be quick, never block.
pub trait Observer: Send + Sync + fmt::Debug {
    /// One decision was taken.
    fn saw(&self, decision: &Decision<'_>);
}

/// One decision.
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    /// When.
    pub at: At,
    /// `x-litellm-call-id` of the request; empty for decisions about the fleet.
    pub call_id: &'a str,
    /// Which instance.
    pub instance: &'a str,
    /// About which deployment, if any.
    pub deployment: Option<&'a DeploymentId>,
    /// What was decided.
    pub what: Choice<'a>,
}

/// What was decided, with the facts that explain it.
#[derive(Clone, Debug)]
pub enum Choice<'a> {
    /// First deployment for a request.
    Pick,
    /// Another attempt within the group, after `wait`.
    Retry {
        /// Which attempt of the request this will be, from 2.
        attempt: u32,
        /// Backoff before it.
        wait: std::time::Duration,
    },
    /// On to another group or deployment.
    Failover {
        /// Model group or deployment id that is tried next.
        to: &'a str,
    },
    /// An attempt failed.
    AttemptFailed {
        /// Status of the answer, if one came.
        status: Option<u16>,
        /// Why, in a word or two: `connect`, `rate_limited`, `stalled`, …
        reason: Reason,
    },
    /// The deployment leaves the rotation.
    Cooldown {
        /// For how long.
        lasts: std::time::Duration,
        /// Why.
        reason: Reason,
    },
    /// The request was answered from this deployment.
    Served {
        /// Attempts that it took.
        attempts: u32,
    },
    /// Nothing is left to try.
    GaveUp {
        /// Status that the client gets.
        status: u16,
        /// Why.
        reason: Reason,
    },
    /// A stream broke after content had been sent.
    StreamBroken {
        /// Why.
        reason: Reason,
    },
    /// The client went away first.
    ClientLeft,
    /// The instance took on another config. About no request and no deployment.
    Reload,
}

/// An observer for whom nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn saw(&self, _: &Decision<'_>) {}
}
