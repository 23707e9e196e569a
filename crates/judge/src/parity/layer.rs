//! Cells under load, played and judged: several runs of both sides, and a test that counts all of the table's.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use super::load::{Cell, LoadWorld, MARGINS, Measures, REAL_RUNS, RUNS_MAX, measures};
use super::play::{Emulated, ParityError, Product, Real, Scripts, Side};
use super::statistics::{holm, permutation_p};
use super::table::{Recorded, Standing};
use super::{Playing, load_method};

/// Chance of one false deviation in the whole table.
const LEVEL: f64 = 0.05;

/// Cells that one process of the product serves side by side: 8 requests per second.
const CELLS_AT_A_TIME: usize = 4;

/// A cell that was played on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadRow {
    /// Its name.
    pub cell: String,
    /// Hash of its definition, of the rule, and of the product.
    pub key: String,
    /// What is said of it.
    pub standing: Standing,
    /// By the measure.
    pub(crate) measures: BTreeMap<String, Compared>,
    /// How the product came out, by the run.
    pub(crate) runs: Vec<Measures>,
}

impl LoadRow {
    /// Measures that differ, in words.
    pub fn differing(&self) -> impl Iterator<Item = String> + '_ {
        let differing = self.measures.iter().filter(|(_, compared)| compared.differs);
        differing.map(|(name, compared)| format!("{name}: {}", compared.said()))
    }
}

impl Compared {
    /// Both means, and how likely so much is by chance.
    pub(crate) fn said(&self) -> String {
        let Self { real, emulated, spread, p, .. } = self;
        format!("product {real:.2} / emulation {emulated:.2} ± {spread:.2} (p {p:.1e})")
    }
}

/// One measure of both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Compared {
    /// Mean of the product's runs.
    pub(crate) real: f64,
    /// Mean of the emulation's.
    pub(crate) emulated: f64,
    /// Standard deviation of the emulation's.
    pub(crate) spread: f64,
    /// p-value of the permutation test, uncorrected.
    pub(crate) p: f64,
    /// Whether it differs, corrected and beyond the margin.
    pub(crate) differs: bool,
}

/// Plays what is missing of the cells, and judges those that are whole.
pub(crate) fn load_parity(
    cells: &[Cell],
    recorded: &mut Recorded,
    product: Option<&mut dyn Product>,
    playing: &mut Playing<'_>,
) -> Result<Vec<LoadRow>, ParityError> {
    if let Some(product) = product {
        measure(cells, recorded, product, playing)?;
    }
    let method = load_method(playing.emulation);
    let whole = |cell: &&Cell| recorded.runs(&cell.key(&method)).len() as u64 >= REAL_RUNS;
    let whole: Vec<&Cell> = cells.iter().filter(whole).collect();
    let emulated = emulate(&whole, playing)?;
    let runs = |cell: &Cell| {
        let real: Vec<Measures> = recorded.runs(&cell.key(&method)).values().cloned().collect();
        real
    };
    Ok(judged(&whole, &runs, &emulated, &method))
}

/// One more run of every cell that has not enough, until all have.
fn measure(
    cells: &[Cell],
    recorded: &mut Recorded,
    product: &mut dyn Product,
    playing: &mut Playing<'_>,
) -> Result<(), ParityError> {
    let method = load_method(playing.emulation);
    let all = cells.len() as u64 * REAL_RUNS;
    for chunk in of_one_strategy(&cells.iter().collect::<Vec<_>>(), CELLS_AT_A_TIME) {
        for run in 1..=REAL_RUNS {
            let open: Vec<&Cell> = chunk
                .iter()
                .filter(|cell| !recorded.runs(&cell.key(&method)).contains_key(&run))
                .copied()
                .collect();
            if open.is_empty() {
                continue;
            }
            let world = LoadWorld::new(&open, run);
            let at_a_time = world.scripts.len();
            let mut side = Real { product: &mut *product, at_a_time, stop: playing.stop };
            let record = &mut playing.record;
            let whole = play(&mut side, &world, run, &mut |cell, measures| {
                let key = cell.key(&method);
                record(&Recorded::run_line(&cell.name, (&key, run), &measures));
                recorded.add_run(&key, run, measures);
            })?;
            let done: usize =
                cells.iter().map(|cell| recorded.runs(&cell.key(&method)).len()).sum();
            (playing.progress)("runs of cells", done, usize::try_from(all).unwrap_or(usize::MAX));
            if !whole || playing.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Cells of one strategy, so many at a time, in their order.
fn of_one_strategy<'c>(cells: &[&'c Cell], most: usize) -> Vec<Vec<&'c Cell>> {
    let mut chunks: Vec<Vec<&Cell>> = Vec::new();
    for cell in cells {
        let fits = |chunk: &&mut Vec<&Cell>| {
            chunk.len() < most && chunk.iter().all(|other| other.strategy == cell.strategy)
        };
        match chunks.last_mut().filter(fits) {
            Some(chunk) => chunk.push(cell),
            None => chunks.push(vec![cell]),
        }
    }
    chunks
}

/// One run of a world, read.
fn play(
    side: &mut dyn Side,
    world: &LoadWorld<'_>,
    run: u64,
    told: &mut dyn FnMut(&Cell, Measures),
) -> Result<bool, ParityError> {
    side.play(Scripts {
        fakes: &world.fakes,
        scripts: &world.scripts,
        config: &|fakes, _| world.config(fakes),
        done: &mut |place, seen| {
            if let Some(cell) = world.cells.get(place) {
                told(cell, measures((cell, run), &seen));
            }
        },
    })
}

/// The emulation's runs, by the cell.
fn emulate(
    cells: &[&Cell],
    playing: &Playing<'_>,
) -> Result<BTreeMap<String, Vec<Measures>>, ParityError> {
    let mut all: BTreeMap<String, Vec<Measures>> = BTreeMap::new();
    for chunk in of_one_strategy(cells, usize::MAX) {
        for run in 1..=RUNS_MAX {
            let mut side = Emulated {
                personality: &playing.emulation.personality,
                seed: run,
                stop: playing.stop,
                stuck: playing.stuck,
            };
            play(&mut side, &LoadWorld::new(&chunk, run), run, &mut |cell, measures| {
                all.entry(cell.name.clone()).or_default().push(measures);
            })?;
        }
    }
    Ok(all)
}

/// Compares every measure of every cell, and corrects for all of them together.
fn judged(
    cells: &[&Cell],
    runs: &dyn Fn(&Cell) -> Vec<Measures>,
    emulated: &BTreeMap<String, Vec<Measures>>,
    method: &str,
) -> Vec<LoadRow> {
    let mut rows: Vec<LoadRow> = Vec::new();
    for cell in cells {
        let (real, none) = (runs(cell), Vec::new());
        let theirs = emulated.get(&cell.name).unwrap_or(&none);
        let compared = MARGINS.iter().filter_map(|(name, _)| {
            let of = |runs: &[Measures]| -> Vec<f64> {
                runs.iter().filter_map(|run| run.get(*name).copied()).collect()
            };
            let (real, emulated) = (of(&real), of(theirs));
            let p = permutation_p(&real, &emulated);
            let spread = spread(&emulated);
            let compared = Compared {
                real: mean(&real)?,
                emulated: mean(&emulated)?,
                spread,
                p,
                differs: false,
            };
            Some(((*name).to_owned(), compared))
        });
        let measures = compared.collect();
        let (cell, key) = (cell.name.clone(), cell.key(method));
        rows.push(LoadRow { cell, key, standing: Standing::Agrees, measures, runs: real });
    }
    let mut all: Vec<(&str, &mut Compared)> = Vec::new();
    for row in &mut rows {
        all.extend(row.measures.iter_mut().map(|(name, compared)| (name.as_str(), compared)));
    }
    let p: Vec<f64> = all.iter().map(|(_, compared)| compared.p).collect();
    for ((name, compared), rejected) in all.iter_mut().zip(holm(&p, LEVEL)) {
        let margin = MARGINS.iter().find(|(known, _)| known == name).map_or(0.0, |(_, by)| *by);
        compared.differs = rejected && (compared.real - compared.emulated).abs() > margin;
    }
    for row in &mut rows {
        if row.measures.values().any(|compared| compared.differs) {
            row.standing = Standing::Differs;
        }
    }
    rows
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation of a sample.
fn spread(values: &[f64]) -> f64 {
    let Some(mean) = mean(values).filter(|_| values.len() > 1) else { return 0.0 };
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}
