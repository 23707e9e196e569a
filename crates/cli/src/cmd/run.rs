//! `brownout run`: plans first, all of them, so that a mistake in the last scenario costs nothing;
//! then one run after another, each with its report; then what all of them say together.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use plan::{ClockKind, Plan};
use reports::Analysis;
use reports::report::ValidityVerdict;
use reports::terminal::Style;
use reports::{Requirement, requirement};
use runner::{RunError, RunOptions, RunOutcome, Settled, Watch};

use crate::args::{Clock, Run};
use crate::cmd::against::Comparison;
use crate::cmd::scenario::{self, Detail, Reading, Scenario};
use crate::cmd::series::{self, Played};
use crate::cmd::{products, robust};
use crate::exit::{Ended, Failure, Outcome};
use crate::progress::Progress;
use crate::{files, screen, signals};

/// One run to do.
struct Job {
    scenario: Arc<Scenario>,
    plan: Plan,
    out: PathBuf,
}

/// Runs everything that was asked for.
pub(crate) fn run(args: &Run) -> Outcome {
    let comparison = match (&args.plan.config, &args.compare_config) {
        (Some(config), Some(against)) => Some(Comparison::of(config, against)?),
        (_, _) => None,
    };
    let comparison = comparison.as_ref();
    let jobs = jobs(args, comparison)?;
    check_required(args, &jobs)?;
    let stop = signals::stop_flag()
        .map_err(|error| Failure::Internal(format!("cannot watch for Ctrl-C: {error}")))?;
    let several = jobs.len() > 1;
    let (mut ended, mut analyses) = (Ended::Done, Vec::new());
    let mut told = None;
    for job in &jobs {
        // The notes of a scenario are the same for every seed.
        let detail = match told.replace(Arc::as_ptr(&job.scenario)) {
            Some(before) if before == Arc::as_ptr(&job.scenario) => detail(args).min(Detail::None),
            Some(_) | None => detail(args),
        };
        announce(job, detail);
        let (outcome, mut analysis) = play(job, args, &stop)?;
        if let Some(number) = args.robust {
            ended = worse(
                ended,
                judge_robustness(
                    job,
                    (args, comparison),
                    (&outcome, &mut analysis),
                    number,
                    &stop,
                )?,
            );
        }
        let length = match args.seeds {
            Some(2..) if !args.verbose => Length::Short,
            Some(_) | None => Length::Whole,
        };
        show((args.json, several), length, (&outcome, &analysis));
        ended = worse(ended, judge(&analysis, &args.required, &outcome));
        analyses.push((job, analysis));
        if outcome.interrupted || ended == Ended::Interrupted {
            break;
        }
    }
    let mut page = analyses.first().map(|(job, _)| job.out.join("report.html"));
    if several {
        let runs: Vec<Played<'_>> = analyses
            .iter()
            .map(|(job, analysis)| Played { plan: &job.plan, dir: &job.out, analysis })
            .collect();
        page = Some(series::together(&runs, args.json)?);
    }
    if let Some(page) = page.filter(|_| args.open) {
        open(&page);
    }
    Ok(ended)
}

fn jobs(args: &Run, comparison: Option<&Comparison>) -> Result<Vec<Job>, Failure> {
    if args.robust.is_some() && matches!(args.clock, Clock::Wall) {
        return Err(Failure::User(
            "error: --robust plays its variants in virtual time\n  help: leave `--clock wall` out"
                .to_owned(),
        ));
    }
    let clock = match args.clock {
        Clock::Virtual => ClockKind::Virtual,
        Clock::Wall => ClockKind::Wall,
    };
    let mut jobs = Vec::new();
    for name in &args.scenarios {
        let scenario = Arc::new(scenario::find(name)?);
        let (contenders, personality) = (&*args.contenders, args.personality.as_deref());
        let plain = Reading::plain(clock, contenders, personality);
        let reading = comparison.map_or(plain, |comparison| comparison.reading(plain));
        let first = scenario::plan(&scenario, &args.plan, reading)?;
        if let Some(refusal) = first.refusals.first() {
            return Err(Failure::User(format!("error: {name} cannot be run: {refusal}")));
        }
        let base = first.info.scenario.seed;
        let mut plans = vec![first];
        for seed in (1..u64::from(args.seeds.unwrap_or(1))).map(|n| base.wrapping_add(n)) {
            let reading = Reading { seed: Some(seed), ..reading };
            plans.push(scenario::plan(&scenario, &args.plan, reading)?);
        }
        jobs.extend(plans.into_iter().map(|plan| Job {
            scenario: Arc::clone(&scenario),
            out: PathBuf::new(),
            plan,
        }));
    }
    let several = jobs.len() > 1;
    for job in &mut jobs {
        job.out = out_dir(args.out.as_deref(), several, &job.plan);
    }
    Ok(jobs)
}

/// Where a run goes: `--out` itself for one run, a tree below it (or below `runs`) otherwise.
fn out_dir(out: Option<&Path>, several: bool, plan: &Plan) -> PathBuf {
    let info = &plan.info.scenario;
    let name = match plan.clock {
        ClockKind::Virtual => format!("{}-{}", info.seed, plan.digest),
        ClockKind::Wall => {
            format!("{}-{}-wall-{}", info.seed, plan.digest, runner::utc_stamp())
        }
    };
    match out {
        Some(out) if !several => out.to_owned(),
        Some(out) => out.join(&info.name).join(name),
        None => Path::new("runs").join(&info.name).join(name),
    }
}

fn check_required(args: &Run, jobs: &[Job]) -> Result<(), Failure> {
    for name in &args.required {
        for job in jobs {
            if job.plan.info.slo.is_empty() {
                return Err(Failure::User(format!(
                    "error: --require {name}: {} promises nothing\n  help: add `slo:`, such as \
                     `slo: {{ success: \"rate > 0.995\" }}`",
                    job.scenario.text.name
                )));
            }
            let names: Vec<&str> =
                job.plan.contenders.iter().map(|contender| contender.name.as_str()).collect();
            if !names.contains(&name.as_str()) {
                return Err(Failure::User(format!(
                    "error: --require {name}: {} has no such contender\n  help: it has {}",
                    job.scenario.text.name,
                    names.join(", ")
                )));
            }
        }
    }
    Ok(())
}

fn play(job: &Job, args: &Run, stop: &Arc<AtomicBool>) -> Result<(RunOutcome, Analysis), Failure> {
    let watch = Arc::new(Watch::new(&job.plan));
    let options = RunOptions {
        out: job.out.clone(),
        scenario_path: job.scenario.text.name.clone(),
        config_path: args
            .plan
            .config
            .as_ref()
            .map_or_else(|| job.plan.info.config.name.clone(), |path| path.display().to_string()),
        stop: Arc::clone(stop),
        products: products::options(args.python.as_deref()),
        stuck: Arc::new(stuck),
    };
    let progress = Progress::show(&watch);
    let outcome = runner::run(&job.plan, &options, &watch);
    drop(progress);
    let outcome = outcome.map_err(|error| failed(&error))?;
    let analysis = report(&outcome)?;
    Ok((outcome, analysis))
}

/// Plays the variants of a run and adds what they say to its report.
fn judge_robustness(
    job: &Job,
    (args, comparison): (&Run, Option<&Comparison>),
    (outcome, analysis): (&RunOutcome, &mut Analysis),
    number: u32,
    stop: &Arc<AtomicBool>,
) -> Outcome {
    let (contenders, personality) = (&*args.contenders, args.personality.as_deref());
    let plain = Reading::plain(ClockKind::Virtual, contenders, personality);
    let reading = comparison.map_or(plain, |comparison| comparison.reading(plain));
    let played = robust::Played {
        scenario: &job.scenario,
        args: &args.plan,
        reading,
        plan: &job.plan,
        outcome,
        analysis,
    };
    let robust = robust::variants(&played, number, stop)?;
    if robust.is_none() && stop.load(Ordering::Relaxed) {
        return Ok(Ended::Interrupted);
    }
    if robust.is_some() {
        analysis.robust = robust;
        write(&outcome.dir, analysis)?;
    }
    Ok(Ended::Done)
}

/// Analyses a finished run and writes its report beside the tables.
fn report(outcome: &RunOutcome) -> Result<Analysis, Failure> {
    let analysis =
        reports::analyse(&outcome.dir).map_err(|error| Failure::Internal(error.to_string()))?;
    write(&outcome.dir, &analysis)?;
    Ok(analysis)
}

fn write(dir: &Path, analysis: &Analysis) -> Result<(), Failure> {
    for file in reports::render(analysis) {
        files::write(&dir.join(&file.name), &file.bytes)?;
    }
    Ok(())
}

/// Reports a run of which there is only one, and judges whom it requires to keep the promise.
pub(crate) fn finish(
    outcome: Result<RunOutcome, RunError>,
    as_json: bool,
    required: &[String],
) -> Outcome {
    let outcome = outcome.map_err(|error| failed(&error))?;
    let analysis = report(&outcome)?;
    show((as_json, false), Length::Whole, (&outcome, &analysis));
    Ok(judge(&analysis, required, &outcome))
}

/// How much of the notes is wanted.
fn detail(args: &Run) -> Detail {
    match (args.quiet, args.verbose) {
        (true, _) => Detail::Silent,
        (false, true) => Detail::Full,
        (false, false) => Detail::Brief,
    }
}

/// Scenario, seed and clock first; then what looks wrong and what is assumed.
fn announce(job: &Job, detail: Detail) {
    if detail == Detail::Silent {
        return;
    }
    let info = &job.plan.info.scenario;
    let length = vocab::show_duration(std::time::Duration::from_nanos(info.duration_ns));
    let clock = match job.plan.clock {
        ClockKind::Virtual => format!("{length} in virtual time"),
        ClockKind::Wall => {
            let total = expected_wall(&job.plan);
            format!("{length} on the wall clock, about {} for all", vocab::show_duration(total))
        }
    };
    screen::remark(&format!(
        "{} · seed {} · {clock} · {} contender{}",
        info.name,
        info.seed,
        job.plan.contenders.len(),
        if job.plan.contenders.len() == 1 { "" } else { "s" }
    ));
    scenario::print_notes(&job.plan, detail);
}

/// Every contender and the mark, one after another, each after about 1.5 s of calibration; a product takes some
/// 20 s until it is warm.
fn expected_wall(plan: &Plan) -> std::time::Duration {
    let one = std::time::Duration::from_nanos(plan.info.scenario.duration_ns)
        + std::time::Duration::from_millis(1500);
    let players = u32::try_from(plan.contenders.len() + 1).unwrap_or(u32::MAX);
    let products = plan.contenders.iter().filter(|contender| contender.process.is_some()).count();
    let warm = std::time::Duration::from_secs(20) * u32::try_from(products).unwrap_or(u32::MAX);
    std::time::Duration::from_secs((one * players + warm).as_secs())
}

/// What a gate says of a run: every required contender in one sentence, unless its promise is kept.
fn judge(analysis: &Analysis, required: &[String], outcome: &RunOutcome) -> Ended {
    if outcome.interrupted {
        return Ended::Interrupted;
    }
    if analysis.report.validity.verdict == ValidityVerdict::Invalid {
        return Ended::Invalid;
    }
    let mut ended = Ended::Done;
    for contender in analysis.report.contenders.iter().filter(|one| required.contains(&one.name)) {
        let (this, text) = match requirement(contender) {
            Requirement::Met => continue,
            Requirement::Missed(text) => (Ended::Missed, text),
            Requirement::Undecided(text) => (Ended::Undecided, text),
        };
        screen::remark(&format!("required: {text}"));
        ended = worse(ended, this);
    }
    ended
}

/// The worse of two endings decides the exit code. A promise that is broken is a result, whatever else cannot be told;
/// an invalid run is none.
fn worse(a: Ended, b: Ended) -> Ended {
    let rank = |ended: Ended| match ended {
        Ended::Done => 0,
        Ended::Undecided => 1,
        Ended::Missed => 2,
        Ended::Invalid => 3,
        Ended::Interrupted => 4,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// How much of a run is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    /// The first screen.
    Whole,
    /// Its verdict: of one seed among several, what all of them say together follows.
    Short,
}

/// Prints a run, or its report as JSON; of several runs the JSON is printed at the end.
fn show(
    (as_json, several): (bool, bool),
    length: Length,
    (outcome, analysis): (&RunOutcome, &Analysis),
) {
    let style = Style { width: screen::width(), colour: screen::colour() };
    if as_json {
        if !several {
            screen::print_value(&analysis.report);
        }
    } else {
        let text = match length {
            Length::Whole => reports::terminal::screen(analysis, style),
            Length::Short => reports::terminal::short(analysis, style),
        };
        screen::print_painted(&text);
    }
    match &outcome.settled {
        Settled::New => {}
        Settled::Identical => {
            let first = runner::utc_date(analysis.machine.started_unix);
            screen::remark(&format!("byte-identical to the earlier run ✓ (first played {first})"));
        }
        Settled::Replaced(which) => {
            screen::remark(&format!("replaced the run that stood there ({which})"));
        }
        Settled::Beside => {
            screen::remark("the whole run that stood there is kept; this one stands beside it");
        }
    }
}

fn failed(error: &RunError) -> Failure {
    if let RunError::Directory(runner::DirectoryError::Io { source, .. }) = error
        && is_the_users(source.kind())
    {
        return Failure::User(format!("error: {error}"));
    }
    match error {
        RunError::Directory(
            runner::DirectoryError::Foreign { .. }
            | runner::DirectoryError::Busy { .. }
            | runner::DirectoryError::Here(_),
        )
        | RunError::Fakes(_)
        | RunError::Standing(_)
        | RunError::Product { .. }
        | RunError::Target(_)
        | RunError::Gateway { .. } => Failure::User(format!("error: {error}")),
        RunError::ProductEnded { .. } => Failure::Unmeasured(format!("error: {error}")),
        RunError::Directory(
            runner::DirectoryError::Io { .. } | runner::DirectoryError::Differs { .. },
        )
        | RunError::Record(_)
        | RunError::World { .. }
        | RunError::Server { .. }
        | RunError::Panicked(_) => Failure::Internal(error.to_string()),
    }
}

/// Whether a place could never have been written to, as opposed to a disk that is full.
fn is_the_users(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(
        kind,
        Kind::NotADirectory
            | Kind::AlreadyExists
            | Kind::IsADirectory
            | Kind::PermissionDenied
            | Kind::ReadOnlyFilesystem
    )
}

/// A world that stands still cannot be stopped from inside; the process ends.
#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "called from the watchdog's thread while a world is stuck"
)]
pub(crate) fn stuck(contender: &str) {
    screen::remark(&format!(
        "error: the virtual world of {contender} made no progress for 30 s: a bug in brownout; \
         please report it with the scenario and the seed"
    ));
    std::process::exit(4);
}

/// Opens the report with the desktop's own opener; a machine without one loses nothing.
fn open(path: &Path) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let opened = std::process::Command::new(opener)
        .arg(path)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    if opened.is_err() {
        screen::remark(&format!("cannot open {} ({opener} is not here)", path.display()));
    }
}
