//! Files of a gate, for whoever reads them: CI servers, reviewers, editors. Each is a function of the same result; no
//! number is made here.

mod gitlab;
mod junit;
mod markdown;
mod workflow;

pub use gitlab::gitlab;
pub use junit::junit;
pub use markdown::markdown;
pub use workflow::{annotations, harmless};

use crate::report::{Gate, GateChange, GateRow};

/// The change that a failing scenario is pointed at: the strongest cause, else the only change, else the first.
fn culprit<'g>(found: &'g Gate, row: &GateRow) -> Option<&'g GateChange> {
    let strongest = row.causes.first().and_then(|cause| found.changes.get(cause.change));
    strongest.or(found.changes.first())
}
