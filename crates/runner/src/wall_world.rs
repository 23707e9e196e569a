//! Contenders on the wall clock: one after another, over loopback sockets, with generator, fakes
//! and gateways on threads of their own so that each group's CPU can be told apart. It must never
//! decide whether what was measured is good enough.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fake_providers::Fakes;
use plan::Plan;
use record::machine::{FakesHealth, GeneratorHealth, Lateness, StandingClock};
use tokio::runtime::Runtime;
use world::{Authority, Clock, Connector, Directory, Link, Listener, Names, ReservedPort};

use crate::calibrate;
use crate::directory::RunDirectory;
use crate::error::RunError;
use crate::lifecycle::Reopen;
use crate::link_faults::{self, Dialler};
use crate::loopback::{address, connector, listen, runtime};
use crate::machine::{GENERATOR, Meter, measured_health};
use crate::options::{Played, RunOptions};
use crate::places::{GATEWAY_PORT, authority};
use crate::process::RunningProduct;
use crate::product_contender::{ProductMeter, Products, Started};
use crate::recorder::{Hosts, Recorder};
use crate::servers::{self, Endpoint, Server, ServerWatch};
use crate::stand_run::{self, Armed, Reached};
use crate::subject::Subject;
use crate::watch::{Watch, WatchedContender};
use crate::world_parts::{self, WorldParts};

/// Time between the setting up of a world and the start of its schedule.
const LEAD: Duration = Duration::from_millis(150);

/// Names of the other threads of a world.
const FAKES: &str = "bo-fakes";
const GATEWAYS: &str = "bo-gateway";

/// Plays every contender in turn, each after a calibration.
pub(crate) fn play_all(
    plan: &Plan,
    options: &RunOptions,
    watch: &Watch,
    (directory, products): (&RunDirectory, &Products),
) -> Result<Vec<Played>, RunError> {
    let shown = stand_run::with_token(plan, &options.scenario_path)?;
    let plan = shown.as_ref().unwrap_or(plan);
    let mut played = Vec::new();
    for (subject, watched) in Subject::all(plan).iter().zip(&watch.contenders) {
        watched.started.store(true, Ordering::Relaxed);
        let calibration =
            calibrate::run(plan.load.seed).map_err(|source| world_error(subject, source))?;
        let mut one = play((plan, subject), options, watched, (directory, products))?;
        watched.done.store(true, Ordering::Relaxed);
        one.health = calibration.noted_in(one.health);
        played.push(one);
    }
    Ok(played)
}

fn play(
    (plan, subject): (&Plan, &Subject<'_>),
    options: &RunOptions,
    watched: &WatchedContender,
    (directory, products): (&RunDirectory, &Products),
) -> Result<Played, RunError> {
    let failed = |source| world_error(subject, source);
    let dir = directory.contender(subject.name())?;
    let stop = Arc::clone(&options.stop);
    let recorder = Arc::new(Recorder::create_with(&dir, stop, subject.decisions())?);
    let (generator, providers, gateways) = (
        runtime(GENERATOR).map_err(failed)?,
        runtime(FAKES).map_err(failed)?,
        runtime(GATEWAYS).map_err(failed)?,
    );
    let reached = stand_run::reach(plan, subject, (&options.scenario_path, &providers))?;
    let grounds = Grounds::bind(plan, reached.as_ref(), &providers).map_err(failed)?;
    // Takes seconds, so before the clock is set.
    let product = match products.start((plan, subject), &grounds.hosts, &dir, options)? {
        Started::NoProduct => None,
        Started::Running(product) => Some(product),
        Started::Interrupted => return not_begun(subject, recorder),
    };
    let clock = Clock::wall_in(reached.as_ref().map_or(LEAD, Reached::lead));
    let parts = WorldParts { plan, subject: *subject, clock, recorder: &recorder };
    let mut watch = ServerWatch::default();
    let threads = ServerThreads { runtime: &providers, watch: &watch };
    let (fakes, mut hosts) = WorldFakes::set_up(parts, (reached, grounds), threads)?;
    let threads = ServerThreads { runtime: &gateways, watch: &watch };
    let entry = match &product {
        Some(product) => enter_product(parts, threads, product, &mut hosts),
        None => start_gateways(parts, threads, &fakes, &mut hosts)?,
    };
    let dials = connector(&hosts, None, fakes.names());
    let clients = link_faults::over_links(parts, Dialler::Client, fakes.local(), dials);
    let around = parts.surroundings(clients, watched, options);
    let meter = Meter::start();
    let used = product.as_deref().map(ProductMeter::start);
    let key = product.as_ref().map(|product| product.key());
    let load = loadgen::run(&plan.load, subject.targets(plan, entry, key), around);
    let summary = generator
        .block_on(watch.during(load))
        .map_err(|end| end.of(subject.name()))?
        .map_err(|error| failed(std::io::Error::other(error)))?;
    let workings = meter.read();
    let process = used.zip(product.as_deref());
    let process = process.map(|(used, product)| used.read(subject.name(), product));
    // Before its fakes, which it may still be calling.
    if let Some(product) = product {
        product.stop();
    }
    let (standing, lateness) = fakes.end(&recorder, subject.name(), &providers)?;
    for runtime in [generator, gateways, providers] {
        runtime.shutdown_timeout(Duration::from_secs(5));
    }
    let recorder = Arc::try_unwrap(recorder)
        .map_err(|_| failed(std::io::Error::other("a task outlived its world")))?;
    recorder.finish(&hosts_of(plan))?;
    Ok(Played {
        health: measured_health(subject.name(), &summary, clock, workings),
        interrupted: summary.interrupted,
        standing,
        fakes: lateness
            .map(|lateness| FakesHealth { contender: subject.name().to_owned(), lateness }),
        process,
    })
}

/// What an interruption leaves of a contender that was not ready: tables without rows.
fn not_begun(subject: &Subject<'_>, recorder: Arc<Recorder>) -> Result<Played, RunError> {
    let shared = |_| std::io::Error::other("somebody records before a world begins");
    let recorder = Arc::try_unwrap(recorder).map_err(shared);
    recorder.map_err(|source| world_error(subject, source))?.finish(&Hosts::new())?;
    let contender = subject.name().to_owned();
    let health = GeneratorHealth { contender, ..GeneratorHealth::default() };
    Ok(Played { health, interrupted: true, standing: None, fakes: None, process: None })
}

/// For each deployment the first behind its host.
fn hosts_of(plan: &Plan) -> Hosts {
    let fakes = &plan.fakes.deployments;
    let first =
        |host: &str, port: u16| fakes.iter().find(|other| other.host == host && other.port == port);
    let named = fakes.iter().filter_map(|fake| {
        let first = first(&fake.host, fake.port)?;
        Some((fake.id.to_string(), first.id.to_string()))
    });
    named.collect()
}

/// Threads on which servers run, and who hears of their end.
#[derive(Clone, Copy, Debug)]
struct ServerThreads<'a> {
    runtime: &'a Runtime,
    watch: &'a ServerWatch,
}

impl ServerThreads<'_> {
    fn start(self, server: Server) {
        self.runtime.spawn(self.watch.over(server));
    }
}

/// Whose fakes answer.
#[derive(Debug)]
enum WorldFakes {
    /// Ours.
    Local(Fakes),
    /// Those that stand already.
    Standing(Box<Armed>),
}

impl WorldFakes {
    /// The fakes, and the directory in which their hosts are found.
    fn set_up(
        parts: WorldParts<'_>,
        (reached, grounds): (Option<Reached>, Grounds),
        threads: ServerThreads<'_>,
    ) -> Result<(Self, Directory), RunError> {
        match reached {
            Some(reached) => {
                let hosts = grounds.hosts;
                let armed = reached.arm(parts.clock, threads.runtime)?;
                Ok((Self::Standing(Box::new(armed)), hosts))
            }
            None => {
                let (fakes, hosts) = start_fakes(parts, threads, grounds)?;
                Ok((Self::Local(fakes), hosts))
            }
        }
    }

    /// Closes them, or asks those that go on standing; what is known of another clock, and how late they spoke.
    fn end(
        self,
        recorder: &Recorder,
        contender: &str,
        runtime: &Runtime,
    ) -> Result<(Option<StandingClock>, Option<Lateness>), RunError> {
        match self {
            Self::Local(fakes) => {
                recorder.found(&fakes.found_favourites());
                fakes.close();
                Ok((None, Some(fakes.lateness())))
            }
            Self::Standing(armed) => {
                let (clock, lateness) = armed.pull(recorder, contender, runtime)?;
                Ok((Some(clock), lateness))
            }
        }
    }

    /// Fakes of our own.
    fn local(&self) -> Option<&Fakes> {
        match self {
            Self::Local(fakes) => Some(fakes),
            Self::Standing(_) => None,
        }
    }

    /// Who says whether a host's name resolves; names of fakes that stand elsewhere always do.
    fn names(&self) -> Option<Arc<dyn Names>> {
        match self {
            Self::Local(fakes) => Some(fakes.names()),
            Self::Standing(_) => None,
        }
    }
}

/// Where the fakes of a world are found, before they answer: a product is told so when it is started.
#[derive(Debug)]
struct Grounds {
    /// One listener per host, for fakes of our own.
    listeners: BTreeMap<(Arc<str>, u16), Listener>,
    hosts: Directory,
}

impl Grounds {
    fn bind(plan: &Plan, reached: Option<&Reached>, runtime: &Runtime) -> std::io::Result<Self> {
        if let Some(reached) = reached {
            return Ok(Self { listeners: BTreeMap::new(), hosts: reached.hosts() });
        }
        let (mut listeners, mut hosts) = (BTreeMap::new(), Directory::new());
        for fake in &plan.fakes.deployments {
            let host: (Arc<str>, u16) = (Arc::from(fake.host.as_str()), fake.port);
            if hosts.contains_key(&host) {
                continue;
            }
            let link = world_parts::link(plan, &fake.host);
            let listener = runtime.block_on(listen(Ipv4Addr::LOCALHOST, link))?;
            hosts.insert(host.clone(), address(&listener)?);
            listeners.insert(host, listener);
        }
        Ok(Self { listeners, hosts })
    }
}

/// The fakes over their listeners, and the directory in which their hosts are found.
fn start_fakes(
    parts: WorldParts<'_>,
    threads: ServerThreads<'_>,
    grounds: Grounds,
) -> Result<(Fakes, Directory), RunError> {
    let Grounds { mut listeners, hosts } = grounds;
    let fakes = parts.fakes()?;
    for (index, host) in fakes.hosts().iter().enumerate() {
        let named = (Arc::from(host.host.as_str()), host.port);
        let unbound = || std::io::Error::other(format!("{} has no listener", host.host));
        let listener = listeners.remove(&named).ok_or_else(unbound);
        let listener = listener.map_err(|source| parts.failed(source))?;
        threads.start(servers::fake(&fakes, index, listener));
    }
    Ok((fakes, hosts))
}

/// A product takes the place of a gateway; it dials from wherever it likes, and is alone.
fn enter_product(
    parts: WorldParts<'_>,
    threads: ServerThreads<'_>,
    product: &RunningProduct,
    hosts: &mut Directory,
) -> Authority {
    let name = record::instance_name(1);
    threads.start(servers::product(product));
    parts.recorder.caller(&Ipv4Addr::LOCALHOST.to_string(), &name);
    hosts.insert((Arc::from(name.as_str()), GATEWAY_PORT), product.address());
    authority(&name, GATEWAY_PORT)
}

/// Sets up instances and balancer; every instance dials from an address of its own, so that the
/// ledger can tell them apart.
fn start_gateways(
    parts: WorldParts<'_>,
    threads: ServerThreads<'_>,
    fakes: &WorldFakes,
    hosts: &mut Directory,
) -> Result<Authority, RunError> {
    let Subject::Contender(contender) = parts.subject else {
        return Ok(authority(crate::DIRECT, GATEWAY_PORT));
    };
    let ServerThreads { runtime, .. } = threads;
    let _inside = runtime.enter();
    let upstreams = hosts.clone();
    let mut instances = Vec::new();
    for n in 1..=parts.subject.instances() {
        let name = record::instance_name(n);
        let connector = connector(&upstreams, Some(source_of(n)), fakes.names());
        let connector =
            link_faults::over_links(parts, Dialler::Gateway(n), fakes.local(), connector);
        let port = reserve().map_err(|source| parts.failed(source))?;
        let listener = port.listen(Link::default()).map_err(|source| parts.failed(source))?;
        hosts.insert((Arc::from(name.as_str()), GATEWAY_PORT), port.address());
        let endpoint = Endpoint { connector, listener };
        threads.start(servers::gateway(parts, contender, n, (endpoint, reopen(port)))?);
        parts.recorder.caller(&source_of(n).to_string(), &name);
        instances.push(authority(&name, GATEWAY_PORT));
    }
    if let [only] = instances.as_slice() {
        return Ok(only.clone());
    }
    let dials = connector(hosts, None, None);
    let connector = link_faults::over_links(parts, Dialler::Balancer, fakes.local(), dials);
    let endpoint = endpoint(parts, runtime, ("balancer", hosts), connector)?;
    threads.start(servers::balancer(parts, contender, endpoint, instances));
    Ok(authority("balancer", GATEWAY_PORT))
}

/// A port for an instance, which keeps it while it is dead.
fn reserve() -> io::Result<ReservedPort> {
    ReservedPort::at(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0))
}

/// The same port again, once nobody listens there any more.
fn reopen(port: ReservedPort) -> Reopen {
    Box::new(move || port.listen(Link::default()))
}

/// A listener on loopback, entered into the directory under `name`.
fn endpoint(
    parts: WorldParts<'_>,
    runtime: &Runtime,
    (name, hosts): (&str, &mut Directory),
    connector: Arc<dyn Connector>,
) -> Result<Endpoint, RunError> {
    let listener = runtime
        .block_on(listen(Ipv4Addr::LOCALHOST, Link::default()))
        .map_err(|source| parts.failed(source))?;
    let at = address(&listener).map_err(|source| parts.failed(source))?;
    hosts.insert((Arc::from(name), GATEWAY_PORT), at);
    Ok(Endpoint { connector, listener })
}

/// 127.0.1.n, or 127.0.(1 + n / 250).…: all of 127/8 is this machine.
pub(crate) fn source_of(instance: u32) -> IpAddr {
    let (block, last) = (instance / 250, instance % 250);
    let block = u8::try_from(block).unwrap_or(250).saturating_add(1);
    IpAddr::V4(Ipv4Addr::new(127, 0, block, u8::try_from(last).unwrap_or(250)))
}

fn world_error(subject: &Subject<'_>, source: std::io::Error) -> RunError {
    RunError::World { contender: subject.name().to_owned(), source }
}
