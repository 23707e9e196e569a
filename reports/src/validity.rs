//! Can this measurement be trusted at all? Asked before anything is ranked.
//!
//! INVALID needs a reason that lies in the measurement and spoils all of it: books that do not
//! reconcile, a run that was cut short, contenders that were not offered the same, a generator that
//! fell so far behind that the clients' time ran down, a way that leads to no deployment. What spoils
//! single numbers withholds these (`instrument`). A contender that did badly is no such reason; one
//! that was unhealthy before the first fault is a note. What an interruption causes (contenders that
//! were not reached, schedules that differ) is told as that.

mod instrument;

use std::collections::BTreeSet;

use indexmap::IndexMap;
use record::PreflightRow;
use record::machine::{MachineInfo, StandingClock};
use record::run::{Clock, ContenderKind, RunInfo};

use crate::numbers::Evaluation;
use crate::report::{Contender, Measured, Validity, ValidityVerdict};
use crate::words::contender::product;
use crate::words::figures::{NOT_OBSERVED, count, counted};

/// Judges the measurement, and withholds of the numbers what the instrument could have moved;
/// `evaluated` includes the mark `direct`.
pub(crate) fn judge(
    run: &RunInfo,
    (machine, preflight): (&MachineInfo, &[PreflightRow]),
    evaluated: &mut [Evaluation],
) -> Validity {
    let measured = run.scenario.clock == Clock::Wall;
    let withheld = if measured { withheld(run, evaluated, machine) } else { Vec::new() };
    let evaluated = &*evaluated;
    let mut reasons: Vec<String> = machine.incomplete.iter().cloned().collect();
    let whole = reasons.is_empty();
    reasons.extend((!whole).then(|| not_played(evaluated)).flatten());
    for each in evaluated {
        let named = |reason: &String| format!("{}: {reason}", each.numbers.name);
        reasons.extend(each.mismatches.iter().map(named));
        reasons.extend(offered(&each.numbers).filter(|_| whole));
    }
    reasons.extend(same_schedule(evaluated).filter(|_| whole));
    if measured {
        let names = evaluated.iter().map(|each| &each.numbers.name);
        reasons.extend(names.filter_map(|name| instrument::spoilt(run, machine, name)));
        let direct = way_in_of_direct(run, evaluated);
        reasons
            .extend(evaluated.iter().filter_map(|each| instrument::starved(run, (each, direct))));
    }
    reasons.extend(lost_ways(preflight));
    let verdict =
        if reasons.is_empty() { ValidityVerdict::Valid } else { ValidityVerdict::Invalid };
    // What half a run shows about health and sample sizes is no note, but a consequence.
    let mut notes = if whole { notes(run, evaluated) } else { Vec::new() };
    notes.extend(withheld);
    notes.extend(machine.standing_clocks.iter().map(other_clock));
    Validity { verdict, reasons, notes }
}

/// How many kinds there are, ours by either policy counted once.
fn kinds(of: impl Iterator<Item = ContenderKind>) -> usize {
    let ours = |kind: ContenderKind| match kind {
        ContenderKind::Emulated => ContenderKind::BuiltIn,
        other @ (ContenderKind::BuiltIn | ContenderKind::Process | ContenderKind::Remote) => other,
    };
    of.map(|kind| ours(kind).word()).collect::<BTreeSet<_>>().len()
}

/// Attempts that were seen by somebody else's clock.
fn other_clock(clock: &StandingClock) -> String {
    let StandingClock { contender, url, error_ms, .. } = clock;
    format!(
        "{contender}: attempts were recorded by fakes at {url}, whose clock is known to ± {error_ms:.3} ms; \
         their times are given no finer"
    )
}

/// Who was not reached before the run was cut short.
fn not_played(evaluated: &[Evaluation]) -> Option<String> {
    let names: Vec<&str> = evaluated
        .iter()
        .filter(|each| !each.numbers.was_played())
        .map(|each| each.numbers.name.as_str())
        .collect();
    let were = if names.len() == 1 { "was" } else { "were" };
    (!names.is_empty()).then(|| format!("{} {were} not played", names.join(", ")))
}

fn offered(numbers: &Contender) -> Option<String> {
    let Contender { name, offered, never_sent, .. } = numbers;
    if *offered == 0 {
        return Some(format!("{name}: no request was offered outside warm-up"));
    }
    let were = if *never_sent == 1 { "was" } else { "were" };
    (*never_sent > 0).then(|| {
        format!(
            "{name}: {} of {} {were} never sent, the bound on requests in flight was reached",
            count(*never_sent),
            counted(*offered, "request")
        )
    })
}

fn same_schedule(evaluated: &[Evaluation]) -> Option<String> {
    let first = evaluated.first()?;
    let other = evaluated.iter().find(|each| each.schedule != first.schedule)?;
    Some(format!(
        "{} was offered {}, {} was offered {}: not the same schedule",
        first.numbers.name,
        counted(first.schedule.0, "request"),
        other.numbers.name,
        count(other.schedule.0)
    ))
}

/// Ways that did not lead to their deployment, and what to do about them.
fn lost_ways(preflight: &[PreflightRow]) -> Vec<String> {
    let mut ways: IndexMap<(&str, &str, &str), Vec<&str>> = IndexMap::new();
    for row in preflight.iter().filter(|row| !row.ok) {
        ways.entry((&row.deployment, &row.detail, &row.key)).or_default().push(&row.contender);
    }
    let reason = |((deployment, why, key), by): ((&str, &str, &str), Vec<&str>)| {
        let remedy = match key {
            "" => "give it an `api_base` that its provider's API has".to_owned(),
            key => format!("mend its `{key}`"),
        };
        format!(
            "{deployment}: {why}, to one calm request of {} before the run: no contender's fault; {remedy}, or \
             take it out of the config",
            by.join(", ")
        )
    };
    ways.into_iter().map(reason).collect()
}

/// What is withheld and why; contenders of whom the same is to be said share a note.
fn withheld(run: &RunInfo, evaluated: &mut [Evaluation], machine: &MachineInfo) -> Vec<String> {
    let mut notes: IndexMap<String, Vec<String>> = IndexMap::new();
    let direct = way_in_of_direct(run, evaluated);
    for each in evaluated {
        let doubts = instrument::doubts(run, machine, (each, direct));
        let metrics = instrument::withhold(run, &mut each.numbers, &doubts);
        if metrics.is_empty() {
            continue;
        }
        let metrics: Vec<String> = metrics.iter().map(ToString::to_string).collect();
        let whys: Vec<&str> = doubts.iter().map(|doubt| doubt.why.as_str()).collect();
        let note = format!("{} withheld, because {}", metrics.join(", "), whys.join("; "));
        notes.entry(note).or_default().push(each.numbers.name.clone());
    }
    notes.into_iter().map(|(note, names)| format!("{}: {note}", names.join(", "))).collect()
}

/// The way in without a gateway, in milliseconds.
fn way_in_of_direct(run: &RunInfo, evaluated: &[Evaluation]) -> Option<f64> {
    let mark = run.contenders.iter().find(|who| who.mark)?;
    evaluated.iter().find(|each| each.numbers.name == mark.name)?.way_in_ms
}

fn notes(run: &RunInfo, evaluated: &[Evaluation]) -> Vec<String> {
    let ranked = || {
        let marks = |name: &str| run.contenders.iter().any(|c| c.mark && c.name == name);
        evaluated.iter().map(|each| &each.numbers).filter(move |numbers| !marks(&numbers.name))
    };
    let mut notes = Vec::new();
    let unhealthy: Vec<&str> = ranked()
        .filter(|numbers| numbers.healthy_before_fault == Measured::Known(false))
        .map(|numbers| numbers.name.as_str())
        .collect();
    if !unhealthy.is_empty() {
        notes.push(format!("unhealthy before the first fault: {}", unhealthy.join(", ")));
    } else if ranked().any(|numbers| numbers.healthy_before_fault.known().is_some()) {
        notes.push("all contenders healthy before the first fault".to_owned());
    }
    for numbers in ranked() {
        let dials = numbers.attempts_unattributed.known().unwrap_or(0);
        if dials > 0 {
            notes.push(format!(
                "{}: {} could not be attributed to a request",
                numbers.name,
                counted(dials, "dial")
            ));
        }
        if let Some(named) = numbers.product.as_ref().map(product) {
            notes.push(format!(
                "{}: {named} draws its own luck: the seed repeats its traffic and faults, not its choices; what it \
                 decided is {NOT_OBSERVED}",
                numbers.name
            ));
        }
        if !numbers.is_observed() {
            notes.push(format!(
                "{}: somebody else's gateway, so no ledger: attempts, tokens billed and costs are \
                 {NOT_OBSERVED}",
                numbers.name
            ));
        }
    }
    if !run.faults.is_empty() && ranked().any(|numbers| !numbers.is_observed()) {
        notes.push("whether the scenario's faults were played is not known here".to_owned());
    }
    if kinds(ranked().map(|numbers| numbers.kind)) > 1 && run.scenario.clock == Clock::Wall {
        notes.push(
            "latency, CPU and memory are not to be compared across kinds: only processes carry their own overhead"
                .to_owned(),
        );
    }
    let few =
        ranked().flat_map(|numbers| &numbers.slo).find(|result| result.value == Measured::TooFew);
    if let Some(result) = few {
        notes.push(format!("too few requests to tell {}", result.slo));
    }
    notes
}
