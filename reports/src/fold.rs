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

use crate::report::{Contender, DeploymentShare, FaultResult, Tokens};
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
        let success_rate = share(samples.succeeded, samples.judged);
        let budget = promise::error_budget(&self.run.slo);
        let told = |number: u64| self.observed.then_some(number);
        let cost_usd = tally.cost.filter(|_| self.observed).map(vocab::PicoUsd::usd);
        let per_1k = cost_usd.map(|usd| share(1000, samples.good).map(|per| usd * per));
        let retry_amplification =
            share(tally.attempts, counts.offered - counts.cancelled).filter(|_| self.observed);
        let faults = self.faults(who, budget);
        let totals = Totals { faults: &faults, retry_amplification, cost_per_1k_good_usd: per_1k };
        let slo = promise::judge(&self.run.slo, samples, &totals);
        let (failures_by_kind, failure_examples) = examples::failures(&self.book);
        let (met_fault, rescued_requests) = self.met_and_rescued();
        let attributed = self.observed && tally.unattributed_faults == 0;
        let mut numbers = Contender {
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
            success_rate_ci95: wilson95(samples.succeeded, samples.judged),
            goodput: share(samples.good, samples.judged),
            ttft_ms: samples.ttft.percentiles(),
            e2e_ms: samples.e2e.percentiles(),
            tpot_ms: samples.tpot.percentiles(),
            longest_gap_ms: samples.longest_gap.percentiles(),
            ttft_ok_ms: self.succeeded(true, book::Asked::ttft_ms).percentiles(),
            e2e_ok_ms: self.succeeded(false, book::Asked::e2e_ms).percentiles(),
            longest_gap_failed_ms: self
                .failed_sample(true, book::Asked::longest_gap_ms)
                .percentiles(),
            failure_ms: self.failed_sample(false, book::Asked::e2e_ms).percentiles(),
            attempts: told(tally.attempts),
            attempts_unattributed: told(tally.unattributed),
            probes: told(self.ledger.probes),
            retry_amplification,
            rescued: share(rescued_requests, met_fault).filter(|_| attributed),
            met_fault: told(met_fault),
            rescued_requests: told(rescued_requests),
            tokens: self.tokens(),
            cost_usd,
            cost_per_1k_good_usd: per_1k.flatten(),
            extra_cost_per_rescued_usd: None,
            error_budget_burn: success_rate.zip(budget).map(|(rate, budget)| (1.0 - rate) / budget),
            healthy_before_fault: self.healthy_before_fault(),
            deployments: self.deployments(),
            faults,
            slo,
            not_applicable: Vec::new(),
        };
        numbers.not_applicable = not_applicable(&numbers, per_1k.is_none());
        numbers
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

    fn faults(&self, who: &ContenderInfo, budget: Option<f64>) -> Vec<FaultResult> {
        let books = fault::Books { book: &self.book, ledger: &self.ledger };
        let settings = fault::Settings { budget, cooldown_ns: who.cooldown_ns };
        let mut faults: Vec<FaultResult> = (0..self.run.faults.len())
            .map(|at| fault::fold(self.run, &books, at, &settings))
            .collect();
        if !self.observed {
            for fault in &mut faults {
                fault.met_requests = None;
                fault.not_applicable.push("met_requests".to_owned());
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

    /// Successes only, for which `value` exists.
    fn succeeded(&self, streamed: bool, value: fn(&book::Asked) -> Option<f64>) -> Sample {
        let ok = self.book.judged().filter(|asked| asked.succeeded());
        let ok = ok.filter(|asked| asked.stream || !streamed);
        Sample::new(ok.filter_map(value).map(Some))
    }

    /// Failures only, for which `value` exists.
    fn failed_sample(&self, streamed: bool, value: fn(&book::Asked) -> Option<f64>) -> Sample {
        let failed = self.book.judged().filter(|asked| asked.outcome == Outcome::Failed);
        let failed = failed.filter(|asked| asked.stream || !streamed);
        Sample::new(failed.filter_map(value).map(Some))
    }

    fn tokens(&self) -> Tokens {
        let measured = self.book.requests.iter().filter(|asked| !asked.warmup);
        let told = |number: u64| self.observed.then_some(number);
        let lacks: &[&str] =
            if self.observed { &[] } else { &["billed_in", "billed_out", "wasted"] };
        Tokens {
            delivered: measured.map(|asked| asked.tokens).sum(),
            billed_in: told(self.tally.billed_in),
            billed_out: told(self.tally.billed_out),
            wasted: told(self.tally.wasted),
            not_applicable: lacks.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn deployments(&self) -> Vec<DeploymentShare> {
        if !self.observed {
            return Vec::new();
        }
        let rows = self.ledger.deployments.all().iter().zip(&self.tally.by_deployment);
        let row = |(id, &attempts): (&String, &u64)| DeploymentShare {
            id: id.clone(),
            attempts,
            share: share(attempts, self.tally.attempts).unwrap_or(0.0),
        };
        rows.map(row).collect()
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

/// Which `null`s mean "does not apply" instead of "never".
fn not_applicable(numbers: &Contender, price_missing: bool) -> Vec<String> {
    let no_requests = numbers.success_rate.is_none();
    let streams = numbers.ttft_ms.n == 0;
    let fields = [
        ("success_rate", no_requests),
        ("success_rate_ci95", no_requests),
        ("goodput", no_requests),
        ("ttft_ms", streams),
        ("e2e_ms", numbers.e2e_ms.n == 0),
        ("tpot_ms", numbers.tpot_ms.n == 0),
        ("longest_gap_ms", numbers.longest_gap_ms.n == 0),
        ("ttft_ok_ms", streams),
        ("e2e_ok_ms", numbers.e2e_ms.n == 0),
        ("longest_gap_failed_ms", numbers.longest_gap_failed_ms.n == 0),
        ("failure_ms", numbers.failure_ms.n == 0),
        ("attempts", numbers.attempts.is_none()),
        ("attempts_unattributed", numbers.attempts_unattributed.is_none()),
        ("probes", numbers.probes.is_none()),
        ("met_fault", numbers.met_fault.is_none()),
        ("rescued_requests", numbers.rescued_requests.is_none()),
        ("deployments", numbers.attempts.is_none()),
        ("retry_amplification", numbers.retry_amplification.is_none()),
        ("rescued", numbers.rescued.is_none()),
        ("cost_usd", price_missing),
        ("cost_per_1k_good_usd", price_missing),
        ("extra_cost_per_rescued_usd", numbers.extra_cost_per_rescued_usd.is_none()),
        ("error_budget_burn", numbers.error_budget_burn.is_none()),
        ("healthy_before_fault", numbers.healthy_before_fault.is_none()),
    ];
    fields.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name.to_owned()).collect()
}
