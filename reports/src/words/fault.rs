//! A fault in words: what happened, to whom, and when it was noticed.

use record::run::ActsOn;

use super::figures::{clock, or_not, seconds};
use super::text::plain;
use crate::report::{FaultKind, FaultResult, Measured};

/// Whether somebody could detect it: not where nobody's request met the fault.
pub(crate) fn was_met(fault: &FaultResult) -> bool {
    fault.met_requests != Measured::Known(0) || !fault.time_to_detect_s.is_absent()
}

/// `fault`, or `event` for a change of the config.
pub(crate) fn kind(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Fault => "fault",
        FaultKind::Event => "event",
    }
}

/// What a row of the faults was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Struck {
    /// Deployments, or links to them.
    Provider,
    /// Gateway instances, or links to them.
    Gateway,
    /// Nothing: the config was changed on purpose.
    Config,
}

impl Struck {
    /// Of this row.
    pub(crate) fn by(fault: &FaultResult) -> Self {
        match (fault.kind, fault.acts_on) {
            (FaultKind::Event, _) => Self::Config,
            (FaultKind::Fault, ActsOn::Deployments) => Self::Provider,
            (FaultKind::Fault, ActsOn::Instances | ActsOn::Link) => Self::Gateway,
        }
    }

    /// `fault`, `gateway fault` or `event`.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Provider => kind(FaultKind::Fault),
            Self::Gateway => "gateway fault",
            Self::Config => kind(FaultKind::Event),
        }
    }
}

/// When the target was left alone; `not met` where nobody's request met the fault.
pub(crate) fn detected(fault: &FaultResult) -> String {
    match was_met(fault) {
        true => or_not(fault.time_to_detect_s, seconds),
        false => "not met".to_owned(),
    }
}

/// `f1 throttle (429, retry-after 10 s)`
pub(crate) fn fault_name(fault: &FaultResult) -> String {
    format!("{} {}", plain(&fault.id), plain(&fault.summary))
}

/// `f1 throttle (429, retry-after 10 s) on first, 60 s to 120 s`
pub(crate) fn fault_title(fault: &FaultResult) -> String {
    let (from, to) = (clock(fault.from_s), clock(fault.to_s));
    let when =
        if fault.from_s < fault.to_s { format!("{from} to {to}") } else { format!("at {from}") };
    let (id, target) = (plain(&fault.id), plain(&fault.target));
    format!("{id} {} on {target}, {when}", plain(&fault.summary))
}
