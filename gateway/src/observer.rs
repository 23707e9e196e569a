//! What a gateway tells about its decisions. Whoever wants to record them implements [`Observer`];
//! the gateway does not know who listens, nor why.

use std::fmt;

use vocab::{At, DeploymentId};

pub use crate::policy::cooldown::NoCooldown;
pub use crate::policy::fallbacks::NoFallback;
pub use crate::policy::retry::NoRetry;
pub use crate::upstream::announced::Counted;
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
    /// The deployment was out, and the attempt that is made now is to show whether it is back.
    Probe,
    /// The gateway checked the deployment by a request of its own. About no client's request.
    Checked {
        /// What came of it.
        result: CheckResult,
        /// Since it was sent.
        took: std::time::Duration,
    },
    /// Another attempt beside the one under way, which is late.
    Hedge {
        /// Which attempt of the request this will be, from 2.
        attempt: u32,
        /// Since the one under way began.
        after: std::time::Duration,
    },
    /// The deployment was chosen and is not asked: it answers as many requests as it takes.
    AtLimit {
        /// Requests that it takes at a time.
        most: u32,
    },
    /// The deployment was to be chosen and somebody else is asked: its provider said that less is left of a limit than the
    /// request takes.
    PassedOver {
        /// What the limit counts.
        counted: Counted,
        /// What is left of it.
        left: u64,
        /// What the request takes.
        needs: u64,
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
    /// A cooldown that runs ends later than it would have.
    CooldownProlonged {
        /// How long it still lasts, from now on.
        lasts: std::time::Duration,
        /// Why.
        reason: Reason,
    },
    /// An attempt failed, and its deployment's cooldown stays as it is.
    NoCooldown {
        /// By which rule.
        why: NoCooldown,
        /// What was observed.
        reason: Reason,
    },
    /// The group is given up: no other attempt in it.
    NoRetry {
        /// By which rule.
        why: NoRetry,
    },
    /// No other group or deployment is gone to.
    NoFallback {
        /// By which rule.
        why: NoFallback,
    },
    /// The request was answered from this deployment, or by the gateway itself where none is named.
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
    /// Another deployment, this one, goes on with a stream that broke after content had been sent.
    Resumed {
        /// Tokens that the client has of it.
        tokens: u64,
    },
    /// A stream broke after content had been sent.
    StreamBroken {
        /// Why.
        reason: Reason,
    },
    /// The client went away first.
    ClientLeft {
        /// What the gateway was waiting for then, if it was waiting for an answer to begin.
        waiting: Option<Waiting>,
    },
    /// The instance begins, and knows nothing of any deployment. About no request and no deployment.
    Start,
    /// The instance took on another config. About no request and no deployment.
    Reload {
        /// Whose cooldowns that ran it forgets.
        forgets: &'a [DeploymentId],
    },
    /// The instance is dead. Said by whoever saw it die, as the dead say nothing. About no request and
    /// no deployment.
    Kill {
        /// Whose cooldowns that ran it forgets.
        forgets: &'a [DeploymentId],
    },
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckResult {
    /// The deployment answered, or refused a check that is itself at fault.
    Passed,
    /// It failed.
    Failed {
        /// Why.
        reason: Reason,
    },
}

/// An attempt that has not begun to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// For how long it was waited for.
    pub waited: std::time::Duration,
    /// For how long it would have been.
    pub limit: std::time::Duration,
}

/// An observer for whom nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn saw(&self, _: &Decision<'_>) {}
}
