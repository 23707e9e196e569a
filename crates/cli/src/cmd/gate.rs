//! `brownout gate`: finds scenarios and the two configs, asks `judge`, and prints and writes what it says.

mod baseline;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use judge::{Cell, GateError, GateQuestion, Playing};
use plan::{ClockKind, Compared, ConfigChanges, Plan, Text};
use reports::report::{Gate as Found, GateConfig, GateVerdict};
use reports::terminal::Style;
use runner::VariantOptions;

use crate::args::Gate;
use crate::cmd::against::{self, Against};
use crate::cmd::run::stuck;
use crate::cmd::scenario::{self, Reading, Scenario};
use crate::exit::{Ended, Failure, Outcome};
use crate::progress::Counted;
use crate::{environment, files, screen, signals};

/// The shipped set of scenarios for gates.
const SHIPPED_SET: &str = "ci";

/// Both configs.
struct Configs {
    against: Against,
    base: Text,
    path: PathBuf,
    proposed: Text,
}

/// Compares two configs.
pub(crate) fn gate(args: &Gate) -> Outcome {
    let scenarios = scenarios(&args.scenarios)?;
    if let Some(path) = &args.baseline {
        return baseline::gate(args, &scenarios, path);
    }
    let Some(configs) = configs(args)? else { return Ok(Ended::Done) };
    let changes = plan::config_changes(&configs.base, &configs.proposed)
        .map_err(|report| scenario::mistakes(&report))?;
    let stop = signals::stop_flag()
        .map_err(|error| Failure::Internal(format!("cannot watch for Ctrl-C: {error}")))?;
    let Some(mut found) = played(args, &scenarios, (&configs, &changes), &stop)? else {
        return Ok(Ended::Interrupted);
    };
    found.unseen = configs.against.unseen(&configs.path);
    tell(args, &found)
}

/// Prints and writes what was found.
fn tell(args: &Gate, found: &Found) -> Outcome {
    write(args, found)?;
    if args.json {
        screen::print_value(found);
    } else {
        let style = Style { width: screen::width(), colour: screen::colour() };
        let text = reports::terminal::gate(found, style);
        match args.github {
            true => screen::print_painted(&reports::gate_files::harmless(&text)),
            false => screen::print_painted(&text),
        }
    }
    Ok(ended(found))
}

/// What fails is worse than what cannot be told.
fn ended(found: &Found) -> Ended {
    let fails = |verdict: GateVerdict| {
        found.scenarios.iter().any(|row| !row.pass && row.verdict == verdict)
    };
    if fails(GateVerdict::Worse) || fails(GateVerdict::Different) {
        Ended::Missed
    } else if found.pass {
        Ended::Done
    } else {
        Ended::Undecided
    }
}

/// Every scenario that was named, those of folders in the order of their names.
fn scenarios(names: &[String]) -> Result<Vec<Scenario>, Failure> {
    let mut all = Vec::new();
    for name in names {
        let path = Path::new(name);
        if path.is_dir() {
            let before = all.len();
            for file in yaml_files(path)? {
                all.push(scenario::find(&file)?);
            }
            if all.len() == before {
                return Err(Failure::User(format!(
                    "error: there is no scenario (*.yaml) in {name}"
                )));
            }
        } else if name == SHIPPED_SET {
            for file in plan::embedded::CI {
                all.push(scenario::find(file.path)?);
            }
        } else {
            all.push(scenario::find(name)?);
        }
    }
    Ok(all)
}

fn yaml_files(folder: &Path) -> Result<Vec<String>, Failure> {
    let failed = |error: std::io::Error| {
        Failure::User(format!("error: cannot read the folder {}: {error}", folder.display()))
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        if is_yaml && path.is_file() {
            files.push(path.display().to_string());
        }
    }
    files.sort();
    Ok(files)
}

/// Both configs; `None` if the base has none: what is new cannot be worse.
fn configs(args: &Gate) -> Result<Option<Configs>, Failure> {
    let (path, proposed) = config(args)?;
    let against = against::parse(args.against.as_deref().unwrap_or_default())?;
    let Some(base) = against.text(&path)? else {
        screen::remark(&against.is_new(&path));
        return Ok(None);
    };
    // Of both files under one name only the name of the revision tells which is broken.
    if let Err(report) = plan::config_changes(&base, &base) {
        screen::remark(&format!("error: the base, {}, cannot be read:", against.name()));
        return Err(scenario::mistakes(&report));
    }
    Ok(Some(Configs { against, base, path, proposed }))
}

/// The config that is judged.
fn config(args: &Gate) -> Result<(PathBuf, Text), Failure> {
    let Some(path) = args.plan.config.clone() else {
        let help = "give it by `--config litellm_config.yaml`";
        return Err(Failure::User(format!("error: which config is judged?\n  help: {help}")));
    };
    let text = scenario::config_text(&path)?;
    Ok((path, text))
}

fn played(
    args: &Gate,
    scenarios: &[Scenario],
    (configs, changes): (&Configs, &ConfigChanges),
    stop: &Arc<AtomicBool>,
) -> Result<Option<Found>, Failure> {
    let command = |name: &str, model: Option<&str>, seed: u64| {
        let model = model.map(|model| format!(" --model {}", quoted(model))).unwrap_or_default();
        format!(
            "brownout run {} --config {} --compare-config {}{model} --seed {seed}",
            quoted(name),
            quoted(&configs.path.display().to_string()),
            quoted(&configs.against.name()),
        )
    };
    let of = |name: String, text: &Text| GateConfig { name, hash: plan::config_hash(text) };
    let texts = (&configs.base, &configs.proposed);
    playing(args, scenarios, texts, stop, |playing| {
        judge::gate(&GateQuestion {
            playing,
            changes,
            configs: (
                of(configs.against.name(), &configs.base),
                of(configs.path.display().to_string(), &configs.proposed),
            ),
            command: &command,
            build: env!("CARGO_PKG_VERSION"),
        })
    })
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,~".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// How scenarios are played, for whoever asks.
fn playing<T>(
    args: &Gate,
    scenarios: &[Scenario],
    texts: (&Text, &Text),
    stop: &Arc<AtomicBool>,
    ask: impl FnOnce(Playing<'_>) -> Result<T, GateError>,
) -> Result<T, Failure> {
    let names: Vec<String> = scenarios.iter().map(Scenario::called).collect();
    let options = VariantOptions {
        beside: std::env::temp_dir().join(format!("brownout-gate-{}", std::process::id())),
        stop: Arc::clone(stop),
        stuck: Arc::new(stuck),
    };
    let counted = Mutex::new((!args.quiet).then(Counted::show));
    let done = |number: usize, of: usize| {
        if let Some(counted) = &*counted.lock().unwrap_or_else(PoisonError::into_inner) {
            counted.set("gate", number, of);
        }
    };
    let plan = |cell: &Cell<'_>| plan_of(args, scenarios, texts, cell);
    let asked = ask(Playing {
        scenarios: &names,
        seeds: args.seeds,
        model: args.plan.model.as_deref(),
        at_a_time: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        plan: &plan,
        options: &options,
        done: &done,
    });
    asked.map_err(|error| match error {
        GateError::Plan(text) => Failure::Mistakes(text),
        GateError::Run { .. } | GateError::Analyse { .. } => Failure::Internal(error.to_string()),
    })
}

fn plan_of(
    args: &Gate,
    scenarios: &[Scenario],
    (base, proposed): (&Text, &Text),
    cell: &Cell<'_>,
) -> Result<Plan, GateError> {
    let mut own = args.plan.clone();
    own.config = None;
    own.model = cell.model.map(str::to_owned);
    let reading = Reading {
        clock: ClockKind::Virtual,
        seed: cell.seed,
        contenders: &[],
        personality: args.personality.as_deref(),
        config: Some(base),
        compared: Some(Compared { proposed, arms: cell.arms }),
    };
    let mut plan = scenario::unnamed(&scenarios[cell.scenario], &own, reading).map_err(
        |failure| match failure {
            Failure::Mistakes(text) => GateError::Plan(text),
            Failure::User(_) | Failure::Unmeasured(_) | Failure::Internal(_) => {
                GateError::Plan(format!("error: {}", failure.sentence()))
            }
        },
    )?;
    if args.allow_untested {
        plan.gate.on_untested = plan::OnUntested::Pass;
    }
    Ok(plan)
}

fn write(args: &Gate, found: &Found) -> Result<(), Failure> {
    use reports::gate_files;
    if let Some(path) = &args.junit {
        files::write(path, gate_files::junit(found).as_bytes())?;
    }
    if let Some(path) = &args.markdown {
        files::write(path, gate_files::markdown(found).as_bytes())?;
    }
    if let Some(path) = &args.gitlab {
        files::write(path, gate_files::gitlab(found).as_bytes())?;
    }
    if args.github {
        screen::remark_raw(&gate_files::annotations(found));
        if let Some(summary) = environment::step_summary() {
            files::append(&summary, gate_files::markdown(found).as_bytes())?;
        }
    }
    Ok(())
}
