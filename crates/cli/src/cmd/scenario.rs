//! From what was typed to a plan: finds the texts, asks `plan`, and prints what it says.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use plan::{Build, ClockKind, Compared, Plan, Report, Request, Text, Variation, embedded};

use crate::args::PlanArgs;
use crate::exit::Failure;
use crate::{files, screen};

/// A scenario's text and where it came from.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Its text, under the name that messages use.
    pub(crate) text: Text,
    /// The folder of its file; `None` for a shipped scenario.
    folder: Option<PathBuf>,
}

impl Scenario {
    /// As a command names it: a shipped one without folder and ending.
    pub(crate) fn called(&self) -> String {
        let name = &self.text.name;
        match self.folder {
            Some(_) => name.clone(),
            None => {
                let last = name.rsplit('/').next().unwrap_or(name);
                last.trim_end_matches(".yaml").to_owned()
            }
        }
    }
}

/// Finds a scenario: a file, else a shipped one of that name.
pub(crate) fn find(name: &str) -> Result<Scenario, Failure> {
    let path = Path::new(name);
    if path.is_file() {
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let text = Text::new(name, files::read_text(path)?);
        return Ok(Scenario { text, folder: Some(folder) });
    }
    let shipped = embedded::scenario(name).ok_or_else(|| {
        let known: Vec<String> =
            plan::listing::scenarios().into_iter().map(|line| line.name).collect();
        let what = if path.exists() { "is not a file" } else { "does not exist" };
        Failure::User(format!(
            "error: {name} {what}, and no shipped scenario has that name\n  help: shipped are {}",
            known.join(", ")
        ))
    })?;
    let text = Text::new(format!("scenarios/{}", shipped.path), shipped.text);
    Ok(Scenario { text, folder: None })
}

/// How to read a scenario, beyond what [`PlanArgs`] says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) clock: ClockKind,
    pub(crate) seed: Option<u64>,
    pub(crate) contenders: &'a [String],
    pub(crate) personality: Option<&'a str>,
    /// The config, where it is not the one that [`PlanArgs`] or the scenario names.
    pub(crate) config: Option<&'a Text>,
    /// Another config that it is compared with.
    pub(crate) compared: Option<Compared<'a>>,
}

impl<'a> Reading<'a> {
    /// With the scenario's seed and config.
    pub(crate) fn plain(
        clock: ClockKind,
        contenders: &'a [String],
        personality: Option<&'a str>,
    ) -> Self {
        Self { clock, seed: None, contenders, personality, config: None, compared: None }
    }
}

/// Makes the plan.
pub(crate) fn plan(
    scenario: &Scenario,
    args: &PlanArgs,
    reading: Reading<'_>,
) -> Result<Plan, Failure> {
    plan_with_config(scenario, args, reading).map(|(plan, _)| plan)
}

/// Makes the plan, and returns the config that it was made from.
pub(crate) fn plan_with_config(
    scenario: &Scenario,
    args: &PlanArgs,
    reading: Reading<'_>,
) -> Result<(Plan, Option<Text>), Failure> {
    let binary = binary_hash();
    let build = Build { version: env!("CARGO_PKG_VERSION"), binary: &binary };
    requested(scenario, args, (reading, build), plan::load)
}

/// Makes a plan that leaves no directory, which a build would have to name.
pub(crate) fn unnamed(
    scenario: &Scenario,
    args: &PlanArgs,
    reading: Reading<'_>,
) -> Result<Plan, Failure> {
    let build = Build { version: env!("CARGO_PKG_VERSION"), binary: "" };
    requested(scenario, args, (reading, build), plan::load).map(|(plan, _)| plan)
}

/// The same run with other values for what nobody knows. It leaves no directory that a build would have to name.
pub(crate) fn vary(
    scenario: &Scenario,
    args: &PlanArgs,
    reading: Reading<'_>,
    variation: &Variation,
) -> Result<Plan, Failure> {
    let build = Build { version: env!("CARGO_PKG_VERSION"), binary: "" };
    let varied = |request: &Request<'_>| plan::vary(request, variation);
    requested(scenario, args, (reading, build), varied).map(|(plan, _)| plan)
}

/// Finds the texts, and asks for a plan of them.
fn requested(
    scenario: &Scenario,
    args: &PlanArgs,
    (reading, build): (Reading<'_>, Build<'_>),
    load: impl FnOnce(&Request<'_>) -> Result<Plan, Report>,
) -> Result<(Plan, Option<Text>), Failure> {
    let found = RefCell::new(None);
    let config = match (reading.config, &args.config) {
        (Some(text), _) => Some(text.clone()),
        (None, Some(path)) => Some(config_text(path)?),
        (None, None) => None,
    };
    let timeline = match &args.timeline {
        Some(path) => Some(text_of(path)?),
        None => None,
    };
    let request = Request {
        scenario: &scenario.text,
        config: config.as_ref(),
        find_config: &|path| {
            let text = find_config(scenario.folder.as_deref(), path)?;
            found.replace(Some(text.clone()));
            Ok(text)
        },
        timeline: timeline.as_ref(),
        find_timeline: &|path| find_timeline(scenario.folder.as_deref(), path),
        clock: reading.clock,
        seed: reading.seed.or(args.seed),
        contenders: reading.contenders,
        compared: reading.compared,
        personality: reading.personality,
        model: args.model.as_deref(),
        sets: &args.sets,
        shorten: args.length,
        build,
    };
    let plan = load(&request).map_err(|report| mistakes(&report))?;
    if args.strict && plan.mistakes > 0 {
        warn_of_mistakes(&plan);
        refuse_mistakes(args.strict, plan.mistakes)?;
    }
    Ok((plan, config.or(found.into_inner())))
}

/// With `--strict`, mistakes in a config are an error.
pub(crate) fn refuse_mistakes(strict: bool, number: usize) -> Result<(), Failure> {
    if !strict || number == 0 {
        return Ok(());
    }
    let plural = if number == 1 { "" } else { "s" };
    Err(Failure::User(format!(
        "error: {number} mistake{plural} in the config, and --strict is set"
    )))
}

/// Most mistakes that are told one by one; a file with more has one cause.
const MISTAKES_MAX: usize = 10;

fn warn_of_mistakes(plan: &Plan) {
    for line in plan.warnings.iter().take(plan.mistakes.min(MISTAKES_MAX)) {
        screen::remark(&format!("warning: {}", screen::line(line)));
    }
    let more = plan.mistakes.saturating_sub(MISTAKES_MAX);
    if more > 0 {
        screen::remark(&format!(
            "warning: {more} more mistakes in the config; the report lists them"
        ));
    }
}

/// A timeline that a scenario names: beside its file, else from where the command was given, since
/// runs stand there.
fn find_timeline(folder: Option<&Path>, path: &str) -> Result<Text, String> {
    let beside = folder.map(|folder| folder.join(path)).filter(|file| file.exists());
    let file = beside.unwrap_or_else(|| PathBuf::from(path));
    if !file.exists() {
        return Err(format!("there is no timeline {path}, neither beside the scenario nor here"));
    }
    named_text(&file)
}

/// A config named on the command line, with the files that it includes.
pub(crate) fn config_text(path: &Path) -> Result<Text, Failure> {
    Ok(text_of(path)?.with_includes(&included))
}

/// A file that a config includes.
fn included(path: &Path) -> Option<Result<String, String>> {
    let there = path.exists();
    there.then(|| files::read_named_text(path).map_err(|failure| failure.sentence()))
}

/// A file named on the command line.
fn text_of(path: &Path) -> Result<Text, Failure> {
    Ok(Text::new(path.display().to_string(), files::read_text(path)?))
}

/// A file named in a scenario.
fn named_text(path: &Path) -> Result<Text, String> {
    let text = files::read_named_text(path).map_err(|failure| failure.sentence())?;
    Ok(Text::new(path.display().to_string(), text))
}

/// Mistakes with their places, as people read them.
pub(crate) fn mistakes(report: &Report) -> Failure {
    Failure::Mistakes(report.render(screen::colour_on_stderr(), screen::width()))
}

/// The config that a scenario names: beside its file, else a shipped one.
fn find_config(folder: Option<&Path>, path: &str) -> Result<Text, String> {
    if let Some(folder) = folder {
        let file = folder.join(path);
        if file.exists() {
            return Ok(named_text(&file)?.with_includes(&included));
        }
    }
    match embedded::config(path) {
        Some(file) => Ok(Text::new(format!("scenarios/{}", file.path), file.text)),
        None => Err(format!("there is no file {path} beside the scenario, and none is shipped")),
    }
}

/// SHA-256 of this binary, 16 hex digits; empty where it cannot be read. Part of a run's directory
/// name, so that a new build does not claim to repeat an old run.
fn binary_hash() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    runner::hash_of_file(&path).map_or_else(String::new, |hash| hash.chars().take(16).collect())
}

/// How much is said before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// Nothing at all.
    Silent,
    /// What is run, and no notes.
    None,
    /// Warnings and notes, at most [`NOTES_MAX`] lines of them.
    Brief,
    /// All of them.
    Full,
}

/// Notes before a run, where nobody asked for all of them; the last line says how many more there are.
const NOTES_MAX: usize = 5;

/// What is worth knowing before a run: warnings, then notes.
pub(crate) fn print_notes(plan: &Plan, detail: Detail) {
    if matches!(detail, Detail::Silent | Detail::None) {
        return;
    }
    // Mistakes stand apart, before everything else, and whole.
    warn_of_mistakes(plan);
    let warnings = plan.warnings.iter().skip(plan.mistakes);
    let warnings = warnings.map(|warning| format!("warning: {warning}"));
    let all: Vec<String> = warnings.chain(plan.notes.iter().cloned()).collect();
    let shown = match detail {
        Detail::Silent | Detail::None => return,
        Detail::Brief if all.len() > NOTES_MAX => NOTES_MAX - 1,
        Detail::Brief | Detail::Full => all.len(),
    };
    for note in all.iter().take(shown) {
        // A brief note is one line of a terminal, whatever it has to say.
        match detail {
            Detail::Full => screen::remark(&format!("  {}", screen::line(note))),
            Detail::Silent | Detail::None | Detail::Brief => {
                screen::remark_line(&format!("  {note}"));
            }
        }
    }
    let more = all.len() - shown;
    if more > 0 {
        screen::remark(&format!(
            "  … {more} more notes: --verbose shows them, the report lists them"
        ));
    }
}
