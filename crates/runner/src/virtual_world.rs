//! One contender in virtual time: one thread, one paused runtime, memory instead of sockets. It
//! must never touch a socket, or the clock of the machine.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use loadgen::Summary;
use plan::Plan;
use world::{Authority, Clock, Link, MemoryNetwork, Watchdog, run_virtual};

use crate::directory::RunDirectory;
use crate::error::RunError;
use crate::lifecycle::Reopen;
use crate::link_faults::{self, Dialler};
use crate::machine::generator_health;
use crate::memory_world::MemoryWorld;
use crate::options::{Played, RunOptions};
use crate::places::{GATEWAY_PORT, authority};
use crate::recorder::{Hosts, Recorder};
use crate::servers::{self, Endpoint};
use crate::subject::Subject;
use crate::watch::WatchedContender;
use crate::world_parts::WorldParts;

/// A virtual world that makes no progress for so long is stuck.
pub(crate) const STUCK_AFTER: Duration = Duration::from_secs(30);

/// Plays one contender to its end and writes its tables.
pub(crate) fn play(
    plan: &Plan,
    subject: &Subject<'_>,
    options: &RunOptions,
    watched: &WatchedContender,
    directory: &RunDirectory,
) -> Result<Played, RunError> {
    let failed = |source| RunError::World { contender: subject.name().to_owned(), source };
    let dir = directory.contender(subject.name())?;
    let recorder = Arc::new(Recorder::create(&dir, Arc::clone(&options.stop))?);
    let watchdog = guard(watched, options);
    let played = run_virtual(&watched.progress, async {
        let parts =
            WorldParts { plan, subject: *subject, clock: Clock::simulated(), recorder: &recorder };
        run_world(parts, watched, options).await
    });
    drop(watchdog);
    let summary = played.map_err(failed)??;
    let recorder = Arc::try_unwrap(recorder).map_err(|_| failed(still_shared()))?;
    // In memory every dial says for whom it is.
    recorder.finish(&Hosts::new())?;
    watched.progress.store(u64::MAX, Ordering::Relaxed);
    Ok(Played {
        health: generator_health(subject.name(), &summary),
        interrupted: summary.interrupted,
        standing: None,
        fakes: None,
        process: None,
    })
}

/// Everything that happens inside the world.
async fn run_world(
    parts: WorldParts<'_>,
    watched: &WatchedContender,
    options: &RunOptions,
) -> Result<Summary, RunError> {
    let world = MemoryWorld::new(parts.fakes()?, &parts.plan.links);
    let mut world = world.map_err(|source| parts.failed(source))?;
    let entry = gateways(parts, &mut world)?;
    let (fakes, dials) = (world.fakes.clone(), world.network.connector("client"));
    let clients = link_faults::over_links(parts, Dialler::Client, Some(&fakes), dials);
    let around = parts.surroundings(clients, watched, options);
    let targets = parts.subject.targets(parts.plan, entry, None);
    let load = loadgen::run(&parts.plan.load, targets, around);
    let load = async {
        let summary = load.await;
        parts.recorder.found(&fakes.found_favourites());
        summary
    };
    world
        .during(load)
        .await
        .map_err(|end| end.of(parts.subject.name()))?
        .map_err(|error| parts.failed(std::io::Error::other(error)))
}

/// Sets up the instances, and the balancer where there are several. Returns whom clients call.
fn gateways(parts: WorldParts<'_>, world: &mut MemoryWorld) -> Result<Authority, RunError> {
    let (network, fakes) = (world.network.clone(), world.fakes.clone());
    let endpoint = |name: &str, dialler: Dialler| -> Result<Endpoint, RunError> {
        let listener = network
            .listen(name, GATEWAY_PORT, Link::default())
            .map_err(|source| parts.failed(source))?;
        let connector =
            link_faults::over_links(parts, dialler, Some(&fakes), network.connector(name));
        Ok(Endpoint { connector, listener })
    };
    let Subject::Contender(contender) = parts.subject else {
        return Ok(authority(crate::DIRECT, GATEWAY_PORT));
    };
    let mut start = |server| world.start(server).map_err(|source| parts.failed(source));
    let mut instances: Vec<Authority> = Vec::new();
    for number in 1..=parts.subject.instances() {
        let name = record::instance_name(number);
        let endpoint = endpoint(&name, Dialler::Gateway(number))?;
        let reopen = reopen(&network, &name);
        start(servers::gateway(parts, contender, number, (endpoint, reopen))?)?;
        instances.push(authority(&name, GATEWAY_PORT));
    }
    if let [only] = instances.as_slice() {
        return Ok(only.clone());
    }
    let endpoint = endpoint("balancer", Dialler::Balancer)?;
    start(servers::balancer(parts, contender, endpoint, instances))?;
    Ok(authority("balancer", GATEWAY_PORT))
}

/// The same name again, once nobody listens there any more.
fn reopen(network: &MemoryNetwork, name: &str) -> Reopen {
    let (network, name) = (network.clone(), name.to_owned());
    Box::new(move || network.listen(&name, GATEWAY_PORT, Link::default()))
}

/// Watches a virtual world while its clock should move.
fn guard(watched: &WatchedContender, options: &RunOptions) -> Watchdog {
    let (stuck, name) = (Arc::clone(&options.stuck), watched.name.clone());
    Watchdog::watch(Arc::clone(&watched.progress), STUCK_AFTER, move || stuck(&name))
}

fn still_shared() -> std::io::Error {
    std::io::Error::other("a task outlived its world and still holds the recorder")
}
