//! What every part of a world is made from: the plan, who is measured, by which clock, and who
//! writes it down; the same in both worlds. It must never know which world it is.

use std::io;
use std::sync::Arc;

use fake_providers::Fakes;
use loadgen::Surroundings;
use plan::Plan;
use world::{Clock, Connector, Link};

use crate::error::RunError;
use crate::options::RunOptions;
use crate::places::names;
use crate::recorder::Recorder;
use crate::subject::Subject;
use crate::watch::WatchedContender;

/// The parts of one world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorldParts<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) subject: Subject<'a>,
    pub(crate) clock: Clock,
    pub(crate) recorder: &'a Arc<Recorder>,
}

impl WorldParts<'_> {
    /// What the generator needs beside its schedule.
    pub(crate) fn surroundings(
        &self,
        connector: Arc<dyn Connector>,
        watched: &WatchedContender,
        options: &RunOptions,
    ) -> Surroundings {
        Surroundings {
            names: names(self.plan),
            clock: self.clock,
            connector,
            sink: Arc::clone(self.recorder) as Arc<dyn loadgen::Sink>,
            live: Arc::clone(&watched.live),
            stop: Arc::clone(&options.stop),
        }
    }

    /// The fakes of this world.
    pub(crate) fn fakes(&self) -> Result<Fakes, RunError> {
        let ledger = Arc::clone(self.recorder) as Arc<dyn fake_providers::Ledger>;
        Ok(Fakes::new(self.subject.fakes(self.plan), self.clock, ledger)?)
    }

    /// The machine refused something.
    pub(crate) fn failed(&self, source: io::Error) -> RunError {
        RunError::World { contender: self.subject.name().to_owned(), source }
    }
}

/// The path to a host.
pub(crate) fn link(plan: &Plan, host: &str) -> Link {
    Link { latency: plan.links.get(host).copied().unwrap_or_default() }
}
