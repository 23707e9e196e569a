//! One scenario, played twice: its files, how the program ended, and what it wrote. It must never know what is wrong
//! with them.

use std::io;
use std::path::{Path, PathBuf};

use plan::{Build, ClockKind, Request, Text};
use record::RunInfo;
use serde_json::Value;

use super::program::{Programs, Ran};
use super::scenario::{CONFIG, SCENARIO, Written};

/// A played scenario.
#[derive(Debug)]
pub(crate) struct Played {
    /// Its folder, with both files and both runs.
    pub(crate) folder: PathBuf,
    /// What `plan` says about it: its mistakes, one text each.
    pub(crate) mistakes: Vec<String>,
    /// The first run of the program.
    pub(crate) ran: Ran,
    /// What the runs left; absent where nothing was run.
    pub(crate) runs: Option<Runs>,
}

/// Two runs of one scenario, and what was said about the first.
#[derive(Debug)]
pub(crate) struct Runs {
    /// Directory of the first.
    pub(crate) first: PathBuf,
    /// Directory of the second.
    pub(crate) second: PathBuf,
    /// The second run of the program.
    pub(crate) again: Ran,
    /// `run.json` of the first.
    pub(crate) info: RunInfo,
    /// `report.json` of the first.
    pub(crate) report: Value,
    /// What recomputing the first said.
    pub(crate) recomputed: Ran,
    /// What `brownout explain` said about a request of the first.
    pub(crate) explained: Ran,
    /// What `brownout gate` said about the same config in other words.
    pub(crate) gated: Ran,
}

/// Plans a scenario, plays it twice and asks about it.
///
/// # Errors
/// If a file cannot be written or read, or a program cannot be started.
pub(crate) fn play(programs: &Programs, folder: &Path, written: &Written) -> io::Result<Played> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(SCENARIO), &written.scenario)?;
    std::fs::write(folder.join(CONFIG), &written.config)?;
    let run = |out: &str| programs.brownout(folder, &["run", SCENARIO, "--out", out]);
    let ran = run("first")?;
    let first = folder.join("first");
    let runs = if first.join("report.json").is_file() {
        let again = run("second")?;
        let report: Value = serde_json::from_slice(&std::fs::read(first.join("report.json"))?)?;
        let info: RunInfo = serde_json::from_slice(&std::fs::read(first.join("run.json"))?)?;
        let recomputed = programs.recompute(&first)?;
        let explained = programs.brownout(folder, &["explain", "first", &request(&report)])?;
        let second = folder.join("second");
        std::fs::write(folder.join(RESPELLED), respelled(&written.config))?;
        let gate = ["gate", SCENARIO, "--config", RESPELLED, "--against", CONFIG, "--seeds", "1"];
        let gated = programs.brownout(folder, &[&gate[..], &["--json", "--quiet"]].concat())?;
        Some(Runs { first, second, again, info, report, recomputed, explained, gated })
    } else {
        None
    };
    Ok(Played { folder: folder.to_owned(), mistakes: mistakes(written), ran, runs })
}

/// The config once more, in other words.
const RESPELLED: &str = "respelled.yaml";

/// The same config with a comment, and with other ids.
fn respelled(config: &str) -> String {
    format!("# The same.\n{}", config.replace("{ id: ", "{ id: other-"))
}

/// A request to be explained: one that failed, if one did.
fn request(report: &Value) -> String {
    let contenders = report["contenders"].as_array().into_iter().flatten();
    let mut examples = contenders
        .filter_map(|contender| contender["failure_examples"].as_object())
        .flat_map(|kinds| kinds.values())
        .filter_map(|ids| ids[0].as_u64());
    examples.next().unwrap_or(0).to_string()
}

/// What is wrong with a scenario, by `plan` itself.
fn mistakes(written: &Written) -> Vec<String> {
    let scenario = Text::new(SCENARIO, written.scenario.clone());
    let config = Text::new(CONFIG, written.config.clone());
    let request = Request {
        scenario: &scenario,
        config: None,
        find_config: &|_| Ok(config.clone()),
        timeline: None,
        find_timeline: &|path| Err(format!("there is no timeline {path}")),
        clock: ClockKind::Virtual,
        seed: None,
        contenders: &[],
        compared: None,
        personality: None,
        model: None,
        sets: &[],
        shorten: None,
        build: Build::default(),
    };
    match plan::load(&request) {
        Ok(plan) => plan.refusals,
        Err(report) => report.lines(),
    }
}
