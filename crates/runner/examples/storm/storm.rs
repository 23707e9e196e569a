//! Random scenarios, each held to what must be true of every run. It must never know one scenario from another.

mod checks;
mod config;
mod cooling;
mod faults;
mod luck;
mod played;
mod program;
mod scenario;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use checks::CHECKS;
pub(crate) use program::Programs;
pub(crate) use scenario::Size;

/// What to play.
#[derive(Debug)]
pub(crate) struct Storm {
    /// How many scenarios.
    pub(crate) count: u64,
    /// Seed of the first; each has the next.
    pub(crate) seed: u64,
    /// How long each is.
    pub(crate) size: Size,
    /// Where they are played; those that fail stay there.
    pub(crate) folder: PathBuf,
    /// With what.
    pub(crate) programs: Programs,
}

/// How it went.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    played: u64,
    refused: u64,
    failures: Vec<Failure>,
    by_check: BTreeMap<&'static str, u64>,
    /// Mistakes that scenarios were refused for, without what they name, and in how many.
    refused_for: BTreeMap<String, u64>,
}

/// One check that one scenario did not pass.
#[derive(Debug)]
pub(crate) struct Failure {
    seed: u64,
    check: &'static str,
    what: String,
    folder: PathBuf,
}

/// Name of the check that refusals must pass.
const REFUSAL: &str = "refusal";

impl Storm {
    /// Plays all of it; `tell` is told about each failure when it happens.
    ///
    /// # Errors
    /// If the folder cannot be written to, or a program cannot be started.
    pub(crate) fn play(&self, tell: &mut dyn FnMut(&Failure)) -> io::Result<Summary> {
        let mut summary = Summary::default();
        for seed in (0..self.count).map(|n| self.seed.wrapping_add(n)) {
            let folder = self.folder.join(format!("storm-{seed}"));
            let before = summary.failures.len();
            self.one(seed, &folder, &mut summary)?;
            let failures = &summary.failures[before..];
            failures.iter().for_each(&mut *tell);
            if failures.is_empty() {
                std::fs::remove_dir_all(&folder)?;
            }
        }
        Ok(summary)
    }

    fn one(&self, seed: u64, folder: &Path, summary: &mut Summary) -> io::Result<()> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        let written = scenario::write(seed, self.size);
        let played = played::play(&self.programs, folder, &written)?;
        let mut note = |check: &'static str, wrong: Option<String>| match wrong {
            None => *summary.by_check.entry(check).or_default() += 1,
            Some(what) => {
                summary.failures.push(Failure { seed, check, what, folder: played.folder.clone() });
            }
        };
        match &played.runs {
            None => {
                note(REFUSAL, checks::refusal(&played));
                summary.refused += 1;
                if let Some(mistake) = played.mistakes.first() {
                    *summary.refused_for.entry(kind(mistake)).or_default() += 1;
                }
            }
            Some(runs) => {
                for check in CHECKS {
                    note(check.name, (check.wrong)(&played, runs));
                }
                summary.played += 1;
            }
        }
        Ok(())
    }
}

impl Summary {
    /// Whether every scenario passed every check.
    pub(crate) fn is_clean(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed: BTreeMap<u64, ()> =
            self.failures.iter().map(|failure| (failure.seed, ())).collect();
        let count = self.played + self.refused;
        write!(
            f,
            "{count} scenarios: {} played, {} refused, {} failed",
            self.played,
            self.refused,
            failed.len()
        )?;
        let names = std::iter::once(REFUSAL).chain(CHECKS.iter().map(|check| check.name));
        for name in names {
            let held = self.by_check.get(name).copied().unwrap_or(0);
            let broken = self.failures.iter().filter(|failure| failure.check == name).count();
            write!(f, " · {name} {held}")?;
            if broken > 0 {
                write!(f, " ({broken} ✗)")?;
            }
        }
        let mut reasons: Vec<_> = self.refused_for.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (reason, count) in reasons {
            write!(f, "\n  refused {count}: {reason}")?;
        }
        Ok(())
    }
}

/// A mistake without its place, its figures and what it names in backquotes, so that equal kinds are counted as one.
fn kind(mistake: &str) -> String {
    let text = mistake.split_once(": ").map_or(mistake, |(_, text)| text);
    let mut kind = String::new();
    for (n, part) in text.split('`').enumerate() {
        kind.push_str(if n % 2 == 0 { part } else { "`…`" });
    }
    let mut short: String =
        kind.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    while short.contains("##") {
        short = short.replace("##", "#");
    }
    short
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "✗ seed {}: {}: {}\n  kept in {}\n  again: cargo run -p runner --example storm -- --count 1 --seed {}",
            self.seed,
            self.check,
            self.what,
            self.folder.display(),
            self.seed
        )
    }
}
