//! The whole story of a run.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loadgen::Live;
use plan::{ClockKind, Plan};
use record::machine::{GeneratorHealth, StandingClock};
use world::Watchdog;

use crate::assembly::Player;
use crate::directory::{DirectoryError, Finish, RunDirectory, Settled};
use crate::machine::{Stopwatch, cores};
use crate::recorder::RecordError;
use crate::{oracle, virtual_world, wall_world};

/// How to run a plan.
#[derive(Clone)]
pub struct RunOptions {
    /// Where the run directory shall stand.
    pub out: PathBuf,
    /// Path of the scenario as given, for `machine.json`.
    pub scenario_path: String,
    /// Path of the config as given, for `machine.json`.
    pub config_path: String,
    /// Set to end the run early: later requests are not offered, open ones are cancelled.
    pub stop: Arc<AtomicBool>,
    /// Called from a watchdog thread when a virtual world stands still; it should end the process,
    /// because a task that never waits cannot be stopped.
    pub stuck: Arc<dyn Fn(&str) + Send + Sync>,
}

impl std::fmt::Debug for RunOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunOptions").field("out", &self.out).finish_non_exhaustive()
    }
}

/// What a run left behind.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// The run directory.
    pub dir: PathBuf,
    /// Whether it is new, or equal to an earlier one.
    pub settled: Settled,
    /// SHA-256 over its tables.
    pub digest: String,
    /// Real time that it took.
    pub took: Duration,
    /// Whether it was interrupted.
    pub interrupted: bool,
}

/// Why a run has no result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A table.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The fakes refused their config.
    #[error("cannot set up the fake providers: {0}")]
    Fakes(#[from] fake_providers::FakesError),
    /// The gateway refused its config.
    #[error("cannot set up the gateway of {contender}: {message}")]
    Gateway {
        /// Whose.
        contender: String,
        /// Why.
        message: String,
    },
    /// The machine refused a socket, a thread or a runtime.
    #[error("the world of {contender} could not be set up or finished: {source}")]
    World {
        /// Whose.
        contender: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The fakes that already stand.
    #[error(transparent)]
    Standing(#[from] crate::stand_run::StandRunError),
    /// A contender's thread panicked.
    #[error("the world of {0} ended in a panic: a bug in brownout; please report it")]
    Panicked(String),
}

/// How far a run has come, for a display on another thread.
#[derive(Debug)]
pub struct Watch {
    /// Contenders in the order in which they are run.
    pub contenders: Vec<WatchedContender>,
    /// Length of the schedule.
    pub duration: Duration,
}

/// How far one contender has come.
#[derive(Debug)]
pub struct WatchedContender {
    /// Its name.
    pub name: String,
    /// Counters of its load generator.
    pub live: Arc<Live>,
    /// Virtual milliseconds passed.
    pub progress: Arc<AtomicU64>,
    /// Whether its world has begun.
    pub started: AtomicBool,
    /// Whether its world has ended.
    pub done: AtomicBool,
}

impl Watch {
    /// A watch for `plan`; hand it to [`run`] and read it meanwhile.
    pub fn new(plan: &Plan) -> Self {
        Self::of(plan, Player::all(plan).iter().map(Player::name))
    }

    /// A watch for [`crate::load()`].
    pub fn remote(plan: &Plan) -> Self {
        let watch = Self::of(plan, std::iter::once(crate::REMOTE));
        for one in &watch.contenders {
            one.started.store(true, Ordering::Relaxed);
        }
        watch
    }

    fn of<'a>(plan: &Plan, names: impl Iterator<Item = &'a str>) -> Self {
        let watched = |name: &str| WatchedContender {
            name: name.to_owned(),
            live: Arc::new(Live::default()),
            progress: Arc::new(AtomicU64::new(0)),
            started: AtomicBool::new(false),
            done: AtomicBool::new(false),
        };
        let duration = Duration::from_nanos(plan.info.scenario.duration_ns);
        Self { contenders: names.map(watched).collect(), duration }
    }
}

/// What is left of a world when it has ended.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) health: GeneratorHealth,
    pub(crate) interrupted: bool,
    /// What is known of the clock of fakes that already stood.
    pub(crate) standing: Option<StandingClock>,
}

/// A virtual world that makes no progress for so long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(30);

/// Runs `plan` and writes its run directory.
///
/// # Errors
/// [`RunError`]; what was written until then is kept in a directory beside the target.
pub fn run(plan: &Plan, options: &RunOptions, watch: &Watch) -> Result<RunOutcome, RunError> {
    let stopwatch = Stopwatch::start();
    let directory = RunDirectory::prepare(&options.out)?;
    directory.write_run(&plan.info)?;
    oracle::write(plan, &oracle::fakes(plan)?, directory.path())?;
    let played = match plan.clock {
        ClockKind::Virtual => play_virtual(plan, options, watch, &directory)?,
        ClockKind::Wall => wall_world::play_all(plan, options, watch, &directory)?,
    };
    let interrupted = played.iter().any(|one| one.interrupted);
    let digest = directory.digest(&plan.info)?;
    let mut machine = stopwatch.stop();
    let took = Duration::from_secs_f64(machine.wall_seconds);
    machine.scenario_path.clone_from(&options.scenario_path);
    machine.config_path.clone_from(&options.config_path);
    machine.digest.clone_from(&digest);
    machine.standing_clocks = played.iter().filter_map(|one| one.standing.clone()).collect();
    machine.generators = played.into_iter().map(|one| one.health).collect();
    machine.incomplete = interrupted.then(|| "interrupted".to_owned());
    directory.write_machine(&machine)?;
    let finish = match plan.clock {
        _ if interrupted => Finish::Interrupted,
        ClockKind::Virtual => Finish::Repeatable,
        ClockKind::Wall => Finish::Measured,
    };
    let (dir, settled) = directory.settle(&plan.info, finish)?;
    Ok(RunOutcome { dir, settled, digest, took, interrupted })
}

/// Plays every contender in virtual time, as many at a time as there are cores.
fn play_virtual(
    plan: &Plan,
    options: &RunOptions,
    watch: &Watch,
    directory: &RunDirectory,
) -> Result<Vec<Played>, RunError> {
    let players = Player::all(plan);
    let next = AtomicU64::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores().min(players.len()))
            .map(|_| {
                scope.spawn(|| {
                    // Each turn takes the next contender; ends when there is none.
                    while let Some((index, player)) = take(&next, &players) {
                        let Some(watched) = watch.contenders.get(index) else { return };
                        watched.started.store(true, Ordering::Relaxed);
                        let played = virtual_world::play(plan, player, options, watched, directory);
                        watched.done.store(true, Ordering::Relaxed);
                        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                        results.push((index, played));
                    }
                })
            })
            .collect();
        for worker in workers {
            // A panic is reported below: its contender has no result.
            let _ = worker.join();
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    if let Some(lost) = (0..players.len()).find(|index| results.iter().all(|(i, _)| i != index)) {
        let name = players.get(lost).map_or_else(String::new, |player| player.name().to_owned());
        return Err(RunError::Panicked(name));
    }
    results.into_iter().map(|(_, played)| played).collect()
}

fn take<'a>(next: &AtomicU64, players: &'a [Player<'a>]) -> Option<(usize, &'a Player<'a>)> {
    let index = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).ok()?;
    players.get(index).map(|player| (index, player))
}

/// Watches a virtual world while its clock should move.
pub(crate) fn guard(watched: &WatchedContender, options: &RunOptions) -> Watchdog {
    let (stuck, name) = (Arc::clone(&options.stuck), watched.name.clone());
    Watchdog::watch(Arc::clone(&watched.progress), STUCK_AFTER, move || stuck(&name))
}
