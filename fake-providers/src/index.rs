//! Positions in the config, one type each, so that none is taken for another. It must never know
//! what stands at a position.

/// Position of a deployment in the config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DeploymentIndex(pub(crate) usize);

/// Position of a host among those that want a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HostIndex(pub(crate) usize);

/// Position of a rule in its schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RuleIndex(pub(crate) usize);
