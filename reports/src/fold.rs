//! From one contender's tables to its numbers: one pass per table, then arithmetic.
//!
//! A pure function of (`run.json`, the three tables of one contender): contenders may be folded in
//! parallel. It holds one contender's requests and attempts at a time, and nothing per token. It
//! must never know how a number is printed, or how another contender did.

mod baseline;
mod book;
pub(crate) mod chart;
mod examples;
mod fault;
mod ledger;
mod promise;
mod quiet;
mod sample;
mod tally;

use std::path::Path;

use record::run::ContenderInfo;
use record::{OracleRow, ReadError, RowReader, RunInfo};
use vocab::Outcome;

use crate::report::{Contender, DeploymentShare, FaultResult, Measured, Percentiles, Tokens};
use book::Book;
use chart::Charts;
use ledger::Ledger;
use promise::{Samples, Totals};
use sample::{Sample, share, wilson95};
use tally::Tally;

/// One contender, folded.
#[derive(Clone, Debug)]
pub(crate) struct Folded {
    pub(crate) numbers: Contender,
    pub(crate) charts: Charts,
    /// Why its books do not reconcile.
    pub(crate) mismatches: Vec<String>,
    /// Last instant that its client's book knows, in nanoseconds.
    pub(crate) last_ns: u64,
    /// Digest of the offered requests and their intended instants, equal for everybody.
    pub(crate) schedule: (u64, u64),
}

/// Folds the tables in `dir`, those of `who`; `whole` unless the run was interrupted.
pub(crate) fn contender(
    run: &RunInfo,
    who: &ContenderInfo,
    dir: &Path,
    whole: bool,
) -> Result<Folded, ReadError> {
    let book = Book::read(&dir.join("requests.csv"), &promise::request_bounds(&run.slo))?;
    // What came after the interruption was not played: it is no silence, and nobody's failure.
    let mut played = run.clone();
    if !whole {
        played.scenario.duration_ns = played.scenario.duration_ns.min(book.last_ns());
    }
    let run = &played;
    let observed = who.kind.is_observed();
    let ledger = match observed {
        true => Ledger::read(&dir.join("attempts.csv"), run)?,
        false => Ledger::none(run),
    };
    let tally = Tally::of(run, &book, &ledger);
    let samples = Samples::of(book.judged());
    let decisions = observed.then(|| dir.join("decisions.csv"));
    let charts = chart::charts(run, (&book, &ledger), &samples, decisions.as_deref())?;
    let mut mismatches = book.mismatches();
    if observed {
        mismatches.extend(tally.mismatches(&book));
    }
    let fold = Fold { run, book, ledger, tally, samples, observed };
    Ok(Folded {
        numbers: fold.numbers(who),
        charts,
        mismatches,
        last_ns: fold.book.last_ns(),
        schedule: fold.schedule(),
    })
}

/// Share of non-warm-up requests that some deployment would have answered; `None` without requests.
pub(crate) fn savable(path: &Path) -> Result<Option<f64>, ReadError> {
    let (mut savable, mut all) = (0, 0);
    for row in RowReader::<OracleRow>::open(path)? {
        let row = row?;
        if !row.warmup {
            all += 1;
            savable += u64::from(row.savable);
        }
    }
    Ok(share(savable, all))
}

/// Everything that the numbers are made of.
struct Fold<'a> {
    run: &'a RunInfo,
    book: Book,
    ledger: Ledger,
    tally: Tally,
    samples: Samples,
    /// Whether there is a ledger; without one, what only it can tell is `None`.
    observed: bool,
}

impl Fold<'_> {
    fn numbers(&self, who: &ContenderInfo) -> Contender {
        let (samples, tally) = (&self.samples, &self.tally);
        let counts = self.counts();
        let of_judged = |part| known(share(part, samples.judged));
        let success_rate = of_judged(samples.succeeded);
        let budget = known(promise::error_budget(&self.run.slo));
        let told = |number: u64| self.observed(Measured::Known(number));
        let cost_usd = self.observed(Measured::known_or(tally.cost, Measured::Unpriced));
        let cost_usd = cost_usd.map(vocab::PicoUsd::usd);
        let cost_per_1k_good_usd = cost_usd.and_then(|usd| {
            Measured::known_or(share(1000, samples.good), Measured::Never).map(|per| usd * per)
        });
        let retry_amplification =
            self.observed(known(share(tally.attempts, counts.offered - counts.cancelled)));
        let faults = self.faults(who, budget);
        let totals = Totals { faults: &faults, retry_amplification, cost_per_1k_good_usd };
        let slo = promise::judge(&self.run.slo, samples, &totals);
        let (failures_by_kind, failure_examples) = examples::failures(&self.book);
        let (met_fault, rescued_requests) = self.met_and_rescued();
        let rescued = match tally.unattributed_faults {
            0 => self.observed(known(share(rescued_requests, met_fault))),
            _ => Measured::NotObserved,
        };
        Contender {
            name: who.name.clone(),
            kind: who.kind,
            personality: who.personality.clone(),
            strategy: who.strategy.clone(),
            instances: who.instances,
            offered: counts.offered,
            succeeded: samples.succeeded,
            good: samples.good,
            failed: counts.failed,
            cancelled: counts.cancelled,
            never_sent: counts.never_sent,
            failures_by_kind,
            failure_examples,
            slowest_request: examples::slowest(&self.book, |asked| {
                asked.ttft_ms().or(asked.e2e_ms())
            }),
            slowest_by_metric: examples::slowest_by_metric(&self.book),
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
                .failures(|asked| asked.longest_gap_ms().filter(|_| asked.stream)),
            failure_ms: self.failures(book::Asked::e2e_ms),
            attempts: told(tally.attempts),
            attempts_unattributed: told(tally.unattributed),
            probes: told(self.ledger.probes),
            retry_amplification,
            rescued,
            met_fault: told(met_fault),
            rescued_requests: told(rescued_requests),
            tokens: self.tokens(),
            cost_usd,
            cost_per_1k_good_usd,
            extra_cost_per_rescued_usd: Measured::NotApplicable,
            error_budget_burn: fault::burn(success_rate, budget),
            healthy_before_fault: known(self.healthy_before_fault()),
            deployments: self.deployments(),
            faults,
            slo,
        }
    }

    /// What only the ledger can tell.
    fn observed<T>(&self, value: Measured<T>) -> Measured<T> {
        if self.observed { value } else { Measured::NotObserved }
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for asked in self.book.requests.iter().filter(|asked| !asked.warmup) {
            counts.offered += 1;
            match asked.outcome {
                Outcome::Success => {}
                Outcome::Failed => counts.failed += 1,
                Outcome::Cancelled => counts.cancelled += 1,
                Outcome::NeverSent => counts.never_sent += 1,
            }
        }
        counts
    }

    fn faults(&self, who: &ContenderInfo, budget: Measured<f64>) -> Vec<FaultResult> {
        let books = fault::Books { book: &self.book, ledger: &self.ledger };
        let settings = fault::Settings { budget, cooldown_ns: who.cooldown_ns };
        let mut faults: Vec<FaultResult> = (0..self.run.faults.len())
            .map(|at| fault::fold(self.run, &books, at, &settings))
            .collect();
        if !self.observed {
            for fault in &mut faults {
                fault.met_requests = Measured::NotObserved;
                fault.time_to_detect_s = Measured::NotObserved;
                fault.time_to_rescue_s = Measured::NotObserved;
                fault.failback_s = Measured::NotObserved;
                fault.first_victims = Measured::NotObserved;
                fault.flaps = Measured::NotObserved;
            }
        }
        faults
    }

    fn met_and_rescued(&self) -> (u64, u64) {
        let asked = self.book.requests.iter().zip(&self.tally.requests);
        let met = asked.filter(|(asked, said)| asked.is_judged() && said.met_fault);
        met.fold((0, 0), |(met, rescued), (asked, _)| {
            (met + 1, rescued + u64::from(asked.succeeded()))
        })
    }

    /// Failures only, for which `value` exists.
    fn failures(&self, value: fn(&book::Asked) -> Option<f64>) -> Percentiles {
        let failed = self.book.judged().filter(|asked| asked.outcome == Outcome::Failed);
        Sample::new(failed.filter_map(value).map(Some)).percentiles()
    }

    fn tokens(&self) -> Tokens {
        let measured = self.book.requests.iter().filter(|asked| !asked.warmup);
        let told = |number: u64| self.observed(Measured::Known(number));
        Tokens {
            delivered: measured.map(|asked| asked.tokens).sum(),
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
        let before = self.book.requests.iter().zip(&self.tally.requests).filter(|(asked, said)| {
            asked.is_judged() && asked.intended_ns < first && !said.met_fault
        });
        let samples = Samples::of(before.map(|(asked, _)| asked));
        promise::healthy(&self.run.slo, &samples)
    }

    /// How many requests were offered, and a sum over their ids and instants (FNV-1a).
    fn schedule(&self) -> (u64, u64) {
        let numbers = self.book.requests.iter().flat_map(|a| [a.request, a.intended_ns]);
        let bytes = numbers.flat_map(u64::to_le_bytes);
        let digest = bytes.fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (self.book.requests.len() as u64, digest)
    }
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
