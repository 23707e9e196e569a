//! Where and how a failure was met: what a policy is told when it gives one a name.

use std::time::Duration;

use crate::config::Deployment;
use crate::policy::deadlines::Answer;

/// The circumstances in which an attempt failed.
#[derive(Clone, Copy, Debug)]
pub struct Met<'a> {
    /// Whose attempt it was.
    pub deployment: &'a Deployment,
    /// Which sort of answer was awaited.
    pub answer: Answer,
    /// How far the exchange had come.
    pub stage: Stage,
    /// How long it was allowed to be silent.
    pub limit: Duration,
    /// What the provider had said when it failed: the body of its refusal, the answer that is none, or
    /// the data of the event that reports an error. Empty where there is nothing of the kind.
    pub said: &'a [u8],
}

/// How far an exchange had come when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No head came.
    Unanswered,
    /// A head came that says no.
    Refused,
    /// A head came that says yes, and a whole answer was to follow.
    Whole,
    /// A head came that says yes, and a stream was to follow.
    Stream,
    /// Nobody was asked: the deployment fails by itself.
    Mocked,
}
