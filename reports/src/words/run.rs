//! What a run played, in words: on which clock, which faults, which incidents, which events.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use record::RunInfo;
use record::run::{Clock, ContenderInfo, EventInfo, EventKind, LeftOut};

use super::figures::{clock, counted};
use super::text::plain;
use crate::report::Basis;

/// A clock as every output labels it: a simulated run says so wherever it appears.
pub(crate) const fn clock_label(clock: Clock) -> &'static str {
    match clock {
        Clock::Virtual => "SIMULATED",
        Clock::Wall => "WALL CLOCK",
    }
}

/// The rule that decided a run, in a few words.
pub(crate) const fn decided_by(basis: Basis) -> &'static str {
    match basis {
        Basis::Invalid => "nothing (invalid)",
        Basis::OnlyKeeper => "the promise, which nobody else kept",
        Basis::Cost => "cost, among those who kept the promise",
        Basis::Goodput => "good answers, costs being equal or unknown",
        Basis::OnlyUntested => "nothing (those who kept the promise met no fault)",
        Basis::NobodyKept => "good answers, as nobody kept the promise",
        Basis::Equal => "nothing (the first are equal)",
        Basis::Withheld => "nothing (what would rank them is withheld)",
    }
}

/// `no fault was played`, or which were left out; nothing where all were played.
pub(crate) fn faults_played(run: &RunInfo) -> Option<String> {
    if !run.contenders.iter().any(ContenderInfo::is_observed) {
        // What is played at somebody else's gateway is not ours to say.
        return None;
    }
    if run.faults.is_empty() {
        return Some("no fault was played".to_owned());
    }
    let number = |what| run.left_out.iter().filter(|one| one.what == what).count() as u64;
    let (faults, events) = (number(LeftOut::Fault), number(LeftOut::Event));
    let told = [(faults, "fault"), (events, "event")].into_iter().filter(|(number, _)| *number > 0);
    let told: Vec<String> = told.map(|(number, noun)| counted(number, noun)).collect();
    let were = if faults + events == 1 { "was" } else { "were" };
    (!told.is_empty()).then(|| format!("{} {were} left out", told.join(" and ")))
}

/// Called models with nowhere to fail over to: `traffic calls `m`: 1 deployment, no fallback`; where only some
/// contenders are left with one, these by name.
pub(crate) fn dead_ends(run: &RunInfo) -> Vec<String> {
    let ranked = || run.contenders.iter().filter(|who| !who.mark && !who.reach.is_empty());
    let mut by_model: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for who in ranked() {
        for reach in who.reach.iter().filter(|reach| reach.deployments.len() < 2) {
            by_model.entry(&reach.model).or_default().push(&who.name);
        }
    }
    let line = |(model, names): (&str, Vec<&str>)| {
        let model = plain(model);
        match names.len() == ranked().count() {
            true => format!("traffic calls `{model}`: 1 deployment, no fallback"),
            false => {
                format!(
                    "traffic calls `{model}`: 1 deployment, no fallback in {}",
                    names.join(", ")
                )
            }
        }
    };
    by_model.into_iter().map(line).collect()
}

/// `21 incidents in 34 windows`, and by how much they were compressed; nothing of a hand-written run.
pub(crate) fn incidents(run: &RunInfo) -> Option<String> {
    let origins: Vec<_> = run.faults.iter().filter_map(|fault| fault.origin.as_ref()).collect();
    if origins.is_empty() {
        return None;
    }
    let incidents: BTreeSet<_> =
        origins.iter().map(|origin| (&origin.entry, &origin.process, origin.incident)).collect();
    let compressed = run.compress.map_or_else(String::new, |compress| {
        format!(
            "; COMPRESSED: outages {} and gaps {} times shorter than in life",
            compress.outages, compress.gaps
        )
    });
    Some(format!(
        "{} in {}{compressed}",
        counted(incidents.len() as u64, "incident"),
        counted(origins.len() as u64, "window")
    ))
}

/// One line per mark: `e1 at 230 s: half of them are new`. Other events have a row among the faults.
pub(crate) fn marks(run: &RunInfo) -> Vec<String> {
    let line = |event: &EventInfo| match event.kind {
        EventKind::Mark => {
            let at = clock(event.at_ns as f64 / 1e9);
            Some(format!("{} at {at}: {}", plain(&event.id), plain(&event.summary)))
        }
        EventKind::Apply | EventKind::Rollout => None,
    };
    run.events.iter().filter_map(line).collect()
}
