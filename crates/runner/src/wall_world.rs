//! Contenders on the wall clock: one after another, over loopback sockets, with generator, fakes and
//! gateways on threads of their own so that each group's CPU can be told apart.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fake_providers::Fakes;
use loadgen::Summary;
use plan::Plan;
use record::machine::GeneratorHealth;
use tokio::runtime::{Builder, Runtime};
use world::{
    Authority, Clock, Connector, Directory, Link, Listener, Names, TcpConnector, listen_tcp,
};

use crate::assembly::{self, GATEWAY_PORT, Player, Seat, Stage, authority};
use crate::calibrate::{self, Calibration};
use crate::directory::RunDirectory;
use crate::harm::{self, Dialler};
use crate::life::Reopen;
use crate::machine::cpu_of_threads;
use crate::recorder::Recorder;
use crate::run::{Played, RunError, RunOptions, Watch, WatchedContender};
use crate::stand_run::{self, Armed, Reached};

/// Time between the setting up of a world and the start of its schedule.
const LEAD: Duration = Duration::from_millis(150);

/// Names of the threads of a world; `/proc` keeps 15 bytes of them.
pub(crate) const GENERATOR: &str = "bo-generator";
const FAKES: &str = "bo-fakes";
const GATEWAYS: &str = "bo-gateway";

/// Plays every contender in turn, each after a calibration.
pub(crate) fn play_all(
    plan: &Plan,
    options: &RunOptions,
    watch: &Watch,
    directory: &RunDirectory,
) -> Result<Vec<Played>, RunError> {
    let shown = stand_run::with_token(plan, &options.scenario_path)?;
    let plan = shown.as_ref().unwrap_or(plan);
    let mut played = Vec::new();
    for (player, watched) in Player::all(plan).iter().zip(&watch.contenders) {
        watched.started.store(true, Ordering::Relaxed);
        let calibration =
            calibrate::run(plan.load.seed).map_err(|source| world_error(player, source))?;
        let mut one = play(plan, player, options, watched, directory)?;
        watched.done.store(true, Ordering::Relaxed);
        one.health = with_calibration(one.health, &calibration);
        played.push(one);
    }
    Ok(played)
}

fn with_calibration(health: GeneratorHealth, calibration: &Calibration) -> GeneratorHealth {
    GeneratorHealth {
        calibration_error_p50_ms: Some(calibration.error_p50.as_secs_f64() * 1e3),
        calibration_error_p99_ms: Some(calibration.error_p99.as_secs_f64() * 1e3),
        ..health
    }
}

/// A multi-thread runtime with one worker of that name.
pub(crate) fn runtime(name: &str) -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build()
}

fn play(
    plan: &Plan,
    player: &Player<'_>,
    options: &RunOptions,
    watched: &WatchedContender,
    directory: &RunDirectory,
) -> Result<Played, RunError> {
    let failed = |source| world_error(player, source);
    let dir = directory.contender(player.name())?;
    let recorder = Arc::new(Recorder::create(&dir, Arc::clone(&options.stop))?);
    let (generator, providers, gateways) = (
        runtime(GENERATOR).map_err(failed)?,
        runtime(FAKES).map_err(failed)?,
        runtime(GATEWAYS).map_err(failed)?,
    );
    let reached = stand_run::reach(plan, &options.scenario_path, &providers)?;
    let clock = Clock::wall_in(reached.as_ref().map_or(LEAD, Reached::lead));
    let stage = Stage { plan, player: *player, clock, recorder: &recorder };
    let (providing, mut hosts) = match reached {
        Some(reached) => {
            let hosts = reached.hosts();
            (Providing::There(Box::new(reached.arm(clock, &providers)?)), hosts)
        }
        None => {
            let (fakes, hosts) = seat_fakes(stage, &providers)?;
            (Providing::Here(fakes), hosts)
        }
    };
    let ours = match &providing {
        Providing::Here(fakes) => Some(fakes),
        Providing::There(_) => None,
    };
    let names = providing.names();
    let entry = seat_gateways(stage, &gateways, ours, &mut hosts, names.as_ref())?;
    let clients = harm::over_links(stage, Dialler::Client, ours, connector(&hosts, None, names));
    let around = stage.surroundings(clients, watched, options);
    let before = cpu_of_threads(GENERATOR);
    let summary = generator
        .block_on(loadgen::run(&plan.load, player.target(plan, entry), around))
        .map_err(|error| failed(std::io::Error::other(error)))?;
    let cpu =
        cpu_of_threads(GENERATOR).zip(before).map(|(after, before)| after.saturating_sub(before));
    let standing = match providing {
        Providing::Here(fakes) => {
            fakes.close();
            None
        }
        Providing::There(armed) => Some(armed.pull(&recorder, player.name(), &providers)?),
    };
    for runtime in [generator, gateways, providers] {
        runtime.shutdown_timeout(Duration::from_secs(5));
    }
    let recorder = Arc::try_unwrap(recorder)
        .map_err(|_| failed(std::io::Error::other("a task outlived its world")))?;
    recorder.finish()?;
    Ok(Played {
        health: health(player.name(), &summary, clock, cpu),
        interrupted: summary.interrupted,
        standing,
    })
}

/// Whose fakes answer.
#[derive(Debug)]
enum Providing {
    /// Ours.
    Here(Fakes),
    /// Those that stand already.
    There(Box<Armed>),
}

impl Providing {
    /// Who says whether a host's name resolves; names of fakes that stand elsewhere always do.
    fn names(&self) -> Option<Arc<dyn Names>> {
        match self {
            Self::Here(fakes) => Some(fakes.names()),
            Self::There(_) => None,
        }
    }
}

/// The fakes, one listener per host, and the directory in which their hosts are found.
fn seat_fakes(stage: Stage<'_>, runtime: &Runtime) -> Result<(Fakes, Directory), RunError> {
    let fakes = stage.fakes()?;
    let mut hosts = Directory::new();
    for (index, host) in fakes.hosts().iter().enumerate() {
        let link = stage.link(&host.host);
        let listener = runtime
            .block_on(listen(Ipv4Addr::LOCALHOST, link))
            .map_err(|source| stage.failed(source))?;
        let at = address(&listener).map_err(|source| stage.failed(source))?;
        hosts.insert((Arc::from(host.host.as_str()), host.port), at);
        runtime.spawn(assembly::fake(&fakes, index, listener));
    }
    Ok((fakes, hosts))
}

pub(crate) fn health(
    contender: &str,
    summary: &Summary,
    clock: Clock,
    cpu: Option<Duration>,
) -> GeneratorHealth {
    let passed = clock.now().seconds().max(1e-3);
    GeneratorHealth {
        cpu_seconds: cpu.map(|cpu| cpu.as_secs_f64()),
        cpu_share: cpu.map(|cpu| cpu.as_secs_f64() / passed),
        ..crate::virtual_world::health(contender, summary)
    }
}

/// Sets up instances and balancer; every instance dials from an address of its own, so that the
/// ledger can tell them apart.
fn seat_gateways(
    stage: Stage<'_>,
    runtime: &Runtime,
    fakes: Option<&Fakes>,
    hosts: &mut Directory,
    names: Option<&Arc<dyn Names>>,
) -> Result<Authority, RunError> {
    let Player::Contender(contender) = stage.player else {
        return Ok(authority(crate::DIRECT, GATEWAY_PORT));
    };
    let _inside = runtime.enter();
    let upstreams = hosts.clone();
    let mut instances = Vec::new();
    for n in 1..=stage.player.instances() {
        let name = assembly::instance_name(n);
        let connector = connector(&upstreams, Some(source_of(n)), names.map(Arc::clone));
        let connector = harm::over_links(stage, Dialler::Gateway(n), fakes, connector);
        let seat = seat(stage, runtime, (&name, hosts), connector)?;
        let at = address(&seat.listener).map_err(|source| stage.failed(source))?;
        runtime.spawn(stage.gateway(contender, n, (seat, reopen(at)))?);
        stage.recorder.caller(&source_of(n).to_string(), &name);
        instances.push(authority(&name, GATEWAY_PORT));
    }
    if let [only] = instances.as_slice() {
        return Ok(only.clone());
    }
    let connector = harm::over_links(stage, Dialler::Balancer, fakes, connector(hosts, None, None));
    let seat = seat(stage, runtime, ("balancer", hosts), connector)?;
    runtime.spawn(stage.balancer(contender, seat, instances));
    Ok(authority("balancer", GATEWAY_PORT))
}

/// The same port again, once nobody listens there any more.
fn reopen(at: SocketAddr) -> Reopen {
    Box::new(move || Box::pin(listen_tcp(at, Link::default())))
}

/// A listener on loopback, entered into the directory under `name`.
fn seat(
    stage: Stage<'_>,
    runtime: &Runtime,
    (name, hosts): (&str, &mut Directory),
    connector: Arc<dyn Connector>,
) -> Result<Seat, RunError> {
    let listener = runtime
        .block_on(listen(Ipv4Addr::LOCALHOST, Link::default()))
        .map_err(|source| stage.failed(source))?;
    let at = address(&listener).map_err(|source| stage.failed(source))?;
    hosts.insert((Arc::from(name), GATEWAY_PORT), at);
    Ok(Seat { connector, listener })
}

/// 127.0.1.n, or 127.0.(1 + n / 250).…: all of 127/8 is this machine.
pub(crate) fn source_of(instance: u32) -> IpAddr {
    let (block, last) = (instance / 250, instance % 250);
    let block = u8::try_from(block).unwrap_or(250).saturating_add(1);
    IpAddr::V4(Ipv4Addr::new(127, 0, block, u8::try_from(last).unwrap_or(250)))
}

/// Dials the hosts of this world from `source`; their names are resolved by `names`.
pub(crate) fn connector(
    hosts: &Directory,
    source: Option<IpAddr>,
    names: Option<Arc<dyn Names>>,
) -> Arc<dyn Connector> {
    let directory = Some(Arc::new(hosts.clone()));
    Arc::new(TcpConnector { directory, source, names, ..TcpConnector::default() })
}

pub(crate) async fn listen(host: Ipv4Addr, link: Link) -> std::io::Result<Listener> {
    listen_tcp(SocketAddr::new(IpAddr::V4(host), 0), link).await
}

pub(crate) fn address(listener: &Listener) -> std::io::Result<SocketAddr> {
    listener.address()?.parse().map_err(std::io::Error::other)
}

fn world_error(player: &Player<'_>, source: std::io::Error) -> RunError {
    RunError::World { contender: player.name().to_owned(), source }
}
