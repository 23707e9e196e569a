//! The emulation of a product beside the product: cases as data, both sides played, compared by a written rule, counted.
//!
//! `docs/parity-method.md` says the rule. Plays of the product are recorded, so that a second run goes on where the
//! first stopped; the emulation is played anew every time. It must never know where records are kept.

mod cases;
mod compare;
mod layer;
mod load;
mod page;
mod play;
mod published;
mod seen;
mod statistics;
mod table;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use plan::{Text, embedded};

use cases::Case;
use compare::METHOD;
use layer::load_parity;
use load::{Cell, LOAD_METHOD, LoadFile, cells};
use play::{Emulated, Real, play_cases};
use seen::CaseSeen;
use table::{PLAYS_MAX, judged};
use world::{shared_settings, worlds};

pub use layer::LoadRow;
pub use page::page;
pub use play::{ParityError, Product};
pub use published::{Against, PARITY_SCHEMA, Published, Source};
pub use table::{Recorded, Row, Score, Standing};

/// Seeds of the emulation: where it draws, one of them must answer as the product does.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=3;

/// The product that is emulated, and by what.
#[derive(Clone, Debug)]
pub struct Emulation {
    /// Name and version of the product, such as `litellm 1.106.2`.
    pub product: String,
    /// The personality that plays it.
    pub personality: String,
}

/// Cases and cells to be played.
#[derive(Clone, Debug)]
pub struct Cases {
    cases: Vec<Case>,
    cells: Vec<Cell>,
}

/// A part of the table with more cases than this gives more than one to a sample.
const LARGE_PART: usize = 30;

/// Cases of a large part in a sample.
const SAMPLE_OF_LARGE_PART: usize = 4;

impl Cases {
    /// The shipped ones.
    ///
    /// # Errors
    /// [`ParityError::Cases`], which a test of this crate finds first.
    pub fn shipped() -> Result<Self, ParityError> {
        let files = embedded::PARITY.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let load: LoadFile = read(&embedded::PARITY_LOAD)?;
        let cases = cases::expand(&files).map_err(ParityError::Cases)?;
        Ok(Self { cases, cells: cells(&load) })
    }

    /// Those whose names hold `pattern`, in which `*` stands for anything.
    #[must_use]
    pub fn only(mut self, pattern: &str) -> Self {
        self.cases.retain(|case| matches(&case.name, pattern));
        self.cells.retain(|cell| matches(&cell.name, pattern));
        self
    }

    /// A sample of those cases that can share processes with most others, from every set of theirs: few enough for five
    /// minutes; no cells.
    #[must_use]
    pub fn sample(mut self) -> Self {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for case in &self.cases {
            *counts.entry(shared_settings(case)).or_default() += 1;
        }
        let common = counts.into_iter().max_by_key(|(_, cases)| *cases).map(|(key, _)| key);
        let mut parts: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for case in self.cases.iter().filter(|case| Some(shared_settings(case)) == common) {
            let part = (case.set.name.as_str(), case.provider.name());
            parts.entry(part).or_default().push(&case.name);
        }
        let mut chosen: BTreeSet<String> = BTreeSet::new();
        for names in parts.values() {
            let most = if names.len() > LARGE_PART { SAMPLE_OF_LARGE_PART } else { 1 };
            let step = names.len().div_ceil(most).max(1);
            chosen.extend(names.iter().step_by(step).map(|name| (*name).to_owned()));
        }
        self.cases.retain(|case| chosen.contains(&case.name));
        self.cells.clear();
        self
    }

    /// Without the cells under load.
    #[must_use]
    pub fn without_load(mut self) -> Self {
        self.cells.clear();
        self
    }

    /// How many cases.
    pub fn cases(&self) -> usize {
        self.cases.len()
    }

    /// How many cells.
    pub fn cells(&self) -> usize {
        self.cells.len()
    }

    /// Names of cases, then of cells.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let cells = self.cells.iter().map(|cell| cell.name.as_str());
        self.cases.iter().map(|case| case.name.as_str()).chain(cells)
    }

    /// Their keys in a record.
    pub fn keys(&self, emulation: &Emulation) -> BTreeSet<String> {
        let (method, load_method) = (method(emulation), load_method(emulation));
        let cells = self.cells.iter().map(|cell| cell.key(&load_method));
        self.cases.iter().map(|case| case.key(&method)).chain(cells).collect()
    }
}

/// Reads shipped data.
fn read<T: serde::de::DeserializeOwned>(file: &embedded::File) -> Result<T, ParityError> {
    let text = Text::new(format!("scenarios/{}", file.path), file.text);
    plan::data(&text).map_err(|report| ParityError::Cases(report.lines().join("; ")))
}

/// Whether the parts of a pattern occur in a name, one after another.
fn matches(name: &str, pattern: &str) -> bool {
    let mut rest = name;
    pattern.split('*').all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// How cases are played.
pub struct Playing<'a> {
    /// Whose emulation.
    pub emulation: &'a Emulation,
    /// How often the product plays a case that does not agree, 1 to 3.
    pub plays: usize,
    /// Scripts that the product answers side by side.
    pub at_a_time: usize,
    /// Set to end early; what was played is recorded.
    pub stop: &'a Arc<AtomicBool>,
    /// Called from a watchdog thread when a virtual world stands still; it should end the process.
    pub stuck: &'a Arc<dyn Fn(&str) + Send + Sync>,
    /// Takes a line for the store; a play that cannot be recorded ends the run.
    pub record: &'a mut dyn FnMut(&str),
    /// Told of what how many are done, and how many are known to be needed.
    pub progress: &'a mut dyn FnMut(&str, usize, usize),
}

impl std::fmt::Debug for Playing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Playing").field("emulation", &self.emulation).finish_non_exhaustive()
    }
}

/// What came of cases and cells.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// Cases that were played.
    pub cases: Vec<Row>,
    /// Cells that were played often enough.
    pub cells: Vec<LoadRow>,
}

/// Plays every case and cell on both sides, the product as often as the rule asks, and judges those that are decided.
/// What `stop` cut is missing.
///
/// # Errors
/// [`ParityError`].
pub fn parity(
    cases: &Cases,
    recorded: &mut Recorded,
    mut product: Option<&mut dyn Product>,
    playing: &mut Playing<'_>,
) -> Result<Results, ParityError> {
    let emulated = emulate(&cases.cases, playing)?;
    for plays in 1..=playing.plays.min(PLAYS_MAX) {
        // Each turn adds one play to every case that does not agree yet.
        let rows = judge(&cases.cases, recorded, &emulated, playing.emulation);
        let open = undecided(&cases.cases, recorded, (&rows, plays), playing.emulation);
        let Some(product) = product.as_mut().filter(|_| !open.is_empty()) else { continue };
        measure(&open, recorded, &mut **product, playing)?;
        if playing.stop.load(Ordering::Relaxed) {
            break;
        }
    }
    let product = match product {
        Some(product) if !playing.stop.load(Ordering::Relaxed) => Some(&mut *product),
        Some(_) | None => None,
    };
    let cells = load_parity(&cases.cells, recorded, product, playing)?;
    let cases = judge(&cases.cases, recorded, &emulated, playing.emulation);
    Ok(Results { cases, cells })
}

/// The same for runs of cells.
pub(crate) fn load_method(emulation: &Emulation) -> String {
    format!("{LOAD_METHOD} {}", emulation.product.to_lowercase())
}

/// Records one play of each case by an emulation, as if it were the product: what the comparison is tried on.
///
/// # Errors
/// [`ParityError`].
pub fn record_emulation(cases: &Cases, playing: &mut Playing<'_>) -> Result<(), ParityError> {
    let all: Vec<&Case> = cases.cases.iter().collect();
    for world in worlds(&all) {
        let mut side = Emulated {
            personality: &playing.emulation.personality,
            seed: *SEEDS.start(),
            stop: playing.stop,
            stuck: playing.stuck,
        };
        let (emulation, record) = (playing.emulation, &mut playing.record);
        play_cases(&mut side, &world, &mut |case, seen| {
            record(&Recorded::line(&case.name, &case.key(&method(emulation)), &seen));
        })?;
    }
    Ok(())
}

/// How the emulation answers, by the case.
type Answers = BTreeMap<String, Vec<CaseSeen>>;

fn emulate(cases: &[Case], playing: &Playing<'_>) -> Result<Answers, ParityError> {
    let cases: Vec<&Case> = cases.iter().collect();
    let mut answers = Answers::new();
    for world in worlds(&cases) {
        for seed in SEEDS {
            let mut side = Emulated {
                personality: &playing.emulation.personality,
                seed,
                stop: playing.stop,
                stuck: playing.stuck,
            };
            play_cases(&mut side, &world, &mut |case, seen| {
                answers.entry(case.name.clone()).or_default().push(seen);
            })?;
        }
    }
    Ok(answers)
}

/// The cases that need another play of the product.
fn undecided<'c>(
    cases: &'c [Case],
    recorded: &Recorded,
    (rows, plays): (&[Row], usize),
    emulation: &Emulation,
) -> Vec<&'c Case> {
    let agrees = |case: &Case| {
        let row = rows.iter().find(|row| row.case == case.name);
        row.is_some_and(|row| row.plays.len() == 1 && row.standing == Standing::Agrees)
    };
    let open = |case: &&Case| {
        let played = recorded.plays(&case.key(&method(emulation))).len();
        played < plays && !agrees(case)
    };
    cases.iter().filter(open).collect()
}

/// One play of the product for each case.
fn measure(
    cases: &[&Case],
    recorded: &mut Recorded,
    product: &mut dyn Product,
    playing: &mut Playing<'_>,
) -> Result<(), ParityError> {
    let mut done = 0;
    for world in worlds(cases) {
        let mut side = Real { product, at_a_time: playing.at_a_time, stop: playing.stop };
        let (record, progress) = (&mut playing.record, &mut playing.progress);
        progress(PLAYS, done, cases.len());
        let whole = play_cases(&mut side, &world, &mut |case, seen| {
            let key = case.key(&method(playing.emulation));
            record(&Recorded::line(&case.name, &key, &seen));
            recorded.add(&key, seen);
            done += 1;
            progress(PLAYS, done, cases.len());
        })?;
        if !whole {
            return Ok(());
        }
    }
    Ok(())
}

/// What progress counts.
const PLAYS: &str = "plays of cases";

/// What makes recorded plays comparable, beside their case.
pub(crate) fn method(emulation: &Emulation) -> String {
    format!("{METHOD} {}", emulation.product.to_lowercase())
}

fn judge(
    cases: &[Case],
    recorded: &Recorded,
    emulated: &Answers,
    emulation: &Emulation,
) -> Vec<Row> {
    let row = |case: &Case| {
        let key = case.key(&method(emulation));
        let answers = emulated.get(&case.name)?;
        judged((&case.name, &key), recorded.plays(&key), answers)
    };
    cases.iter().filter_map(row).collect()
}
