//! One scenario with one seed, played by some contenders: their numbers, and whether their tables are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use plan::Arm;
use record::{AttemptRow, RequestRow, RowReader};
use reports::report::{
    BaselineWindow, Contender, FaultKind, Measured, RunReport, ValidityVerdict, WINDOW_S,
};
use reports::{AnalyseError, analyse};
use runner::run_variant;
use vocab::Outcome;

use super::{Cell, GateError, Playing, beside};

/// Where a world stands among those that are played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// Position of the scenario.
    pub(crate) scenario: usize,
    /// What its clients call, where it is not what they call by themselves.
    pub(crate) model: Option<&'a str>,
    /// The scenario's name.
    pub(crate) name: &'a str,
}

/// What came of it.
pub(crate) struct Played {
    pub(crate) seed: u64,
    /// In the order of the contenders.
    pub(crate) sides: Vec<Side>,
    /// The first request that the first contender answers well and the second does not.
    pub(crate) lost: Option<u64>,
    /// When the only contender did what; of several nobody asks.
    pub(crate) trace: Option<Trace>,
}

/// When a contender did what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    /// In windows, those in which nothing was left out.
    pub(crate) windows: Vec<BaselineWindow>,
    /// Requests outside warm-up that were not answered well.
    pub(crate) failed: Vec<u64>,
}

/// One contender in numbers.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) contender: Contender,
    /// Longest time to recover from a fault.
    pub(crate) recover_s: Measured<f64>,
    pub(crate) tested: Measured<bool>,
    pub(crate) invalid: Vec<String>,
    /// SHA-256 over both tables; `None` where they cannot be read.
    pub(crate) tables: Option<[String; 2]>,
}

/// What is read of a run directory before it is gone.
struct Seen {
    report: RunReport,
    tables: Vec<Option<[String; 2]>>,
    lost: Option<u64>,
    trace: Option<Trace>,
}

/// Plays the contenders `arms` of a case with a seed; `None` if it was stopped.
pub(crate) fn play(
    playing: &Playing<'_>,
    place: &Place<'_>,
    seed: u64,
    arms: &[Arm],
) -> Result<Option<Played>, GateError> {
    let Place { scenario, model, name } = *place;
    let cell = Cell { scenario, model, seed: Some(seed), arms };
    let plan = (playing.plan)(&cell)?;
    let names: Vec<&str> = arms.iter().map(|arm| arm.name.as_str()).collect();
    let model = model.map_or_else(String::new, hash);
    let options = beside(playing, &format!("{scenario}{model}-{seed}-{}", names.join("-")));
    let seen = run_variant(&plan, &options, |dir| look(dir, &names));
    let seen = seen
        .map_err(|source| GateError::Run { scenario: name.to_owned(), source: Box::new(source) })?;
    let Some(seen) = seen else { return Ok(None) };
    let Seen { report, tables, lost, trace } =
        seen.map_err(|source| GateError::Analyse { scenario: name.to_owned(), source })?;
    let invalid = match report.validity.verdict {
        ValidityVerdict::Valid => Vec::new(),
        ValidityVerdict::Invalid => report.validity.reasons.clone(),
    };
    let sides = report.contenders.into_iter().zip(tables).map(|(contender, tables)| Side {
        recover_s: recover(&contender),
        tested: tested(&contender),
        invalid: invalid.clone(),
        tables,
        contender,
    });
    Ok(Some(Played { seed, sides: sides.collect(), lost, trace }))
}

/// A model's name as a part of a directory's.
fn hash(model: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let short: String = model.chars().take(24).map(plain).collect();
    let sum = model.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("-{short}-{sum:08x}")
}

/// Longest time to recover from a fault; changes of the config that a scenario makes are none.
fn recover(contender: &Contender) -> Measured<f64> {
    let faults = contender.faults.iter().filter(|fault| fault.kind == FaultKind::Fault);
    Measured::largest(faults.map(|fault| fault.time_to_recover_s))
}

/// Whether a request met a fault; not applicable where the scenario has none.
fn tested(contender: &Contender) -> Measured<bool> {
    match contender.faults.iter().any(|fault| fault.kind == FaultKind::Fault) {
        true => contender.tested,
        false => Measured::NotApplicable,
    }
}

fn look(dir: &Path, names: &[&str]) -> Result<Seen, AnalyseError> {
    let report = analyse(dir)?.report;
    let table = |name: &str, table: &str| runner::hash_of_file(&dir.join(name).join(table));
    let tables = names.iter().map(|name| {
        Some([table(name, record::layout::TABLES[0])?, table(name, record::layout::TABLES[1])?])
    });
    let tables = tables.collect();
    let lost = match names {
        [base, proposed] => {
            let well = |name: &str| answered_well(&dir.join(name).join(record::layout::TABLES[0]));
            let (base, proposed) = (well(base)?, well(proposed)?);
            base.difference(&proposed).next().copied()
        }
        _ => None,
    };
    let trace = match names {
        [only] => Some(trace(&dir.join(only))?),
        _ => None,
    };
    Ok(Seen { report, tables, lost, trace })
}

fn trace(folder: &Path) -> Result<Trace, AnalyseError> {
    let window = |ns: u64| ns / 1_000_000_000 / WINDOW_S * WINDOW_S;
    let mut windows: BTreeMap<u64, BaselineWindow> = BTreeMap::new();
    let mut failed = Vec::new();
    let mut at = |from_s: u64, count: fn(&mut BaselineWindow)| {
        let empty = BaselineWindow { from_s, offered: 0, failed: 0, attempts: 0 };
        count(windows.entry(from_s).or_insert(empty));
    };
    for row in RowReader::<RequestRow>::open(&folder.join(record::layout::TABLES[0]))? {
        let row = row?;
        at(window(row.intended_ns), |window| window.offered += 1);
        if row.outcome != Outcome::Success {
            at(window(row.intended_ns), |window| window.failed += 1);
            failed.extend((!row.warmup).then_some(row.request));
        }
    }
    for row in RowReader::<AttemptRow>::open(&folder.join(record::layout::TABLES[1]))? {
        at(window(row?.arrived_ns), |window| window.attempts += 1);
    }
    failed.sort_unstable();
    Ok(Trace { windows: windows.into_values().collect(), failed })
}

/// The requests that were answered well, without warm-up.
fn answered_well(table: &Path) -> Result<BTreeSet<u64>, AnalyseError> {
    let mut well = BTreeSet::new();
    for row in RowReader::<RequestRow>::open(table)? {
        let row = row?;
        if row.outcome == Outcome::Success && !row.warmup {
            well.insert(row.request);
        }
    }
    Ok(well)
}
