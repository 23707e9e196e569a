//! From a run directory to everything that a report says about it. It must never know how any of it
//! is laid out.

use std::path::{Path, PathBuf};

use record::run::{Clock, ContenderInfo};
use record::{MachineInfo, PreflightRow, ReadError, RunInfo};

use crate::examples::{self, Examples};
use crate::numbers::charts::Charts;
use crate::numbers::{self, Evaluation, Played};
use crate::report::{
    Compress, Config, Contender, Marks, Measured, REPORT_SCHEMA, Robust, RunReport, Scenario,
    ValidityVerdict,
};
use crate::why::Why;
use crate::{reading, validity, verdict};

/// A run, analysed: what was run, what came out, and what the charts draw.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The run directory as given.
    pub dir: PathBuf,
    /// `run.json`.
    pub run: RunInfo,
    /// `machine.json`.
    pub machine: MachineInfo,
    /// The numbers.
    pub report: RunReport,
    /// How much of the schedule was played, in seconds: all of it, unless the run was interrupted.
    pub played_s: f64,
    /// The mark without a gateway in numbers, if the run has it; not among `report.contenders`.
    pub direct: Option<Contender>,
    /// How the verdict fares where what nobody knows is otherwise; if variants were played.
    pub robust: Option<Robust>,
    /// One entry per contender, in the order of `report.contenders`.
    pub charts: Vec<Charts>,
    /// Requests that show what the numbers mean, in the same order.
    pub examples: Vec<Examples>,
    /// Why each fault cost requests, per contender and fault in the order of the report; `None` where it cost
    /// none, or no decision tells.
    pub reasons: Vec<Vec<Option<Why>>>,
}

/// Why a run directory could not be analysed.
#[derive(Debug, thiserror::Error)]
pub enum AnalyseError {
    /// A file is missing or not what the schema says.
    #[error("cannot analyse the run: {0}; is this the directory that `brownout run` printed?")]
    Read(#[from] ReadError),
}

impl Analysis {
    /// Whether time was simulated; then no rate per second or CPU figure may be claimed.
    pub fn simulated(&self) -> bool {
        self.run.scenario.clock == Clock::Virtual
    }

    /// Whether contenders may be marked against the promise: an invalid measurement judges nobody.
    pub(crate) fn judges(&self) -> bool {
        self.report.validity.verdict == ValidityVerdict::Valid
    }
}

/// Reads and evaluates a run directory.
///
/// # Errors
/// [`AnalyseError`] if a file is missing or unreadable, or leads out of the directory. A run that is merely bad is no error: its
/// validity says INVALID.
pub fn analyse(dir: &Path) -> Result<Analysis, AnalyseError> {
    let run = reading::run(dir)?;
    let machine = reading::machine(dir)?;
    let played = match machine.incomplete {
        None => Played::Whole,
        Some(_) => Played::Interrupted,
    };
    let mut evaluated = evaluate_all(&run, dir, played)?;
    let preflight = preflight(&dir.join("preflight.csv"))?;
    let validity = validity::judge(&run, (&machine, &preflight), &mut evaluated);
    let direct = evaluated.iter().zip(&run.contenders).find(|(_, who)| who.mark).map(|(f, _)| f);
    let direct = direct.map(|direct| direct.numbers.clone());
    let marks = marks(dir, direct.as_ref())?;
    let played_ns = evaluated.iter().map(|each| each.last_ns).max().unwrap_or(0);
    let duration_ns = run.scenario.duration_ns;
    let played_ns = match played {
        Played::Whole => duration_ns,
        Played::Interrupted => played_ns,
    };
    let ranked = evaluated.into_iter().zip(&run.contenders).filter(|(_, who)| !who.mark);
    let (mut contenders, mut charts) = (Vec::new(), Vec::new());
    let (mut of_faults, mut reasons) = (Vec::new(), Vec::new());
    for (evaluated, _) in ranked {
        contenders.push(with_extra_cost(evaluated.numbers, direct.as_ref()));
        charts.push(evaluated.charts);
        of_faults.push(evaluated.fault_examples);
        reasons.push(evaluated.fault_reasons);
    }
    let examples = examples::examples(dir, &contenders, of_faults)?;
    let played_s = played_ns.min(duration_ns) as f64 / 1e9;
    let scenario = Scenario {
        name: run.scenario.name.clone(),
        question: run.scenario.question.clone(),
        hash: run.scenario.hash.clone(),
        seed: run.scenario.seed,
        clock: run.scenario.clock,
        duration_s: run.scenario.duration_ns as f64 / 1e9,
    };
    let robust = reading::robust(dir)?;
    let case =
        verdict::Case { run: &run, validity: &validity, marks: &marks, direct: direct.as_ref() };
    let report = RunReport {
        schema: REPORT_SCHEMA.to_owned(),
        verdict: verdict::decide(case, &contenders),
        scenario,
        config: Config {
            name: run.config.name.clone(),
            hash: run.config.hash.clone(),
            no_effect: run.config.no_effect.clone(),
        },
        build: run.build.version.clone(),
        validity,
        marks,
        compress: run.compress.map(|it| Compress { outages: it.outages, gaps: it.gaps }),
        contenders,
        assumed: run.assumed.clone(),
        warnings: run.warnings.clone(),
    };
    let dir = dir.to_owned();
    Ok(Analysis { dir, run, machine, report, played_s, direct, robust, charts, examples, reasons })
}

/// Contenders evaluated at a time: each holds its own tables in memory, about 30 MB per 100,000
/// requests, so this bounds both threads and memory.
const AT_A_TIME: usize = 4;

/// Evaluates every contender; each is a pure function of its own directory.
fn evaluate_all(run: &RunInfo, dir: &Path, played: Played) -> Result<Vec<Evaluation>, ReadError> {
    let evaluate = |who: &ContenderInfo| numbers::evaluate(run, who, &dir.join(&who.name), played);
    let mut evaluated = Vec::with_capacity(run.contenders.len());
    for batch in run.contenders.chunks(AT_A_TIME) {
        let batch: Vec<_> = std::thread::scope(|scope| {
            let start = |who| (who, scope.spawn(move || evaluate(who)));
            let started: Vec<_> = batch.iter().map(start).collect();
            // A thread that died is evaluated again here, so that its panic surfaces where it belongs.
            let ended = started.into_iter();
            ended.map(|(who, thread)| thread.join().unwrap_or_else(|_| evaluate(who))).collect()
        });
        for each in batch {
            evaluated.push(each?);
        }
    }
    Ok(evaluated)
}

/// Ways that were tried before the run; none where there was nothing of ours to ask.
fn preflight(path: &Path) -> Result<Vec<PreflightRow>, ReadError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    reading::rows::<PreflightRow>(path)?.collect()
}

fn marks(dir: &Path, direct: Option<&Contender>) -> Result<Marks, ReadError> {
    let direct_success_rate = direct.map_or(Measured::NotApplicable, |direct| direct.success_rate);
    let oracle = dir.join("oracle.csv");
    let savable_rate = if oracle.exists() { numbers::savable(&oracle)? } else { None };
    let savable_rate = Measured::known_or(savable_rate, Measured::NotApplicable);
    Ok(Marks { direct_success_rate, savable_rate })
}

/// The price of one more good answer than without a gateway; left alone where there is none.
fn with_extra_cost(mut numbers: Contender, direct: Option<&Contender>) -> Contender {
    let Some(direct) = direct else { return numbers };
    if [numbers.goodput, direct.goodput].contains(&Measured::Withheld) {
        return Contender { extra_cost_per_rescued_usd: Measured::Withheld, ..numbers };
    }
    if let Some(saved @ 1..) = numbers.good.checked_sub(direct.good) {
        let extra = numbers.cost_usd.and_then(|with| direct.cost_usd.map(|without| with - without));
        numbers.extra_cost_per_rescued_usd = extra.map(|usd| usd / saved as f64);
    }
    numbers
}
