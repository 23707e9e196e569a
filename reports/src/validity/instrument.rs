//! How much a measurement on the wall clock was moved by the instrument itself, and which numbers are
//! therefore withheld.
//!
//! What may be tolerated comes from the plan alone (medians that the fakes were given, bounds of the
//! promise, the clients' time), never from what was measured: a slow run must not widen its own
//! tolerance. Each number is guarded by the errors that can move it: the time to first token by the
//! generator's lag, by calibration, and by when our fakes spoke; the time per token and the longest
//! gap by our fakes' tokens; all times by the processor; goodput, recovery and the cost of a good
//! answer by the bounds that make an answer good. Success needs none of that. A check without data
//! withholds what it guards. It must never know a verdict.

use record::machine::{FakesHealth, GeneratorHealth, Lateness, MachineInfo, ProcessHealth};
use record::run::{ContenderInfo, ContenderKind, DeploymentInfo, RunInfo};
use record::slo::Metric;

use crate::numbers::Evaluation;
use crate::report::{Contender, Measured, Percentiles};
use crate::words::figures::{millis, percent};

/// Part of its scale by which the generator's lag may move a time, and what it may always do: two
/// ticks of a timer, in milliseconds.
const LAG: Allowance = Allowance { part: 0.01, least_ms: 2.0 };

/// The same of what calibration adds, and of how late our fakes speak.
const LATE: Allowance = Allowance { part: 0.05, least_ms: 5.0 };

/// The same of the time per output token, over which a whole stream's lateness is spread.
const TOKEN_GAP: Allowance = Allowance { part: 0.1, least_ms: 0.1 };

/// The same of how much later than without a gateway a product's first attempts reach a provider.
const WAY_IN: Allowance = Allowance { part: 0.25, least_ms: 100.0 };

/// From so late on a product did something else than what it would have done with time.
const STARVED: Allowance = Allowance { part: 1.0, least_ms: 1000.0 };

/// Share of one core from which the generator, and of all cores from which the machine, counts as
/// saturated.
const BUSY_MAX: f64 = 0.85;

/// All times.
const TIMES: &[Metric] = &[Metric::Ttft, Metric::E2e, Metric::Tpot, Metric::LongestGap];

#[derive(Clone, Copy, Debug)]
struct Allowance {
    part: f64,
    least_ms: f64,
}

/// Numbers that cannot be trusted, and why.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Doubt {
    pub(crate) metrics: Vec<Metric>,
    pub(crate) why: String,
}

impl Allowance {
    fn of(self, scale_ms: f64) -> f64 {
        self.least_ms.max(if scale_ms.is_finite() { scale_ms * self.part } else { 0.0 })
    }
}

/// What spoils everything: requests that left so late that the clients' time had run down.
pub(crate) fn spoilt(run: &RunInfo, machine: &MachineInfo, name: &str) -> Option<String> {
    let lag_ms = generator(machine, name)?.lag_p99_ms;
    let time_ns = run.scenario.patience_ns.unwrap_or(u64::MAX).min(run.scenario.client_timeout_ns);
    let time_ms = time_ns as f64 / 1e6;
    (lag_ms > LAG.of(time_ms)).then(|| {
        format!(
            "{name}: requests left late, p99 {}, where the clients' time is {}: the answers are to other requests \
             than were planned",
            millis(lag_ms),
            millis(time_ms)
        )
    })
}

/// What spoils everything about a product: it had so little time that even its decisions came late. `direct` is
/// the way in without a gateway.
pub(crate) fn starved(run: &RunInfo, (of, direct): (&Evaluation, Option<f64>)) -> Option<String> {
    let who = run.contenders.iter().find(|who| who.name == of.numbers.name)?;
    if who.kind != ContenderKind::Process {
        return None;
    }
    let added = of.way_in_ms? - direct?;
    (added > STARVED.of(Scales::of(run, who).ttft)).then(|| {
        format!(
            "{}: it was starved: in calm time its first attempts reached a provider {} later than without a gateway, \
             so that what it decided came late, too; offer less, or stop what else runs here",
            who.name,
            millis(added)
        )
    })
}

/// What is to be doubted about the numbers of one contender; `direct` is the way in without a gateway.
pub(crate) fn doubts(
    run: &RunInfo,
    machine: &MachineInfo,
    (of, direct): (&Evaluation, Option<f64>),
) -> Vec<Doubt> {
    let numbers = &of.numbers;
    if !numbers.was_played() {
        return Vec::new();
    }
    let Some(who) = run.contenders.iter().find(|who| who.name == numbers.name) else {
        return Vec::new();
    };
    let scales = Scales::of(run, who);
    let mut doubts = match generator(machine, &numbers.name) {
        Some(health) => of_generator(health, &scales),
        None => vec![Doubt::of(TIMES, "nothing is known about the generator".to_owned())],
    };
    // Somebody else's gateway calls providers whose schedule nobody knows.
    if who.is_observed() {
        let health = machine.fakes.iter().find(|health| health.contender == numbers.name);
        doubts.extend(of_fakes(health, numbers, &scales));
    }
    if who.kind == ContenderKind::Process {
        let health = machine.processes.iter().find(|health| health.contender == numbers.name);
        doubts.extend(of_process(health, of.way_in_ms.zip(direct), &scales));
    }
    doubts
}

/// A product that waited for the processor measures the machine and not itself.
fn of_process(
    health: Option<&ProcessHealth>,
    ways: Option<(f64, f64)>,
    scales: &Scales,
) -> Vec<Doubt> {
    let busy = match health.and_then(|health| health.cpu_share) {
        Some(share) if share > BUSY_MAX => {
            let share = percent(share);
            Some(Doubt::of(TIMES, format!("the product used {share} of the cores that it can use")))
        }
        Some(_) => None,
        None => Some(Doubt::of(TIMES, "nobody counted the product's CPU time here".to_owned())),
    };
    let waits = [(Metric::Ttft, scales.ttft), (Metric::E2e, scales.e2e)];
    let late = match ways {
        Some((way, direct)) => waits.iter().any(|(_, scale)| way - direct > WAY_IN.of(*scale)).then(|| {
            let added = millis(way - direct);
            let why = format!(
                "in calm time its first attempts reached a provider {added} later than without a gateway"
            );
            Doubt::of(&[Metric::Ttft, Metric::E2e], why)
        }),
        None => {
            let why = "too few requests tell whether the product had time enough".to_owned();
            Some(Doubt::of(&[Metric::Ttft, Metric::E2e], why))
        }
    };
    busy.into_iter().chain(late).collect()
}

fn generator<'m>(machine: &'m MachineInfo, name: &str) -> Option<&'m GeneratorHealth> {
    machine.generators.iter().find(|health| health.contender == name)
}

/// What is measured, in milliseconds: the least of what was planned and promised; infinite where
/// neither says anything.
#[derive(Clone, Copy, Debug)]
struct Scales {
    ttft: f64,
    e2e: f64,
    tpot: f64,
    longest_gap: f64,
}

impl Scales {
    fn of(run: &RunInfo, who: &ContenderInfo) -> Self {
        let reached = |deployment: &&DeploymentInfo| {
            // Of somebody else's gateway nobody knows whom it reaches: any of the fakes behind it.
            who.witnessed
                || who.reach.iter().any(|reach| reach.deployments.contains(&deployment.id))
        };
        let least = |median_ns: fn(&DeploymentInfo) -> u64| {
            let medians = run.deployments.iter().filter(reached).map(median_ns);
            medians.min().map_or(f64::INFINITY, |ns| ns as f64 / 1e6)
        };
        let bound = |metric: Metric| {
            let promised = run.slo.iter().filter(|slo| slo.metric == metric);
            promised.map(|slo| slo.bound).fold(f64::INFINITY, f64::min)
        };
        let (ttft, itl) = (least(|fake| fake.ttft_p50_ns), least(|fake| fake.itl_p50_ns));
        // A gap is as long as the longest of a stream: no median says what that is.
        let gap = bound(Metric::LongestGap);
        Self {
            ttft: ttft.min(bound(Metric::Ttft)),
            e2e: ttft.min(bound(Metric::E2e)),
            tpot: itl.min(bound(Metric::Tpot)),
            longest_gap: if gap.is_finite() { gap } else { itl },
        }
    }
}

impl Doubt {
    fn of(metrics: &[Metric], why: String) -> Self {
        Self { metrics: metrics.to_vec(), why }
    }

    /// Those of `scales` that `error_ms` exceeds by `allowance`; `None` if there is none.
    fn beyond(
        scales: &[(Metric, f64)],
        error_ms: f64,
        allowance: Allowance,
        what: &str,
    ) -> Option<Self> {
        let moved = scales.iter().filter(|(_, scale)| error_ms > allowance.of(*scale));
        let metrics: Vec<Metric> = moved.clone().map(|(metric, _)| *metric).collect();
        let least = moved.map(|(_, scale)| allowance.of(*scale)).fold(f64::INFINITY, f64::min);
        (!metrics.is_empty()).then(|| Self {
            metrics,
            why: format!(
                "{what} {} at p99, {} can be trusted at most",
                millis(error_ms),
                millis(least)
            ),
        })
    }
}

fn of_generator(health: &GeneratorHealth, scales: &Scales) -> Vec<Doubt> {
    let waits = [(Metric::Ttft, scales.ttft), (Metric::E2e, scales.e2e)];
    let late = Doubt::beyond(&waits, health.lag_p99_ms, LAG, "requests left late by");
    let calibration = match health.calibration_error_p99_ms {
        Some(ms) => {
            Doubt::beyond(&waits, ms, LATE, "straight at a fake the first token came late by")
        }
        None => Some(Doubt::of(&[Metric::Ttft, Metric::E2e], "it was not calibrated".to_owned())),
    };
    let busy = |share: Option<f64>, too_busy: fn(String) -> String, unknown: &str| match share {
        Some(share) if share > BUSY_MAX => Some(Doubt::of(TIMES, too_busy(percent(share)))),
        Some(_) => None,
        None => Some(Doubt::of(TIMES, unknown.to_owned())),
    };
    let generator = busy(
        health.cpu_share,
        |share| format!("the generator used {share} of its core"),
        "nobody counted the generator's CPU time here",
    );
    let machine = busy(
        health.machine_share,
        |share| format!("{share} of all cores were busy: whoever was slow may have waited for one"),
        "nobody counted how busy the cores were here",
    );
    [late, calibration, generator, machine].into_iter().flatten().collect()
}

fn of_fakes(health: Option<&FakesHealth>, numbers: &Contender, scales: &Scales) -> Vec<Doubt> {
    let Some(FakesHealth { lateness, .. }) = health else {
        return vec![Doubt::of(TIMES, "the fakes did not tell how late they spoke".to_owned())];
    };
    let Lateness { answers, streams, .. } = *lateness;
    if answers == 0 || (streams == 0 && numbers.tpot_ms.n > 0) {
        let why = "no answer was without a fault: how late the fakes spoke is not known";
        return vec![Doubt::of(TIMES, why.to_owned())];
    }
    let beyond = |of: &[(Metric, f64)], ms: f64, allowance: Allowance, what: &str| {
        Doubt::beyond(of, ms, allowance, what)
    };
    let first = [(Metric::Ttft, scales.ttft)];
    let gap = [(Metric::LongestGap, scales.longest_gap)];
    let per_token = [(Metric::Tpot, scales.tpot)];
    let end = [(Metric::E2e, scales.e2e)];
    [
        beyond(
            &first,
            lateness.first_token_late_p99_ms,
            LATE,
            "our fakes' first tokens left late by",
        ),
        beyond(
            &per_token,
            lateness.token_gap_error_p99_ms,
            TOKEN_GAP,
            "our fakes were off per token by",
        ),
        beyond(&gap, lateness.token_late_p99_ms, LATE, "our fakes' latest tokens left late by"),
        beyond(&end, lateness.end_late_p99_ms, LATE, "our fakes' answers ended late by"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Takes what is doubted out of `numbers`, and what follows from it. Returns the metrics that are
/// withheld, derived ones included.
pub(crate) fn withhold(run: &RunInfo, numbers: &mut Contender, doubts: &[Doubt]) -> Vec<Metric> {
    let mut withheld: Vec<Metric> = doubts.iter().flat_map(|doubt| doubt.metrics.clone()).collect();
    let decides_what_is_good = |metric: &Metric| run.slo.iter().any(|slo| slo.metric == *metric);
    if withheld.iter().any(decides_what_is_good) {
        withheld.extend([Metric::Goodput, Metric::Recover, Metric::Cost]);
    }
    withheld.sort_unstable();
    withheld.dedup();
    for metric in &withheld {
        take_out(numbers, *metric);
    }
    // Requests that failed are known; what a minute costs is not where nobody knows which were bad.
    if numbers.bad_minutes == Measured::Withheld && run.impact.is_some_and(|it| it.bad_minute > 0.0)
    {
        numbers.impact_usd = Measured::Withheld;
    }
    for result in &mut numbers.slo {
        if withheld.contains(&result.slo.metric) {
            result.value = Measured::Withheld;
        }
    }
    withheld
}

fn take_out(numbers: &mut Contender, metric: Metric) {
    const NONE: Percentiles = Percentiles::of_none(Measured::Withheld);
    match metric {
        Metric::Ttft => {
            numbers.ttft_ms = NONE;
            numbers.ttft_ok_ms = NONE;
        }
        Metric::E2e => {
            numbers.e2e_ms = NONE;
            numbers.e2e_ok_ms = NONE;
            numbers.failure_ms = NONE;
        }
        Metric::Tpot => numbers.tpot_ms = NONE,
        Metric::LongestGap => {
            numbers.longest_gap_ms = NONE;
            numbers.longest_gap_failed_ms = NONE;
        }
        Metric::Goodput => {
            numbers.goodput = Measured::Withheld;
            numbers.healthy_before_fault = Measured::Withheld;
            numbers.bad_minutes = numbers.bad_minutes.and_then(|_| Measured::Withheld);
        }
        Metric::Recover => {
            numbers.spells_of_nobody.clear();
            for fault in &mut numbers.faults {
                fault.good_rate_before = Measured::Withheld;
                fault.time_to_recover_s = Measured::Withheld;
            }
        }
        Metric::Cost => {
            numbers.cost_per_1k_good_usd = Measured::Withheld;
            numbers.extra_cost_per_rescued_usd = Measured::Withheld;
        }
        // None of these is a time, or depends on one.
        Metric::Success | Metric::Detect | Metric::Attempts => {}
    }
}
