//! Windows that one entry of the scenario was expanded into, seen together: a report with forty of
//! them must stay readable, so people see the entry, and the windows where they ask for them.
//!
//! Knows the results and nothing of how they are drawn.

use std::collections::BTreeMap;

use record::RunInfo;
use record::run::FaultInfo;

use super::figures::{clock, counted};
use crate::report::{FaultResult, Measured};

/// Results in the order of the scenario: one fault by itself, or all windows of an entry.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// Positions among the faults, at least one.
    pub positions: Vec<usize>,
    /// The entry's id, if it is an expanded one.
    pub entry: Option<String>,
}

/// Victims that are named of all windows together.
const EXAMPLES_MAX: usize = 5;

/// Groups faults by the entry that they were expanded from.
pub(crate) fn groups(faults: &[FaultResult]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, fault) in faults.iter().enumerate() {
        let group = fault.entry.as_deref().and_then(|entry| known.get(entry).copied());
        match group {
            Some(group) => groups[group].positions.push(at),
            None => {
                known.extend(fault.entry.as_deref().map(|entry| (entry, groups.len())));
                groups.push(Group { positions: vec![at], entry: fault.entry.clone() });
            }
        }
    }
    groups
}

/// All windows of an entry as one result: the worst of each number, and sums of what is counted. The
/// worst, because a mean over outages of seconds and of minutes says nothing.
pub(crate) fn worst(windows: &[&FaultResult]) -> Option<FaultResult> {
    let mut whole = (*windows.first()?).clone();
    let worst = |time: fn(&FaultResult) -> Measured<f64>| {
        Measured::largest(windows.iter().map(|fault| time(fault)))
    };
    whole.time_to_detect_s = worst(|fault| fault.time_to_detect_s);
    whole.time_to_rescue_s = worst(|fault| fault.time_to_rescue_s);
    whole.time_to_recover_s = worst(|fault| fault.time_to_recover_s);
    whole.failback_s = worst(|fault| fault.failback_s);
    let rates = windows.iter().filter_map(|fault| fault.success_rate.known());
    whole.success_rate = Measured::known_or(rates.reduce(f64::min), whole.success_rate);
    whole.met_requests = sum(windows, |fault| fault.met_requests);
    whole.exposed = sum(windows, |fault| fault.exposed);
    whole.victims = sum(windows, |fault| fault.victims);
    whole.victim_examples = windows.iter().flat_map(|f| f.victim_examples.clone()).collect();
    whole.victim_examples.truncate(EXAMPLES_MAX);
    whole.first_victims = sum(windows, |fault| fault.first_victims);
    whole.flaps = sum(windows, |fault| fault.flaps);
    whole.error_budget_burn = worst(|fault| fault.error_budget_burn);
    whole.time_to_detect_by_instance_s = Measured::NotApplicable;
    whole.from_s = windows.iter().map(|fault| fault.from_s).fold(f64::INFINITY, f64::min);
    whole.to_s = windows.iter().map(|fault| fault.to_s).fold(0.0, f64::max);
    Some(whole)
}

/// The sum of those that can be told; not observed as soon as one is not, because a part is no sum.
fn sum(windows: &[&FaultResult], of: fn(&FaultResult) -> Measured<u64>) -> Measured<u64> {
    if let Some(unseen) = windows.iter().find(|fault| of(fault) == Measured::NotObserved) {
        return of(unseen);
    }
    let sum = windows.iter().filter_map(|fault| of(fault).known()).reduce(|a, b| a + b);
    Measured::known_or(sum, Measured::NotApplicable)
}

/// `providers: 9 windows from 35 s to 1,790 s (worst of each number, sums of victims and flaps)`.
pub(crate) fn title(entry: &str, whole: &FaultResult, windows: usize) -> String {
    format!(
        "{entry}: {} from {} to {} (the worst of each number; victims and flaps summed)",
        counted(windows as u64, "window"),
        clock(whole.from_s),
        clock(whole.to_s)
    )
}

/// Start and name of every fault, and of an entry with several windows only of the first: what there
/// is room for above a chart.
pub(crate) fn names(run: &RunInfo) -> Vec<(u64, String)> {
    fn entry(fault: &FaultInfo) -> Option<&str> {
        fault.origin.as_ref().map(|origin| origin.entry.as_str())
    }
    let mut windows: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in run.faults.iter().filter_map(entry) {
        *windows.entry(entry).or_default() += 1;
    }
    let mut names = Vec::new();
    for fault in &run.faults {
        // The first window speaks for all of its entry.
        let text = match entry(fault).map(|own| (own, windows.insert(own, 0).unwrap_or_default())) {
            Some((_, 0)) => continue,
            Some((own, windows @ 2..)) => format!("{own}: {}", counted(windows, "window")),
            Some((_, 1)) | None => format!("{} {}", fault.id, fault.summary),
        };
        names.push((fault.from_ns, text));
    }
    names
}
