//! The mark `savable`, played: each deployment that the called models can reach answers every request
//! alone.
//!
//! The clients and the fakes are those of a run, in a virtual world of their own per deployment, also
//! where the run is on the wall clock: faults of deployments, and of the links from every gateway to
//! them, as in the run; no limits, no quotas, no capacity, and so no queue; the client's timeout and
//! patience, and nobody who leaves before the end. Conditions that count (`first: 3`) count what comes
//! in that world. It must never know a contender's gateway.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fake_providers::Fakes;
use fake_providers::config::{FakesConfig, Limits};
use loadgen::Surroundings;
use loadgen::config::LoadConfig;
use loadgen::schedule::Schedule;
use plan::Plan;
use record::{AttemptRow, OracleRow, RequestRow, RowReader, RowWriter};
use vocab::Outcome;
use world::{Clock, Watchdog, run_virtual};

use crate::error::RunError;
use crate::link_faults;
use crate::memory_world::MemoryWorld;
use crate::options::RunOptions;
use crate::parallel;
use crate::places::names;
use crate::recorder::RecordError;
use crate::subject::straight_at;
use crate::virtual_world::STUCK_AFTER;

/// Who is asked, and what they answered.
#[derive(Debug)]
pub(crate) struct Oracle<'a> {
    plan: &'a Plan,
    /// In the order in which they are asked: those that fewer faults target first, then that of the
    /// config. Once each request has been answered by one of the first so many, nothing is left to
    /// save, and what the others would say is not heard, nor played where that can be helped.
    alone: Vec<Alone>,
    requests: usize,
    /// As long as `alone`; `None` until it was played.
    heard: Mutex<Vec<Option<Answered>>>,
}

/// A deployment that is asked alone.
#[derive(Debug)]
struct Alone {
    /// Its position among the fakes.
    deployment: usize,
    /// The phases whose model can reach it; nobody else's requests come to it.
    phases: BTreeSet<usize>,
}

/// Which requests were answered, by number.
type Answered = Vec<bool>;

impl<'a> Oracle<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Self {
        let phases_of = |id: &str| -> BTreeSet<usize> {
            let reaches = |model: &str| {
                let mut reach = plan.info.contenders.iter().flat_map(|who| &who.reach);
                reach.any(|reach| reach.model == model && reach.deployments.iter().any(|d| d == id))
            };
            let phases = plan.load.phases.iter().enumerate();
            phases.filter(|(_, phase)| reaches(&phase.model)).map(|(at, _)| at).collect()
        };
        let fakes = plan.fakes.deployments.iter().enumerate();
        let alone = fakes.map(|(deployment, config)| Alone {
            deployment,
            phases: phases_of(config.id.as_str()),
        });
        let mut alone: Vec<Alone> = alone.filter(|alone| !alone.phases.is_empty()).collect();
        let targeted = |alone: &Alone| {
            let rules = plan.fakes.faults.iter();
            rules.filter(|rule| rule.targets.contains(&alone.deployment)).count()
        };
        alone.sort_by_key(targeted);
        let heard = Mutex::new(alone.iter().map(|_| None).collect());
        Self { plan, alone, requests: Schedule::new(&plan.load).count(), heard }
    }

    /// How many can be asked.
    pub(crate) fn len(&self) -> usize {
        self.alone.len()
    }

    /// Asks all of them, side by side.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(crate) fn ask_all(&self, options: &RunOptions) -> Result<(), RunError> {
        for asked in parallel::all(self.len(), |index| self.ask(index, options)) {
            asked.unwrap_or_else(|| Err(RunError::Panicked(MARK.to_owned())))?;
        }
        Ok(())
    }

    /// Asks one of them, unless nothing is left to save.
    ///
    /// # Errors
    /// If its world could not be set up, or a server of it ended.
    pub(crate) fn ask(&self, index: usize, options: &RunOptions) -> Result<(), RunError> {
        let Some(alone) = self.alone.get(index) else { return Ok(()) };
        if self.enough().is_some() {
            return Ok(());
        }
        let answered = play(self.plan, alone, self.requests, options)?;
        if let Some(place) = self.heard().get_mut(index) {
            *place = Some(answered);
        }
        Ok(())
    }

    /// Writes `oracle.csv` into `dir`, in which the mark `direct` stands. Without rows where the run
    /// was `interrupted`: nobody knows what the rest would have been.
    ///
    /// # Errors
    /// A table that cannot be read or written.
    pub(crate) fn write(&self, dir: &Path, interrupted: bool) -> Result<(), RecordError> {
        let write = |source| RecordError::Write { dir: dir.to_owned(), source };
        let mut table = RowWriter::create(&dir.join("oracle.csv")).map_err(write)?;
        if interrupted {
            table.finish().map_err(write)?;
            return Ok(());
        }
        let direct = answered_directly(&dir.join(crate::DIRECT), self.requests)?;
        let heard = self.heard();
        let enough = enough(&heard, self.requests).unwrap_or(heard.len());
        let mut answers: Vec<(usize, &Answered)> = self
            .alone
            .iter()
            .zip(heard.iter().take(enough))
            .filter_map(|(alone, answered)| Some((alone.deployment, answered.as_ref()?)))
            .collect();
        answers.sort_by_key(|(deployment, _)| *deployment);
        for intent in Schedule::new(&self.plan.load) {
            let number = usize::try_from(intent.request.0).unwrap_or(usize::MAX);
            let by = answers.iter().filter(|(_, answered)| answered.get(number) == Some(&true));
            let by = by.filter_map(|(at, _)| self.plan.fakes.deployments.get(*at));
            let by: Vec<&str> = by.map(|deployment| deployment.id.as_str()).collect();
            let phase = self.plan.load.phases.get(intent.phase);
            let row = OracleRow {
                request: intent.request.0,
                warmup: phase.is_some_and(|phase| phase.warmup),
                savable: !by.is_empty() || direct.get(number) == Some(&true),
                deployments: by.join("+"),
            };
            table.push(intent.intended.ns(), intent.request.0, row).map_err(write)?;
        }
        table.finish().map_err(write)?;
        Ok(())
    }

    /// How many of those asked suffice, if they do.
    fn enough(&self) -> Option<usize> {
        enough(&self.heard(), self.requests)
    }

    fn heard(&self) -> MutexGuard<'_, Vec<Option<Answered>>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a world without a contender is called in errors.
const MARK: &str = "the mark savable";

/// The least number of the first ones, all heard, between whom every request was answered.
fn enough(heard: &[Option<Answered>], requests: usize) -> Option<usize> {
    let mut left: Vec<usize> = (0..requests).collect();
    for (so_many, answered) in (1..).zip(heard) {
        let answered = answered.as_ref()?;
        left.retain(|request| answered.get(*request) != Some(&true));
        if left.is_empty() {
            return Some(so_many);
        }
    }
    None
}

/// Which requests the mark `direct` answered.
fn answered_directly(direct: &Path, requests: usize) -> Result<Answered, RecordError> {
    let mut answered = vec![false; requests];
    for row in RowReader::<RequestRow>::open(&direct.join("requests.csv"))? {
        note(&mut answered, &row?);
    }
    Ok(answered)
}

fn note(answered: &mut Answered, row: &RequestRow) {
    let place = usize::try_from(row.request).ok().and_then(|number| answered.get_mut(number));
    if let Some(place) = place {
        *place = row.outcome == Outcome::Success;
    }
}

/// Lets one deployment answer all requests of its phases.
fn play(
    plan: &Plan,
    alone: &Alone,
    requests: usize,
    options: &RunOptions,
) -> Result<Answered, RunError> {
    let failed = |source| RunError::World { contender: MARK.to_owned(), source };
    let (progress, stuck) = (Arc::new(AtomicU64::new(0)), Arc::clone(&options.stuck));
    let watchdog = Watchdog::watch(Arc::clone(&progress), STUCK_AFTER, move || stuck(MARK));
    let answers = Arc::new(Answers(Mutex::new(vec![false; requests])));
    let played = run_virtual(&progress, async {
        let (clock, ledger) = (Clock::simulated(), Arc::clone(&answers));
        let fakes = Fakes::new(unlimited(&plan.fakes), clock, ledger)?;
        let world = MemoryWorld::new(fakes, &plan.links).map_err(failed)?;
        let Some(deployment) = plan.fakes.deployments.get(alone.deployment) else { return Ok(()) };
        let dials = world.network.connector("client");
        let around = Surroundings {
            names: names(plan),
            clock,
            connector: link_faults::from_all_gateways(plan, clock, &world.fakes, dials),
            sink: Arc::clone(&answers) as Arc<dyn loadgen::Sink>,
            live: Arc::default(),
            stop: Arc::clone(&options.stop),
        };
        let (load, target) = (to_the_end(&plan.load), straight_at(deployment));
        let load = loadgen::run_phases(&load, target, around, &alone.phases);
        let played = world.during(load).await.map_err(|end| end.of(MARK))?;
        played.map(|_| ()).map_err(|error| failed(std::io::Error::other(error)))
    });
    drop(watchdog);
    played.map_err(failed)??;
    let mut answers = answers.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *answers))
}

/// The fakes with all the room that they could want; their faults stay.
fn unlimited(fakes: &FakesConfig) -> FakesConfig {
    let mut fakes = FakesConfig { quotas: Vec::new(), ..fakes.clone() }.without_favourites();
    for deployment in &mut fakes.deployments {
        deployment.limits = Limits::default();
        deployment.capacity = None;
    }
    fakes
}

/// The same load of clients who all stay for the whole answer.
fn to_the_end(load: &LoadConfig) -> LoadConfig {
    let mut load = load.clone();
    load.client.leave_share = 0.0;
    load
}

/// Remembers who was answered, and nothing else.
#[derive(Debug)]
struct Answers(Mutex<Answered>);

impl loadgen::Sink for Answers {
    fn request(&self, row: RequestRow) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), &row);
    }
}

impl fake_providers::Ledger for Answers {
    fn attempt(&self, _: AttemptRow) {}
}

#[cfg(test)]
mod tests {
    use super::enough;

    #[test]
    fn only_those_are_heard_before_whom_something_was_left_to_save() {
        let answered = |bits: &str| Some(bits.chars().map(|bit| bit == '1').collect());
        let all = [answered("110"), answered("001"), answered("111")];
        assert_eq!(enough(&all, 3), Some(2));
        // Whoever was played sooner than somebody before it does not change what is heard.
        assert_eq!(enough(&[None, answered("111")], 3), None);
        assert_eq!(enough(&[answered("111"), None], 3), Some(1));
        assert_eq!(enough(&[answered("110"), answered("100")], 3), None);
        assert_eq!(enough(&[], 3), None);
    }
}
