//! How far a run has come, readable from another thread while it goes on. It must never hold a run
//! back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use loadgen::Live;
use plan::Plan;

use crate::subject::Subject;

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
    /// A watch for `plan`; hand it to [`crate::run()`] and read it meanwhile.
    pub fn new(plan: &Plan) -> Self {
        Self::of(plan, Subject::all(plan).iter().map(Subject::name))
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
