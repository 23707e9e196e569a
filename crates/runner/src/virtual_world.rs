//! One contender in virtual time: one thread, one paused runtime, memory instead of sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fake_providers::Fakes;
use loadgen::{Summary, Surroundings};
use plan::Plan;
use record::machine::GeneratorHealth;
use world::{Authority, Clock, Link, Listener, MemoryNetwork, Tasks, run_virtual};

use crate::assembly::{self, GATEWAY_PORT, Player, Seat, authority};
use crate::directory::RunDirectory;
use crate::recorder::Recorder;
use crate::run::{Played, RunError, RunOptions, WatchedContender};

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
    let dir = directory.contender(player.name())?;
    let recorder = Arc::new(Recorder::create(&dir, Arc::clone(&options.stop))?);
    let progress: &Arc<AtomicU64> = &watched.progress;
    let played =
        run_virtual(progress, inhabit(plan, *player, Arc::clone(&recorder), watched, options))
            .map_err(|source| world_error(player, source))?;
    let summary = played?;
    let recorder = Arc::try_unwrap(recorder).map_err(|_| world_error(player, still_shared()))?;
    recorder.finish()?;
    progress.store(u64::MAX, Ordering::Relaxed);
    Ok(Played { health: health(player.name(), &summary), interrupted: summary.interrupted })
}

/// Everything that happens inside the world.
async fn inhabit(
    plan: &Plan,
    player: Player<'_>,
    recorder: Arc<Recorder>,
    watched: &WatchedContender,
    options: &RunOptions,
) -> Result<Summary, RunError> {
    let clock = Clock::simulated();
    let network = MemoryNetwork::new();
    let ledger = Arc::clone(&recorder) as Arc<dyn fake_providers::Ledger>;
    let fakes = Fakes::new(plan.fakes.clone(), clock, ledger)?;
    let mut servers = Tasks::new(SERVERS_MAX);
    for (index, host) in fakes.hosts().iter().enumerate() {
        let link = link(plan, &host.host);
        let listener = network
            .listen(&host.host, host.port, link)
            .map_err(|source| world_error(&player, source))?;
        servers.spawn(assembly::fake(&fakes, index, listener));
    }
    let entry = gateways(plan, &player, &network, clock, &recorder, &mut servers)?;
    let summary = loadgen::run(
        &plan.load,
        player.target(plan, entry),
        Surroundings {
            names: assembly::names(plan),
            clock,
            connector: network.connector("client"),
            sink: recorder,
            live: Arc::clone(&watched.live),
            stop: Arc::clone(&options.stop),
        },
    )
    .await
    .map_err(|error| world_error(&player, std::io::Error::other(error)))?;
    fakes.close();
    drop(servers);
    // Aborted tasks drop what they hold when the runtime next runs them.
    tokio::time::sleep(Duration::from_millis(1)).await;
    Ok(summary)
}

/// Sets up the instances, and the balancer where there are several. Returns whom clients call.
fn gateways(
    plan: &Plan,
    player: &Player<'_>,
    network: &MemoryNetwork,
    clock: Clock,
    recorder: &Arc<Recorder>,
    servers: &mut Tasks,
) -> Result<Authority, RunError> {
    let seat = |name: String| -> Result<Seat, RunError> {
        let listener: Listener = network
            .listen(&name, GATEWAY_PORT, Link::default())
            .map_err(|source| world_error(player, source))?;
        Ok(Seat { connector: network.connector(&name), name, clock, listener })
    };
    let Player::Contender(contender) = player else {
        return Ok(authority(crate::DIRECT, GATEWAY_PORT));
    };
    let names: Vec<String> = (1..=player.instances()).map(assembly::instance_name).collect();
    for name in &names {
        servers.spawn(assembly::gateway(contender, plan, seat(name.clone())?, recorder)?);
    }
    let instances: Vec<Authority> =
        names.iter().map(|name| authority(name, GATEWAY_PORT)).collect();
    match instances.as_slice() {
        [only] => Ok(only.clone()),
        _ => {
            let seat = seat("balancer".to_owned())?;
            servers.spawn(assembly::balancer(contender, plan, seat, instances));
            Ok(authority("balancer", GATEWAY_PORT))
        }
    }
}

fn link(plan: &Plan, host: &str) -> Link {
    Link { latency: plan.links.get(host).copied().unwrap_or_default() }
}

fn world_error(player: &Player<'_>, source: std::io::Error) -> RunError {
    RunError::World { contender: player.name().to_owned(), source }
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
