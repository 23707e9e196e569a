//! How everybody came through each fault: windows that one entry was expanded into are told together, and what an
//! interrupted run did not reach is left out.

use crate::Analysis;
use crate::report::{Contender, FaultResult};
use crate::words::fault::fault_title;
use crate::words::text::plain;
use crate::words::windows::{Group, title, worst};

/// What a contender made of a group: its only fault, or the worst of its windows that were reached.
pub(crate) fn whole(analysis: &Analysis, who: &Contender, group: &Group) -> Option<FaultResult> {
    let windows = group.positions.iter().filter_map(|at| who.faults.get(*at));
    let reached: Vec<&FaultResult> = windows.filter(|fault| was_reached(analysis, fault)).collect();
    match reached[..] {
        [only] => Some(only.clone()),
        _ => worst(&reached),
    }
}

/// The title of a fault, or of all windows of an entry.
pub(crate) fn group_title(group: &Group, whole: &FaultResult) -> String {
    match (&group.entry, group.positions.len()) {
        (Some(entry), windows @ 2..) => title(&plain(entry), whole, windows),
        (Some(_) | None, _) => fault_title(whole),
    }
}

/// Whether an interrupted run came as far as this fault; others do.
pub(crate) fn was_reached(analysis: &Analysis, fault: &FaultResult) -> bool {
    analysis.machine.incomplete.is_none() || fault.from_s < analysis.played_s
}
