//! Can this measurement be trusted at all? Asked before anything is ranked.
//!
//! INVALID needs a reason that lies in the measurement: books that do not reconcile, a run that was
//! cut short, contenders that were not offered the same, a generator that fell behind. A contender
//! that did badly is no such reason; one that was unhealthy before the first fault is a note. What
//! an interruption causes (contenders that were not reached, schedules that differ) is told as that.

use record::machine::{GeneratorHealth, MachineInfo, StandingClock};
use record::run::{Clock, RunInfo};

use crate::numbers::Evaluation;
use crate::report::{Contender, Measured, Validity, ValidityVerdict};
use crate::words::figures::{NOT_OBSERVED, count, counted, millis, percent};

/// Lag that the generator may always have at its 99th percentile, in milliseconds: two timer ticks.
const LAG_MS_MAX: f64 = 2.0;

/// Part of the median time to first token that the lag may reach instead.
const LAG_PART_MAX: f64 = 0.01;

/// Share of one core from which the generator counts as saturated.
const CPU_SHARE_MAX: f64 = 0.85;

/// What calibration may add to the provider's known delay: the larger of 5 ms and 5 % of the median
/// time to first token, at its 99th percentile.
const CALIBRATION_MS_MAX: f64 = 5.0;

/// See [`CALIBRATION_MS_MAX`].
const CALIBRATION_PART_MAX: f64 = 0.05;

/// Judges the measurement; `evaluated` includes the mark `direct`.
pub(crate) fn judge(run: &RunInfo, machine: &MachineInfo, evaluated: &[&Evaluation]) -> Validity {
    let mut reasons: Vec<String> = machine.incomplete.iter().cloned().collect();
    let whole = reasons.is_empty();
    reasons.extend((!whole).then(|| not_played(evaluated)).flatten());
    for each in evaluated {
        let named = |reason: &String| format!("{}: {reason}", each.numbers.name);
        reasons.extend(each.mismatches.iter().map(named));
        reasons.extend(offered(&each.numbers).filter(|_| whole));
    }
    reasons.extend(same_schedule(evaluated).filter(|_| whole));
    if run.scenario.clock == Clock::Wall {
        for health in &machine.generators {
            let numbers = evaluated.iter().find(|each| each.numbers.name == health.contender);
            reasons.extend(kept_schedule(health, numbers.map(|each| &each.numbers)));
        }
    }
    let verdict =
        if reasons.is_empty() { ValidityVerdict::Valid } else { ValidityVerdict::Invalid };
    // What half a run shows about health and sample sizes is no note, but a consequence.
    let mut notes = if whole { notes(run, evaluated) } else { Vec::new() };
    notes.extend(machine.standing_clocks.iter().map(other_clock));
    Validity { verdict, reasons, notes }
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
fn not_played(evaluated: &[&Evaluation]) -> Option<String> {
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

fn same_schedule(evaluated: &[&Evaluation]) -> Option<String> {
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

fn kept_schedule(health: &GeneratorHealth, numbers: Option<&Contender>) -> Vec<String> {
    let name = &health.contender;
    let ttft =
        numbers.and_then(|numbers| numbers.ttft_ms.p50.known().or(numbers.e2e_ms.p50.known()));
    let allowed = |least: f64, part: f64| ttft.map_or(least, |ms| least.max(ms * part));
    let lag = allowed(LAG_MS_MAX, LAG_PART_MAX);
    let error = allowed(CALIBRATION_MS_MAX, CALIBRATION_PART_MAX);
    let mut reasons = Vec::new();
    if health.lag_p99_ms > lag {
        reasons.push(format!(
            "{name}: requests left late, p99 {} where {} is the most that can be trusted",
            millis(health.lag_p99_ms),
            millis(lag)
        ));
    }
    if let Some(share) = health.cpu_share.filter(|share| *share > CPU_SHARE_MAX) {
        reasons.push(format!("{name}: the generator used {} of its core", percent(share)));
    }
    if let Some(ms) = health.calibration_error_p99_ms.filter(|ms| *ms > error) {
        reasons.push(format!(
            "{name}: straight at a fake the first token came {} late at p99, over {}",
            millis(ms),
            millis(error)
        ));
    }
    reasons
}

fn notes(run: &RunInfo, evaluated: &[&Evaluation]) -> Vec<String> {
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
    let few =
        ranked().flat_map(|numbers| &numbers.slo).find(|result| result.value == Measured::TooFew);
    if let Some(result) = few {
        notes.push(format!("too few requests to tell {}", result.slo));
    }
    notes
}
