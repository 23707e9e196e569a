//! Promises that nothing in a scenario can tell: a recovery without a fault, a percentile of fewer requests than it
//! needs, a cost without a price, a first token where nothing is streamed. Whoever requires one waits for a run that
//! ends without data; this says so before.

use loadgen::config::Phase;
use record::run::{ActsOn, EventInfo, EventKind, FaultInfo};
use record::slo::{Aggregate, Metric, Slo};
use vocab::At;

use crate::out::warnings::Situation;
use crate::text::spelling::rounded;

/// Attempts without which detection cannot be told (λ × length, `docs/numbers.md`).
const ATTEMPTS_MIN: f64 = 15.0;

/// One sentence for each promise that cannot be told.
pub(crate) fn untold(
    situation: &Situation<'_>,
    promises: &[Slo],
    events: &[EventInfo],
) -> Vec<String> {
    let line = |slo: &Slo| {
        let (why, remedy) = reason(situation, slo, events)?;
        Some(format!("slo {slo} cannot be told: {why}; {remedy}"))
    };
    promises.iter().filter_map(line).collect()
}

fn reason(situation: &Situation<'_>, slo: &Slo, events: &[EventInfo]) -> Option<(String, String)> {
    match slo.metric {
        Metric::Recover => recover(situation, events),
        Metric::Detect => detect(situation),
        Metric::Ttft | Metric::Tpot | Metric::LongestGap => {
            percentile(situation, slo, |phase| phase.workload.stream_share, "streamed requests")
        }
        Metric::E2e => percentile(situation, slo, |_| 1.0, "requests"),
        Metric::Cost => cost(situation),
        Metric::Success | Metric::Goodput | Metric::Attempts => None,
    }
}

fn recover(situation: &Situation<'_>, events: &[EventInfo]) -> Option<(String, String)> {
    let changes = events.iter().any(|event| match event.kind {
        EventKind::Apply | EventKind::Rollout => true,
        EventKind::Mark => false,
    });
    (situation.faults.is_empty() && !changes).then(|| {
        let remedy = "add a fault, or leave the promise out";
        ("there is nothing to recover from".to_owned(), remedy.to_owned())
    })
}

fn detect(situation: &Situation<'_>) -> Option<(String, String)> {
    let detectable = |fault: &&FaultInfo| {
        fault.acts_on == ActsOn::Deployments
            && fault.share >= 1.0
            && fault.when.is_empty()
            && !fault.only_slows
    };
    let offered = |fault: &FaultInfo| {
        let during = situation.phases.iter().map(|phase| {
            let from = phase.from.ns().max(fault.from_ns);
            let to = phase.to.ns().min(fault.to_ns);
            phase.arrivals.per_second * to.saturating_sub(from) as f64 / 1e9
        });
        during.sum::<f64>()
    };
    let mut told = situation.faults.iter().filter(detectable).map(offered);
    let some = situation.faults.iter().any(|fault| detectable(&fault));
    if told.any(|requests| requests >= ATTEMPTS_MIN) {
        return None;
    }
    let why = match some {
        true => format!("no fault meets {ATTEMPTS_MIN} requests"),
        false => "no fault fails every attempt at a deployment".to_owned(),
    };
    Some((why, "add one that does, or leave the promise out".to_owned()))
}

fn percentile(
    situation: &Situation<'_>,
    slo: &Slo,
    share: fn(&Phase) -> f64,
    what: &str,
) -> Option<(String, String)> {
    let seconds = |from: At, to: At| to.ns().saturating_sub(from.ns()) as f64 / 1e9;
    let measured = situation.phases.iter().filter(|phase| !phase.warmup);
    let offered: f64 = measured
        .map(|phase| phase.arrivals.per_second * seconds(phase.from, phase.to) * share(phase))
        .sum();
    let needed = slo.requests_needed();
    if offered <= 0.0 {
        let why = format!("the schedule offers no {what} outside warm-up");
        return Some((why, "leave the promise out, or offer some".to_owned()));
    }
    let number = match slo.aggregate {
        Aggregate::Percentile(_) if offered < needed as f64 => offered,
        Aggregate::Percentile(_) | Aggregate::Rate | Aggregate::Max => return None,
    };
    Some((
        format!(
            "it needs {needed} {what} and the schedule offers about {}",
            rounded(number.round())
        ),
        "raise the rate or the length, or promise a lower percentile".to_owned(),
    ))
}

fn cost(situation: &Situation<'_>) -> Option<(String, String)> {
    let both = situation.fleet.members.iter().zip(situation.fakes);
    let unpriced: Vec<&str> = both
        .filter(|(member, fake)| *member.group == *situation.called && fake.price.is_none())
        .map(|(member, _)| member.id.as_str())
        .collect();
    (!unpriced.is_empty()).then(|| {
        let remedy = "give `input_cost_per_token` and `output_cost_per_token` in the config's `litellm_params`, or \
                      `price:` in `deployments:`";
        let why = format!("who asks {} has no price for it", unpriced.join(", "));
        (why, remedy.to_owned())
    })
}
