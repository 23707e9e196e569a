//! What must hold for every scenario, whatever it is about. One row each in [`CHECKS`]. It must never know how a
//! scenario came about.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::cooling;
use super::played::{Played, Runs};
use super::scenario::TWINS;

/// Something that must hold of a run.
pub(crate) struct Check {
    /// Its name in the summary.
    pub(crate) name: &'static str,
    /// What is wrong; `None` if nothing is.
    pub(crate) wrong: fn(&Played, &Runs) -> Option<String>,
}

/// Every check of a scenario that was run.
pub(crate) const CHECKS: &[Check] = &[
    Check { name: "exit code", wrong: exit },
    Check { name: "books", wrong: |_, runs| books(runs) },
    Check { name: "repetition", wrong: repetition },
    Check { name: "recomputation", wrong: |_, runs| recomputation(runs) },
    Check { name: "marks", wrong: |_, runs| marks(runs) },
    Check { name: "cooling", wrong: |_, runs| cooling::wrong(runs) },
    Check { name: "twins", wrong: |_, runs| twins(runs) },
    Check { name: "screen", wrong: |played, runs| screen(&played.ran.out, runs) },
    Check { name: "explain", wrong: |_, runs| explain(runs) },
    Check { name: "gate", wrong: |_, runs| gate(runs) },
    Check { name: "size", wrong: |played, runs| size(played, runs) },
];

/// Most bytes of a run directory per offered request and contender, and besides. A request has a row in each table.
const BYTES_PER_REQUEST: u64 = 2_000;
/// See [`BYTES_PER_REQUEST`].
const BYTES_BESIDES: u64 = 8_000_000;
/// Most bytes that a run may print.
const SCREEN_BYTES: usize = 200_000;

/// What is wrong with how a scenario was refused; `None` if it says what, where and why.
pub(crate) fn refusal(played: &Played) -> Option<String> {
    let said = &played.ran.err;
    if let Some(panic) = panic(said) {
        return Some(panic);
    }
    if played.ran.code != 2 {
        return Some(format!("exit {} and no report: {}", played.ran.code, played.ran.tail()));
    }
    if played.mistakes.is_empty() {
        return Some(format!("refused, but `plan` has nothing against it: {}", played.ran.tail()));
    }
    // A mistake has file, line and column; what cannot be run although nothing is mistaken has the contender.
    let has_place = said.contains(".yaml:") || said.contains("cannot be run: contender ");
    (!has_place).then(|| format!("refused without a place: {}", played.ran.tail()))
}

fn panic(said: &str) -> Option<String> {
    let line = said.lines().find(|line| line.contains("panicked at"))?;
    Some(line.to_owned())
}

fn exit(played: &Played, runs: &Runs) -> Option<String> {
    let ran = &played.ran;
    if let Some(panic) = panic(&ran.err) {
        return Some(panic);
    }
    if !played.mistakes.is_empty() {
        return Some(format!(
            "it was run although `plan` refuses it: {}",
            played.mistakes.join("; ")
        ));
    }
    // An invalid measurement says so with 3; that there is none is another check's business.
    let expected = if runs.report["validity"]["verdict"] == "VALID" { 0 } else { 3 };
    (ran.code != expected).then(|| format!("exit {}: {}", ran.code, ran.tail()))
}

/// In virtual time nothing outside can spoil a measurement: a run that is not valid is a mistake of the program.
fn books(runs: &Runs) -> Option<String> {
    let validity = &runs.report["validity"];
    (validity["verdict"] != "VALID").then(|| validity["reasons"].to_string())
}

fn repetition(played: &Played, runs: &Runs) -> Option<String> {
    if runs.again.code != played.ran.code {
        return Some(format!("the second run ended with exit {}", runs.again.code));
    }
    let files = |dir: &Path| -> io::Result<BTreeMap<String, Vec<u8>>> {
        let mut found = BTreeMap::new();
        collect(dir, dir, &mut found)?;
        // Of the machine, and the paths that a reader is told.
        found.retain(|name, _| {
            name.ends_with(".csv") || name == "run.json" || name == "report.json"
        });
        Ok(found)
    };
    match (files(&runs.first), files(&runs.second)) {
        (Ok(first), Ok(second)) if first == second => None,
        (Ok(first), Ok(second)) => {
            let differs = first.iter().find(|(name, bytes)| second.get(*name) != Some(bytes));
            Some(format!("{} differs", differs.map_or("the list of files", |(name, _)| name)))
        }
        (Err(error), _) | (_, Err(error)) => Some(error.to_string()),
    }
}

fn collect(root: &Path, dir: &Path, found: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, found)?;
        } else {
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            found.insert(name, std::fs::read(&path)?);
        }
    }
    Ok(())
}

fn recomputation(runs: &Runs) -> Option<String> {
    let ran = &runs.recomputed;
    let first =
        || ran.out.lines().chain(ran.err.lines().rev()).next().unwrap_or_default().to_owned();
    (ran.code != 0).then(|| format!("{} (and {} more lines)", first(), ran.out.lines().count()))
}

/// A config against itself is the same on every seed, whatever is called otherwise in it.
fn gate(runs: &Runs) -> Option<String> {
    let found: Value = match serde_json::from_str(&runs.gated.out) {
        Ok(found) => found,
        Err(_) => return Some(format!("exit {}: {}", runs.gated.code, runs.gated.tail())),
    };
    let rows = found["scenarios"].as_array().map_or(&[][..], Vec::as_slice);
    let mut seeds = rows.iter().flat_map(|row| row["seeds"].as_array().into_iter().flatten());
    let differs = seeds.any(|seed| seed["identical"] != true);
    let passes = |row: &Value| {
        ["SAME", "UNTESTED", "NO_DATA"].contains(&row["verdict"].as_str()?).then_some(())
    };
    let wrong = rows.is_empty() || differs || rows.iter().any(|row| passes(row).is_none());
    wrong.then(|| format!("{}: {}", found["verdict"], found["line"]))
}

fn marks(runs: &Runs) -> Option<String> {
    let rate = |name: &str| runs.report["marks"][name].as_f64();
    let (direct, savable) = (rate("direct_success_rate")?, rate("savable_rate")?);
    (savable < direct).then(|| format!("savable {savable} is below direct {direct}"))
}

/// Two contenders that differ in their names only have the same tables to the byte, and nobody of them leads the other.
fn twins(runs: &Runs) -> Option<String> {
    let [a, b] = TWINS.map(|name| runs.first.join(name));
    if !a.is_dir() {
        return None;
    }
    for table in [record::layout::TABLES, &["decisions.csv"]].concat() {
        match (std::fs::read(a.join(table)), std::fs::read(b.join(table))) {
            (Ok(a), Ok(b)) if a == b => {}
            (Ok(_), Ok(_)) => return Some(format!("{table} of equal contenders differs")),
            (Err(error), _) | (_, Err(error)) => return Some(error.to_string()),
        }
    }
    let winner = runs.report["verdict"]["winner"].as_str();
    winner.filter(|name| TWINS.contains(name)).map(|name| format!("{name} leads its equal"))
}

/// A row of the printed table has no more ticks than promises that were kept with data.
fn screen(printed: &str, runs: &Runs) -> Option<String> {
    for contender in runs.report["contenders"].as_array()? {
        let name = contender["name"].as_str()?;
        let promises = contender["slo"].as_array()?;
        let kept = promises.iter().filter(|slo| slo["pass"] == Value::Bool(true)).count();
        let all = usize::from(kept == promises.len() && kept > 0);
        let rows = printed.lines().filter(|line| is_row_of(line, name));
        let ticks: usize = rows.map(|line| line.matches('✓').count()).sum();
        if ticks > kept + all {
            return Some(format!("{name} has {ticks} ticks for {kept} promises kept"));
        }
    }
    None
}

/// Whether a line of the comparison table is a contender's: `1  name …`.
fn is_row_of(line: &str, name: &str) -> bool {
    let mut words = line.split_whitespace();
    let rank = words.next().is_some_and(|rank| rank.parse::<u32>().is_ok() || rank == "–");
    rank && words.next() == Some(name)
}

fn explain(runs: &Runs) -> Option<String> {
    let ran = &runs.explained;
    (ran.code != 0 || ran.out.is_empty()).then(|| format!("exit {}: {}", ran.code, ran.tail()))
}

fn size(played: &Played, runs: &Runs) -> Option<String> {
    let contenders = runs.report["contenders"].as_array()?;
    let offered = contenders.first().and_then(|first| first["offered"].as_u64()).unwrap_or(0);
    let rows = (offered + BESIDE_WARMUP) * u64::try_from(contenders.len() + 1).unwrap_or(u64::MAX);
    let mut files = BTreeMap::new();
    if let Err(error) = collect(&runs.first, &runs.first, &mut files) {
        return Some(error.to_string());
    }
    let bytes: usize = files.values().map(Vec::len).sum();
    let most = rows * BYTES_PER_REQUEST + BYTES_BESIDES;
    if u64::try_from(bytes).unwrap_or(u64::MAX) > most {
        return Some(format!("{bytes} bytes for {offered} requests"));
    }
    let printed = played.ran.out.len() + played.ran.err.len();
    (printed > SCREEN_BYTES).then(|| format!("{printed} bytes were printed"))
}

/// Requests of warm-up, which no count has: at most so many.
const BESIDE_WARMUP: u64 = 1_000;
