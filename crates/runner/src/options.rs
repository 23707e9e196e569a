//! How a plan is run, and what a run leaves behind. It must never know a command line.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use record::machine::{FakesHealth, GeneratorHealth, ProcessHealth, StandingClock};

use crate::directory::{Claim, Settled};

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
    /// How contenders that are products are found and held.
    pub products: ProductOptions,
    /// Called from a watchdog thread when a virtual world stands still; it should end the process,
    /// because a task that never waits cannot be stopped.
    pub stuck: Arc<dyn Fn(&str) + Send + Sync>,
}

impl std::fmt::Debug for RunOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunOptions").field("out", &self.out).finish_non_exhaustive()
    }
}

/// How products are found and held.
#[derive(Clone, Debug, Default)]
pub struct ProductOptions {
    /// Our own binary, which holds them: `brownout supervise`.
    pub supervisor: PathBuf,
    /// The folder of `scripts/peers`.
    pub peers: PathBuf,
    /// The Python to use for all of them, whatever a scenario says.
    pub python: Option<PathBuf>,
}

/// What a run left behind.
#[derive(Debug)]
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
    /// The directory is this process's until this is dropped: reports are added to it.
    pub claim: Claim,
}

/// What is left of a world when it has ended.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) health: GeneratorHealth,
    pub(crate) interrupted: bool,
    /// What is known of the clock of fakes that already stood.
    pub(crate) standing: Option<StandingClock>,
    /// How late the fakes spoke, on the wall clock.
    pub(crate) fakes: Option<FakesHealth>,
    /// What a product used.
    pub(crate) process: Option<ProcessHealth>,
}
