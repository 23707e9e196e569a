//! From a plan to a run directory, contender by contender: the whole story. It must never know what
//! the numbers mean.

use std::sync::atomic::Ordering;
use std::time::Duration;

use plan::{ClockKind, Plan};

use crate::directory::{Finish, RunDirectory};
use crate::error::RunError;
use crate::machine::Stopwatch;
use crate::options::{Played, RunOptions, RunOutcome};
use crate::oracle::Oracle;
use crate::product_contender::Products;
use crate::subject::Subject;
use crate::watch::Watch;
use crate::{parallel, preflight, virtual_world, wall_world};

/// Runs `plan` and writes its run directory.
///
/// # Errors
/// [`RunError`]; what was written until then is kept in a directory beside the target.
pub fn run(plan: &Plan, options: &RunOptions, watch: &Watch) -> Result<RunOutcome, RunError> {
    let stopwatch = Stopwatch::start();
    let products = Products::find(plan, options)?;
    let info = products.noted_in(&plan.info);
    let directory = RunDirectory::prepare(&options.out)?;
    directory.write_run(&info)?;
    preflight::write(plan, options, directory.path())?;
    let oracle = Oracle::new(plan);
    let played = match plan.clock {
        ClockKind::Virtual => play_virtual(plan, options, (watch, &oracle), &directory)?,
        ClockKind::Wall => {
            let played = wall_world::play_all(plan, options, watch, (&directory, &products))?;
            // Nobody is measured any more.
            oracle.ask_all(options)?;
            played
        }
    };
    let interrupted = played.iter().any(|one| one.interrupted);
    oracle.write(directory.path(), interrupted)?;
    let digest = directory.digest(&info)?;
    let mut machine = stopwatch.stop();
    let took = Duration::from_secs_f64(machine.wall_seconds);
    machine.scenario_path.clone_from(&options.scenario_path);
    machine.config_path.clone_from(&options.config_path);
    machine.digest.clone_from(&digest);
    machine.standing_clocks = played.iter().filter_map(|one| one.standing.clone()).collect();
    machine.fakes = played.iter().filter_map(|one| one.fakes.clone()).collect();
    machine.processes = played.iter().filter_map(|one| one.process.clone()).collect();
    machine.generators = played.into_iter().map(|one| one.health).collect();
    machine.incomplete = interrupted.then(|| "interrupted".to_owned());
    directory.write_machine(&machine)?;
    let finish = match plan.clock {
        _ if interrupted => Finish::Interrupted,
        ClockKind::Virtual => Finish::Repeatable,
        ClockKind::Wall => Finish::Measured,
    };
    let (dir, settled, claim) = directory.settle(&info, finish)?;
    Ok(RunOutcome { dir, settled, digest, took, interrupted, claim })
}

/// Plays every contender in virtual time, as many at a time as there are cores, and beside them what
/// deployments answer alone.
fn play_virtual(
    plan: &Plan,
    options: &RunOptions,
    (watch, oracle): (&Watch, &Oracle<'_>),
    directory: &RunDirectory,
) -> Result<Vec<Played>, RunError> {
    let subjects = Subject::all(plan);
    let watched: Vec<_> = subjects.iter().zip(&watch.contenders).collect();
    let results = parallel::all(watched.len() + oracle.len(), |index| match watched.get(index) {
        Some((subject, watched)) => {
            watched.started.store(true, Ordering::Relaxed);
            let played = virtual_world::play(plan, subject, options, watched, directory);
            watched.done.store(true, Ordering::Relaxed);
            played.map(Some)
        }
        None => oracle.ask(index - watched.len(), options).map(|()| None),
    });
    let mut played = Vec::with_capacity(watched.len());
    for (index, result) in results.into_iter().enumerate() {
        let name = || subjects.get(index).map_or("the mark savable", Subject::name).to_owned();
        played.extend(result.unwrap_or_else(|| Err(RunError::Panicked(name())))?);
    }
    Ok(played)
}
