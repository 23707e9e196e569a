//! From a plan to a run directory, contender by contender: the whole story. It must never know what
//! the numbers mean.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use plan::{ClockKind, Plan};

use crate::directory::{Finish, RunDirectory};
use crate::error::RunError;
use crate::machine::{Stopwatch, cores};
use crate::options::{Played, RunOptions, RunOutcome};
use crate::subject::Subject;
use crate::watch::Watch;
use crate::{oracle, virtual_world, wall_world};

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
    machine.fakes = played.iter().filter_map(|one| one.fakes.clone()).collect();
    machine.generators = played.into_iter().map(|one| one.health).collect();
    machine.incomplete = interrupted.then(|| "interrupted".to_owned());
    directory.write_machine(&machine)?;
    let finish = match plan.clock {
        _ if interrupted => Finish::Interrupted,
        ClockKind::Virtual => Finish::Repeatable,
        ClockKind::Wall => Finish::Measured,
    };
    let (dir, settled, claim) = directory.settle(&plan.info, finish)?;
    Ok(RunOutcome { dir, settled, digest, took, interrupted, claim })
}

/// Plays every contender in virtual time, as many at a time as there are cores.
fn play_virtual(
    plan: &Plan,
    options: &RunOptions,
    watch: &Watch,
    directory: &RunDirectory,
) -> Result<Vec<Played>, RunError> {
    let subjects = Subject::all(plan);
    let next = AtomicU64::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores().min(subjects.len()))
            .map(|_| {
                scope.spawn(|| {
                    // Each turn takes the next contender; ends when there is none.
                    while let Some((index, subject)) = take(&next, &subjects) {
                        let Some(watched) = watch.contenders.get(index) else { return };
                        watched.started.store(true, Ordering::Relaxed);
                        let played =
                            virtual_world::play(plan, subject, options, watched, directory);
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
    if let Some(lost) = (0..subjects.len()).find(|index| results.iter().all(|(i, _)| i != index)) {
        let name = subjects.get(lost).map_or_else(String::new, |subject| subject.name().to_owned());
        return Err(RunError::Panicked(name));
    }
    results.into_iter().map(|(_, played)| played).collect()
}

fn take<'a>(next: &AtomicU64, subjects: &'a [Subject<'a>]) -> Option<(usize, &'a Subject<'a>)> {
    let index = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).ok()?;
    subjects.get(index).map(|subject| (index, subject))
}
