//! One contender in virtual time: one thread, one paused runtime, memory instead of sockets.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fake_providers::Fakes;
use loadgen::Summary;
use plan::Plan;
use record::machine::GeneratorHealth;
use world::{Authority, Clock, Link, MemoryNetwork, Tasks, run_virtual};

use crate::assembly::{self, GATEWAY_PORT, Player, Seat, Stage, authority};
use crate::directory::RunDirectory;
use crate::harm::{self, Dialler};
use crate::life::Reopen;
use crate::recorder::Recorder;
use crate::run::{Played, RunError, RunOptions, WatchedContender, guard};

/// Servers of one world: hosts, instances and a balancer.
const SERVERS_MAX: usize = 10_000;

/// Plays one contender to its end and writes its tables.
pub(crate) fn play(
    plan: &Plan,
    player: &Player<'_>,
    options: &RunOptions,
    watched: &WatchedContender,
    directory: &RunDirectory,
) -> Result<Played, RunError> {
    let failed = |source| RunError::World { contender: player.name().to_owned(), source };
    let dir = directory.contender(player.name())?;
    let recorder = Arc::new(Recorder::create(&dir, Arc::clone(&options.stop))?);
    let watchdog = guard(watched, options);
    let played = run_virtual(&watched.progress, async {
        let stage = Stage { plan, player: *player, clock: Clock::simulated(), recorder: &recorder };
        inhabit(stage, watched, options).await
    });
    drop(watchdog);
    let summary = played.map_err(failed)??;
    let recorder = Arc::try_unwrap(recorder).map_err(|_| failed(still_shared()))?;
    recorder.finish()?;
    watched.progress.store(u64::MAX, Ordering::Relaxed);
    Ok(Played {
        health: health(player.name(), &summary),
        interrupted: summary.interrupted,
        standing: None,
    })
}

/// Everything that happens inside the world.
async fn inhabit(
    stage: Stage<'_>,
    watched: &WatchedContender,
    options: &RunOptions,
) -> Result<Summary, RunError> {
    let network = MemoryNetwork::new();
    let fakes = stage.fakes()?;
    network.resolve_by(fakes.names());
    let mut servers = Tasks::new(SERVERS_MAX);
    for (index, host) in fakes.hosts().iter().enumerate() {
        let link = stage.link(&host.host);
        let listener =
            network.listen(&host.host, host.port, link).map_err(|source| stage.failed(source))?;
        start(stage, &mut servers, assembly::fake(&fakes, index, listener))?;
    }
    let entry = gateways(stage, &network, &fakes, &mut servers)?;
    let clients =
        harm::over_links(stage, Dialler::Client, Some(&fakes), network.connector("client"));
    let around = stage.surroundings(clients, watched, options);
    let target = stage.player.target(stage.plan, entry);
    let summary = loadgen::run(&stage.plan.load, target, around)
        .await
        .map_err(|error| stage.failed(std::io::Error::other(error)))?;
    fakes.close();
    drop(servers);
    // Aborted tasks drop what they hold when the runtime next runs them.
    tokio::time::sleep(Duration::from_millis(1)).await;
    Ok(summary)
}

/// Sets up the instances, and the balancer where there are several. Returns whom clients call.
fn gateways(
    stage: Stage<'_>,
    network: &MemoryNetwork,
    fakes: &Fakes,
    servers: &mut Tasks,
) -> Result<Authority, RunError> {
    let seat = |name: &str, dialler: Dialler| -> Result<Seat, RunError> {
        let listener = network
            .listen(name, GATEWAY_PORT, Link::default())
            .map_err(|source| stage.failed(source))?;
        let connector = harm::over_links(stage, dialler, Some(fakes), network.connector(name));
        Ok(Seat { connector, listener })
    };
    let Player::Contender(contender) = stage.player else {
        return Ok(authority(crate::DIRECT, GATEWAY_PORT));
    };
    let mut instances: Vec<Authority> = Vec::new();
    for number in 1..=stage.player.instances() {
        let name = assembly::instance_name(number);
        let seat = seat(&name, Dialler::Gateway(number))?;
        let gateway = stage.gateway(contender, number, (seat, reopen(network, &name)))?;
        start(stage, servers, gateway)?;
        instances.push(authority(&name, GATEWAY_PORT));
    }
    if let [only] = instances.as_slice() {
        return Ok(only.clone());
    }
    start(
        stage,
        servers,
        stage.balancer(contender, seat("balancer", Dialler::Balancer)?, instances),
    )?;
    Ok(authority("balancer", GATEWAY_PORT))
}

/// The same name again, once nobody listens there any more.
fn reopen(network: &MemoryNetwork, name: &str) -> Reopen {
    let (network, name) = (network.clone(), name.to_owned());
    Box::new(move || {
        let opened = network.listen(&name, GATEWAY_PORT, Link::default());
        Box::pin(std::future::ready(opened))
    })
}

/// Starts one server of the world.
fn start(
    stage: Stage<'_>,
    servers: &mut Tasks,
    server: impl Future<Output = ()> + Send + 'static,
) -> Result<(), RunError> {
    let full = || std::io::Error::other(format!("a world has at most {SERVERS_MAX} servers"));
    if servers.spawn(server) { Ok(()) } else { Err(stage.failed(full())) }
}

fn still_shared() -> std::io::Error {
    std::io::Error::other("a task outlived its world and still holds the recorder")
}

/// What `machine.json` says about the generator.
pub(crate) fn health(contender: &str, summary: &Summary) -> GeneratorHealth {
    GeneratorHealth {
        contender: contender.to_owned(),
        sent: summary.sent,
        lag_p50_ms: summary.lag.p50_ns as f64 / 1e6,
        lag_p99_ms: summary.lag.p99_ns as f64 / 1e6,
        in_flight_max: summary.in_flight_max,
        ..GeneratorHealth::default()
    }
}
