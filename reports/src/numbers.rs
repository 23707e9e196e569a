//! From one contender's tables to its numbers: one pass per table, then arithmetic.
//!
//! A pure function of (`run.json`, the three tables of one contender): contenders may be evaluated in
//! parallel. It holds one contender's requests and attempts at a time, and nothing per token. It
//! must never know how a number is printed, or how another contender did.

mod attempts;
mod calm;
pub(crate) mod charts;
mod class;
mod credit;
mod detection;
mod examples;
mod failback;
mod fault;
mod fault_row;
mod impact;
mod meeting;
mod promises;
mod sample;
mod spell;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::hash::Hasher as _;
use std::path::Path;

use record::run::ContenderInfo;
use record::{OracleRow, ReadError, RunInfo};
use siphasher::sip::SipHasher13;
use vocab::Outcome;

use crate::reading;
use crate::report::{Contender, DeploymentShare, FaultKind, Measured, Percentiles, Reach, Tokens};
use crate::tables::ledger::Ledger;
use crate::tables::requests::{Request, Requests};
use crate::tables::tally::Tally;
use crate::why::{Harm, Omissions, Why};
use calm::Calm;
use charts::Charts;
use fault::Books;
use fault_row::{Acts, FaultRow};
use impact::Impact;
use meeting::Meetings;
use promises::{Samples, Totals};
use sample::{Sample, share, wilson95};

/// Fewest requests whose way in makes a median that speaks for anybody.
const WAYS_MIN: usize = 10;

/// One contender, evaluated.
#[derive(Clone, Debug)]
pub(crate) struct Evaluation {
    pub(crate) numbers: Contender,
    pub(crate) charts: Charts,
    /// A request that shows what each fault did, in the order of `numbers.faults`.
    pub(crate) fault_examples: Vec<Option<u64>>,
    /// Why each fault cost requests, in the same order; `None` where it cost none, or no decision tells.
    pub(crate) fault_reasons: Vec<Option<Why>>,
    /// In calm time, the median from a request's start to its first attempt's arrival at a provider, in
    /// milliseconds; `None` where fewer than [`WAYS_MIN`] tell.
    pub(crate) way_in_ms: Option<f64>,
    /// Why its books do not reconcile.
    pub(crate) mismatches: Vec<String>,
    /// Last instant that its clients' table knows, in nanoseconds.
    pub(crate) last_ns: u64,
    /// Digest of the offered requests and their intended instants, equal for everybody.
    pub(crate) schedule: (u64, u64),
}

/// How much of its schedule a run played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Played {
    /// All of it.
    Whole,
    /// What came before it was interrupted.
    Interrupted,
}

/// Evaluates the tables in `dir`, those of `who`.
pub(crate) fn evaluate(
    run: &RunInfo,
    who: &ContenderInfo,
    dir: &Path,
    played: Played,
) -> Result<Evaluation, ReadError> {
    let bounds = promises::request_bounds(&run.slo);
    let requests = Requests::read(&dir.join("requests.csv"), &run.phases, &bounds)?;
    // What came after the interruption was not played: it is no silence, and nobody's failure.
    let mut until_then = run.clone();
    let duration_ns = &mut until_then.scenario.duration_ns;
    match played {
        Played::Whole => {}
        Played::Interrupted => *duration_ns = requests.last_ns().min(*duration_ns),
    }
    let run = &until_then;
    let observed = who.is_observed();
    let mut ledger = match observed {
        true => Ledger::read(&dir.join("attempts.csv"), run)?,
        false => Ledger::none(run),
    };
    ledger.mark_leavers(&requests);
    let tally = Tally::of(run, &requests, &ledger);
    let samples = Samples::of(requests.judged());
    let decisions = who.kind.tells_decisions().then(|| dir.join("decisions.csv"));
    let charts = charts::charts(run, (&requests, &ledger), &samples, decisions.as_deref())?;
    let rows = FaultRow::all(run, who, dir)?;
    let books = (&requests, &ledger);
    let places = meeting::places((&rows, who.instances), books, decisions.as_deref())?;
    let meetings = Meetings::of(run, &rows, books, &places);
    let mut mismatches = requests.mismatches();
    if observed {
        mismatches.extend(tally.mismatches(&requests));
    }
    let inputs = Inputs { run, requests, ledger, tally, samples, rows, meetings, observed };
    let numbers = inputs.numbers(who);
    Ok(Evaluation {
        fault_reasons: inputs.reasons(decisions.as_deref().filter(|path| path.exists()))?,
        fault_examples: examples::of_faults(&numbers.faults, &inputs.requests),
        way_in_ms: inputs.way_in_ms(),
        numbers,
        charts,
        mismatches,
        last_ns: inputs.requests.last_ns(),
        schedule: inputs.schedule(),
    })
}

/// Share of non-warm-up requests that a deployment alone answers, or the mark `direct`; `None` without requests.
pub(crate) fn savable(path: &Path) -> Result<Option<f64>, ReadError> {
    let (mut savable, mut all) = (0, 0);
    for row in reading::rows::<OracleRow>(path)? {
        let row = row?;
        if !row.warmup {
            all += 1;
            savable += u64::from(row.savable);
        }
    }
    Ok(share(savable, all))
}

/// Everything that the numbers are made of.
struct Inputs<'a> {
    run: &'a RunInfo,
    requests: Requests,
    ledger: Ledger,
    tally: Tally,
    samples: Samples,
    rows: Vec<FaultRow>,
    meetings: Meetings,
    /// Whether there is a ledger; without one, what only it can tell is `None`.
    observed: bool,
}

impl Inputs<'_> {
    fn numbers(&self, who: &ContenderInfo) -> Contender {
        let (samples, tally, counts) = (&self.samples, &self.tally, self.counts());
        let of_judged = |part| known(share(part, samples.judged));
        let success_rate = of_judged(samples.succeeded);
        let budget = known(promises::error_budget(&self.run.slo));
        let told = |number: u64| self.observed(Measured::Known(number));
        let bill = self.bill();
        let retry_amplification = self.retry_amplification(&counts);
        let fault::Outcome { rows: faults, spells_of_nobody } = self.faults(who, budget);
        let cost = (bill.cost_per_1k_good_usd, bill.cost_usd_at_least);
        let totals = Totals::of(&faults, retry_amplification, cost);
        let slo = promises::judge(&self.run.slo, samples, &totals);
        let (failures_by_kind, failure_examples) = examples::failures(&self.requests);
        let Tested { tested, met_fault, rescued_requests, rescued } = self.tested();
        let impact = Impact::of(self.run, &self.requests);
        Contender {
            name: who.name.clone(),
            kind: who.kind,
            personality: who.personality.clone(),
            product: who.product.clone(),
            witnessed: who.witnessed,
            strategy: who.strategy.clone(),
            instances: who.instances,
            reach: Reach::all(self.run, who),
            offered: counts.offered,
            succeeded: samples.succeeded,
            good: samples.good,
            failed: counts.failed,
            cancelled: counts.cancelled,
            never_sent: counts.never_sent,
            failures_by_kind,
            failure_examples,
            slowest_request: examples::slowest(&self.requests, Request::wait_ms),
            slowest_by_metric: examples::slowest_by_metric(&self.requests),
            success_rate,
            success_rate_ci95: known(wilson95(samples.succeeded, samples.judged)),
            goodput: of_judged(samples.good),
            ttft_ms: samples.ttft.percentiles(),
            e2e_ms: samples.e2e.percentiles(),
            tpot_ms: samples.tpot.percentiles(),
            longest_gap_ms: samples.longest_gap.percentiles(),
            ttft_ok_ms: successes(&samples.ttft),
            e2e_ok_ms: successes(&samples.e2e),
            longest_gap_failed_ms: self
                .failures(|request| request.longest_gap_ms().filter(|_| request.stream)),
            failure_ms: self.failures(Request::e2e_ms),
            attempts: told(tally.attempts),
            attempts_unattributed: told(tally.unattributed),
            probes: told(self.ledger.probes),
            retry_amplification,
            rescued,
            met_fault,
            rescued_requests,
            tokens: self.tokens(),
            cost_usd: bill.cost_usd,
            cost_usd_at_least: bill.cost_usd_at_least,
            unpriced_share: bill.unpriced_share,
            cost_per_1k_good_usd: bill.cost_per_1k_good_usd,
            extra_cost_per_rescued_usd: Measured::NotApplicable,
            impact_usd: impact.usd,
            bad_minutes: impact.bad_minutes,
            minutes_judged: impact.minutes_judged,
            minutes_not_judged: impact.minutes_not_judged,
            error_budget_burn: fault::burn(success_rate, budget),
            healthy_before_fault: known(self.healthy_before_fault()),
            deployments: self.deployments(),
            tested,
            faults,
            spells_of_nobody,
            slo,
        }
    }

    /// What only the ledger can tell.
    fn observed<T>(&self, value: Measured<T>) -> Measured<T> {
        if self.observed { value } else { Measured::NotObserved }
    }

    /// Attempts per request, dials that were turned away included.
    fn retry_amplification(&self, counts: &Counts) -> Measured<f64> {
        let offered = counts.offered - counts.cancelled;
        self.observed(known(share(self.tally.attempts, offered)))
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for request in self.requests.rows.iter().filter(|request| !request.warmup) {
            counts.offered += 1;
            match request.outcome {
                Outcome::Success => {}
                Outcome::Failed => counts.failed += 1,
                Outcome::Cancelled => counts.cancelled += 1,
                Outcome::NeverSent => counts.never_sent += 1,
            }
        }
        counts
    }

    fn faults(&self, who: &ContenderInfo, budget: Measured<f64>) -> fault::Outcome {
        fault::evaluate(&Books {
            run: self.run,
            who,
            requests: &self.requests,
            ledger: &self.ledger,
            rows: &self.rows,
            meetings: &self.meetings,
            budget,
        })
    }

    /// Who met a fault. Where dials that did cannot be attributed, that somebody did is all that is known.
    fn tested(&self) -> Tested {
        let requests = self.requests.rows.iter().enumerate();
        let met = requests.filter(|(at, _)| self.met_a_fault(*at));
        let (met, rescued) = met.fold((0, 0), |(met, rescued), (_, request)| {
            (met + 1, rescued + u64::from(request.succeeded()))
        });
        let unattributed = self.tally.unattributed_faults;
        let told = |number: u64| match unattributed {
            0 => self.observed(Measured::Known(number)),
            _ => Measured::NotObserved,
        };
        Tested {
            tested: self.observed(Measured::Known(met + unattributed > 0)),
            met_fault: told(met),
            rescued_requests: told(rescued),
            rescued: told(met).and_then(|met| known(share(rescued, met))),
        }
    }

    /// See [`Evaluation::way_in_ms`].
    fn way_in_ms(&self) -> Option<f64> {
        let calm = Calm::new(self.run, &self.rows);
        let mut first: BTreeMap<u64, u64> = BTreeMap::new();
        // In order of arrival, so the first of a request stays.
        for attempt in &self.ledger.attempts {
            if let Some(request) = attempt.request {
                first.entry(request).or_insert(attempt.arrived_ns);
            }
        }
        let way = |request: &Request| {
            let arrived = *first.get(&request.id)?;
            let sent = request.sent_ns?;
            calm.lived(request.intended_ns, arrived.max(sent)).then(|| arrived.saturating_sub(sent))
        };
        let mut ways: Vec<u64> = self.requests.judged().filter_map(way).collect();
        ways.sort_unstable();
        (ways.len() >= WAYS_MIN).then(|| ways[(ways.len() - 1) / 2] as f64 / 1e6)
    }

    /// Why each row cost requests, by the `decisions` of the gateway.
    fn reasons(&self, decisions: Option<&Path>) -> Result<Vec<Option<Why>>, ReadError> {
        let Some(decisions) = decisions else { return Ok(vec![None; self.rows.len()]) };
        let omissions = Omissions::read(decisions)?;
        let of_row = |(at, row): (usize, &FaultRow)| {
            let met = self.meetings.requests_of(at).iter().map(|at| &self.requests.rows[*at]);
            let victims: BTreeSet<u64> =
                met.filter(|request| !request.succeeded()).map(|request| request.id).collect();
            let targets: BTreeSet<&str> = match &row.acts {
                Acts::Deployments { ids, .. } => ids.iter().map(String::as_str).collect(),
                Acts::Instances(_) | Acts::Nowhere => BTreeSet::new(),
            };
            let window_ns = (row.from_ns, row.to_ns);
            let harm = Harm { window_ns, targets: &targets, victims: &victims };
            (!victims.is_empty()).then(|| omissions.why(harm)).flatten()
        };
        Ok(self.rows.iter().enumerate().map(of_row).collect())
    }

    /// Whether the request at this position met a fault; events are none.
    fn met_a_fault(&self, at: usize) -> bool {
        self.meetings.rows_of(at).iter().any(|row| match self.rows[*row].kind {
            FaultKind::Fault => true,
            FaultKind::Event => false,
        })
    }

    /// What it cost; exact where every attempt that was billed has a price.
    fn bill(&self) -> Bill {
        let tally = &self.tally;
        let cost_usd_at_least = self.observed(Measured::Known(tally.cost.usd()));
        let cost_usd = match tally.unpriced {
            0 => cost_usd_at_least,
            _ => Measured::Unpriced,
        };
        let per_1k = Measured::known_or(share(1000, self.samples.good), Measured::Never);
        Bill {
            cost_usd,
            cost_usd_at_least,
            unpriced_share: self
                .observed(known(share(tally.unpriced, tally.billed_in + tally.billed_out))),
            cost_per_1k_good_usd: cost_usd.and_then(|usd| per_1k.map(|per| usd * per)),
        }
    }

    /// Failures only, for which `value` exists.
    fn failures(&self, value: fn(&Request) -> Option<f64>) -> Percentiles {
        let failed = self.requests.judged().filter(|request| request.outcome == Outcome::Failed);
        Sample::new(failed.filter_map(value).map(Some)).percentiles()
    }

    fn tokens(&self) -> Tokens {
        let measured = self.requests.rows.iter().filter(|request| !request.warmup);
        let told = |number: u64| self.observed(Measured::Known(number));
        Tokens {
            delivered: measured.map(|request| request.tokens).sum(),
            billed_in: told(self.tally.billed_in),
            billed_out: told(self.tally.billed_out),
            wasted: told(self.tally.wasted),
        }
    }

    fn deployments(&self) -> Measured<Vec<DeploymentShare>> {
        let rows = self.ledger.deployments.all().iter().zip(&self.tally.by_deployment);
        let row = |(id, &attempts): (&String, &u64)| DeploymentShare {
            id: id.clone(),
            attempts,
            share: share(attempts, self.tally.attempts).unwrap_or(0.0),
        };
        self.observed(Measured::Known(rows.map(row).collect()))
    }

    /// Over requests intended before the first fault that met none: one that was cut at the fault's
    /// start says nothing about before. `None` without a fault, or without requests before it.
    fn healthy_before_fault(&self) -> Option<bool> {
        let first = self.run.faults.iter().map(|fault| fault.from_ns).min()?;
        let before = self.requests.rows.iter().enumerate().filter(|(at, request)| {
            request.is_judged() && request.intended_ns < first && !self.met_a_fault(*at)
        });
        let samples = Samples::of(before.map(|(_, request)| request));
        promises::healthy(&self.run.slo, &samples)
    }

    /// How many requests were offered, and a hash over their ids and instants.
    fn schedule(&self) -> (u64, u64) {
        let mut hash = SipHasher13::new();
        for request in &self.requests.rows {
            hash.write_u64(request.id);
            hash.write_u64(request.intended_ns);
        }
        (self.requests.rows.len() as u64, hash.finish())
    }
}

/// Who met a fault, and who of them succeeded.
struct Tested {
    tested: Measured<bool>,
    met_fault: Measured<u64>,
    rescued_requests: Measured<u64>,
    rescued: Measured<f64>,
}

/// Money.
struct Bill {
    cost_usd: Measured<f64>,
    cost_usd_at_least: Measured<f64>,
    unpriced_share: Measured<f64>,
    cost_per_1k_good_usd: Measured<f64>,
}

/// Outcomes of offered requests outside warm-up.
#[derive(Default)]
struct Counts {
    offered: u64,
    failed: u64,
    cancelled: u64,
    never_sent: u64,
}

/// Percentiles of those in a sample that arrived; infinite where none of it did.
fn successes(all: &Sample) -> Percentiles {
    match (all.finite(), all.len()) {
        ([], 1..) => Percentiles::of_none(Measured::Never),
        (finite, _) => Sample::new(finite.iter().copied().map(Some)).percentiles(),
    }
}

/// A number that does not apply where there is none.
fn known<T>(value: Option<T>) -> Measured<T> {
    Measured::known_or(value, Measured::NotApplicable)
}
