//! A plan played for one question alone: who leads? No marks, one contender after another on the caller's thread, so
//! that many variants can be played side by side; the tables are gone when the answer is there.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use plan::Plan;

use crate::directory::RunDirectory;
use crate::error::RunError;
use crate::machine::Stopwatch;
use crate::options::{ProductOptions, RunOptions};
use crate::subject::Subject;
use crate::virtual_world;
use crate::watch::Watch;

/// How to play a variant.
#[derive(Clone)]
pub struct VariantOptions {
    /// Beside this directory the tables stand while the variant is played; nothing may stand at it.
    pub beside: PathBuf,
    /// Set to end early.
    pub stop: Arc<AtomicBool>,
    /// Called from a watchdog thread when a virtual world stands still; it should end the process.
    pub stuck: Arc<dyn Fn(&str) + Send + Sync>,
}

impl std::fmt::Debug for VariantOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VariantOptions").field("beside", &self.beside).finish_non_exhaustive()
    }
}

/// Plays the contenders of `plan` in virtual time, asks `read` about the run directory, and removes it. `None` if it
/// was stopped before.
///
/// # Errors
/// [`RunError`].
pub fn run_variant<T>(
    plan: &Plan,
    options: &VariantOptions,
    read: impl FnOnce(&Path) -> T,
) -> Result<Option<T>, RunError> {
    let directory = RunDirectory::prepare(&options.beside)?;
    let played = play(plan, options, &directory);
    let answer = played.map(|whole| whole.then(|| read(directory.path())));
    directory.remove()?;
    answer
}

/// Plays every contender; whether it came to the end.
fn play(plan: &Plan, options: &VariantOptions, directory: &RunDirectory) -> Result<bool, RunError> {
    let stopwatch = Stopwatch::start();
    let mut info = plan.info.clone();
    info.contenders.retain(|who| !who.mark);
    directory.write_run(&info)?;
    let run = RunOptions {
        out: options.beside.clone(),
        scenario_path: String::new(),
        config_path: String::new(),
        stop: Arc::clone(&options.stop),
        products: ProductOptions::default(),
        stuck: Arc::clone(&options.stuck),
    };
    let (watch, mut generators) = (Watch::new(plan), Vec::new());
    for subject in Subject::all(plan) {
        let watched = watch.contenders.iter().find(|one| one.name == subject.name());
        let (Subject::Contender(_), Some(watched)) = (subject, watched) else { continue };
        let played = virtual_world::play(plan, &subject, &run, watched, directory)?;
        if played.interrupted {
            return Ok(false);
        }
        generators.push(played.health);
    }
    let mut machine = stopwatch.stop();
    machine.generators = generators;
    directory.write_machine(&machine)?;
    Ok(true)
}
