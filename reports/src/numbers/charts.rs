//! What the charts draw: rates over time, shares of deployments, cooldowns, and the CDFs. Warm-up is
//! in the timelines, because a reader wants to see it, and in nothing else.

use std::collections::BTreeMap;
use std::path::Path;

use record::{DecisionKind, DecisionRow, ReadError, RunInfo};
use vocab::Outcome;

use super::calm::NS_PER_S;
use super::promises::Samples;
use super::sample::Sample;
use crate::reading;
use crate::tables::ledger::Ledger;
use crate::tables::requests::Requests;

/// A timeline has at most this many bins; more cannot be told apart on a screen.
const BINS_MAX: f64 = 126.0;

/// Lengths that a bin may have, in seconds: those in which people count.
const BIN_S: [f64; 15] =
    [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];

/// Points of one CDF; between two of them lies less than a pixel of a printed chart.
const CURVE_POINTS_MAX: usize = 240;

/// Cooldowns kept per contender; a chart with more is solid anyway.
const COOLDOWNS_MAX: usize = 5_000;

/// What the charts of one contender draw.
#[derive(Clone, Debug, Default)]
pub struct Charts {
    /// Rates and shares over time.
    pub timeline: Timeline,
    /// CDF of the time to first token.
    pub ttft: Curve,
    /// CDF of the end-to-end time.
    pub e2e: Curve,
}

/// Rates and shares over time, in bins of equal length from the start of the run.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Length of a bin, in seconds.
    pub bin_s: f64,
    /// Offered requests per bin, by intended instant.
    pub offered: Vec<u32>,
    /// Those of them that ended well (success within every per-request bound).
    pub good: Vec<u32>,
    /// Those of them that failed.
    pub failed: Vec<u32>,
    /// Attempts per deployment (in the order of the config) and bin, by arrival.
    pub attempts: Vec<Vec<u32>>,
    /// Times during which a gateway kept a deployment out of rotation; overlapping ones are joined.
    pub cooldowns: Vec<Cooldown>,
}

/// A deployment out of rotation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cooldown {
    /// Position of the deployment in the config.
    pub deployment: usize,
    /// Start, in seconds.
    pub from_s: f64,
    /// End, in seconds.
    pub to_s: f64,
}

/// An empirical distribution in which some requests never arrive.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Milliseconds, and the share of all requests that had arrived by then; rising.
    pub points: Vec<(f64, f64)>,
    /// Share that never arrives.
    pub never: f64,
}

/// Collects what the charts draw.
pub(crate) fn charts(
    run: &RunInfo,
    (requests, ledger): (&Requests, &Ledger),
    samples: &Samples,
    decisions: Option<&Path>,
) -> Result<Charts, ReadError> {
    let duration_s = run.scenario.duration_ns as f64 / NS_PER_S;
    let bin_s = BIN_S
        .into_iter()
        .find(|bin_s| duration_s / bin_s <= BINS_MAX)
        .unwrap_or(duration_s / BINS_MAX);
    let bins = (duration_s / bin_s).ceil() as usize;
    let bin_of =
        |at_ns: u64| Some((at_ns as f64 / NS_PER_S / bin_s) as usize).filter(|b| *b < bins);
    let mut timeline = Timeline {
        bin_s,
        offered: vec![0; bins],
        good: vec![0; bins],
        failed: vec![0; bins],
        attempts: vec![vec![0; bins]; run.deployments.len()],
        cooldowns: match decisions {
            Some(path) => cooldowns(run, ledger, path)?,
            None => Vec::new(),
        },
    };
    for request in &requests.rows {
        if let Some(bin) = bin_of(request.intended_ns) {
            timeline.offered[bin] += 1;
            timeline.good[bin] += u32::from(request.good);
            timeline.failed[bin] += u32::from(request.outcome == Outcome::Failed);
        }
    }
    for attempt in &ledger.attempts {
        let row = timeline.attempts.get_mut(attempt.deployment);
        if let Some((row, bin)) = row.zip(bin_of(attempt.arrived_ns)) {
            row[bin] += 1;
        }
    }
    Ok(Charts { timeline, ttft: curve(&samples.ttft), e2e: curve(&samples.e2e) })
}

fn curve(sample: &Sample) -> Curve {
    let (finite, n) = (sample.finite(), sample.len() as f64);
    if finite.is_empty() {
        return Curve { points: Vec::new(), never: if n > 0.0 { 1.0 } else { 0.0 } };
    }
    let step = finite.len().div_ceil(CURVE_POINTS_MAX);
    let last = finite.len() - 1;
    let ranks = (0..last).step_by(step).chain([last]);
    let points = ranks.map(|rank| (finite[rank], (rank + 1) as f64 / n)).collect();
    Curve { points, never: 1.0 - finite.len() as f64 / n }
}

fn cooldowns(run: &RunInfo, ledger: &Ledger, path: &Path) -> Result<Vec<Cooldown>, ReadError> {
    let ends_s = run.scenario.duration_ns as f64 / NS_PER_S;
    // By instance: what one of them forgets when it is killed, the others still know.
    let mut running: BTreeMap<(String, usize), Cooldown> = BTreeMap::new();
    let mut done = Vec::new();
    for row in reading::rows::<DecisionRow>(path)? {
        let row = row?;
        let from_s = row.at_ns as f64 / NS_PER_S;
        if forgets(row.kind) {
            let of_it = running.extract_if(.., |(gateway, _), _| *gateway == row.gateway);
            done.extend(
                of_it.map(|(_, cooldown)| Cooldown { to_s: cooldown.to_s.min(from_s), ..cooldown }),
            );
        }
        let number = row.deployment.as_deref().and_then(|id| ledger.deployments.find(id));
        let number = number.filter(|number| *number < run.deployments.len());
        let (Some(for_ms), Some(deployment)) = (cooldown_ms(&row), number) else { continue };
        let to_s = (from_s + for_ms / 1000.0).min(ends_s);
        let next = Cooldown { deployment, from_s, to_s };
        match running.get_mut(&(row.gateway.clone(), deployment)) {
            Some(before) if from_s <= before.to_s => before.to_s = before.to_s.max(to_s),
            Some(before) => done.push(std::mem::replace(before, next)),
            None => {
                running.insert((row.gateway, deployment), next);
            }
        }
        if done.len() >= COOLDOWNS_MAX {
            break;
        }
    }
    done.extend(running.into_values());
    Ok(joined(done))
}

/// Cooldowns of one deployment that overlap as one; by deployment and start.
fn joined(mut cooldowns: Vec<Cooldown>) -> Vec<Cooldown> {
    cooldowns.sort_by(|a, b| a.deployment.cmp(&b.deployment).then(a.from_s.total_cmp(&b.from_s)));
    let mut joined: Vec<Cooldown> = Vec::with_capacity(cooldowns.len());
    for next in cooldowns {
        match joined.last_mut() {
            Some(last) if last.deployment == next.deployment && next.from_s <= last.to_s => {
                last.to_s = last.to_s.max(next.to_s);
            }
            Some(_) | None => joined.push(next),
        }
    }
    joined
}

/// Whether an instance knows no cooldown from such a decision on.
const fn forgets(kind: DecisionKind) -> bool {
    match kind {
        DecisionKind::Start | DecisionKind::Reload | DecisionKind::Kill => true,
        DecisionKind::Pick
        | DecisionKind::Retry
        | DecisionKind::Failover
        | DecisionKind::Hedge
        | DecisionKind::Resumed
        | DecisionKind::Cooldown
        | DecisionKind::CooldownProlonged
        | DecisionKind::NoCooldown
        | DecisionKind::NoRetry
        | DecisionKind::NoFallback
        | DecisionKind::AtLimit
        | DecisionKind::Probe
        | DecisionKind::PassedOver
        | DecisionKind::AttemptFailed
        | DecisionKind::Served
        | DecisionKind::GaveUp
        | DecisionKind::StreamBroken
        | DecisionKind::ClientLeft => false,
    }
}

/// How long a cooldown lasts from its row on, by its detail `for_ms=…;reason=…`; `None` of other decisions.
fn cooldown_ms(row: &DecisionRow) -> Option<f64> {
    if !matches!(row.kind, DecisionKind::Cooldown | DecisionKind::CooldownProlonged) {
        return None;
    }
    let (_, value) = row.pairs().find(|(key, _)| *key == "for_ms")?;
    value.parse().ok().filter(|ms: &f64| ms.is_finite() && *ms >= 0.0)
}
