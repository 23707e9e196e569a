//! What rules may know of an attempt, and by which key its luck is drawn.

use vocab::At;

use crate::attempt_record::Numbers;
use crate::index::DeploymentIndex;

/// Everything about an attempt that rules may ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttemptFacts {
    pub(crate) deployment: DeploymentIndex,
    pub(crate) at: At,
    pub(crate) draw_key: DrawKey,
    pub(crate) attempt: u32,
    pub(crate) stream: bool,
    pub(crate) prompt_tokens: u64,
}

/// Whose luck: a request and its visit, or a probe's ordinal and visit 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DrawKey {
    pub(crate) request: u64,
    pub(crate) visit: u32,
}

/// For which request a client dials, with the numbers that its attempt would get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) request: u64,
    pub(crate) numbers: Numbers,
}
