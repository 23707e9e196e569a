//! The worlds in which scripts play: our own gateway in memory and virtual time, or somebody's on the wall clock.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use fake_providers::config::{
    DeploymentConfig, FakesConfig, FaultRule, Latency, Limits, Spread, When, Window,
};
use fake_providers::{Fakes, Ledger};
use gateway::config::Config;
use gateway::observer::Unobserved;
use gateway::{Gateway, Luck, Parts};
use vocab::{At, DeploymentId, DeploymentNumber, Seed};
use world::pool::{Pool, PoolOptions};
use world::{Clock, Link, TcpConnector, Watchdog, run_virtual};

use super::asking::Line;
use super::script::{Collected, play_all};
use super::{ProbeError, ProbedFake, ProbedSpeed, Probing, WORLD, world_error};
use crate::error::RunError;
use crate::load::Standing;
use crate::loopback::{address, listen, runtime};
use crate::memory_world::MemoryWorld;
use crate::places::{GATEWAY_PORT, authority};
use crate::servers;
use crate::virtual_world::STUCK_AFTER;

/// The host of all fakes in memory: a config for [`probe_virtual`] calls `http://fakes`.
const FAKES: &str = "fakes";

/// The gateway in memory.
const INSTANCE: &str = "gateway[1]";

/// How fast fakes speak.
fn latency(speed: ProbedSpeed) -> Latency {
    let ms = Duration::from_millis;
    match speed {
        ProbedSpeed::AtOnce => {
            Latency { ttft: Spread::Constant(ms(50)), itl: Spread::Constant(ms(5)) }
        }
        ProbedSpeed::Usual => Latency {
            ttft: Spread::Lognormal { p50: ms(450), p99: ms(1280) },
            itl: Spread::Lognormal {
                p50: Duration::from_micros(12_900),
                p99: Duration::from_micros(35_200),
            },
        },
    }
}

/// Starts somebody's gateway over fakes at this base URL, and says where it listens; or why it does not, in words for
/// the user.
pub type StartGateway<'a> = &'a mut dyn FnMut(&str) -> Result<Standing, String>;

/// Plays scripts against a gateway of ours with `config`, in virtual time. Whether all came to their end.
///
/// # Errors
/// [`ProbeError`].
pub fn probe_virtual(
    config: &Config,
    seed: u64,
    probing: Probing<'_>,
    stuck: &Arc<dyn Fn(&str) + Send + Sync>,
) -> Result<bool, ProbeError> {
    let progress = Arc::new(AtomicU64::new(0));
    let stuck = Arc::clone(stuck);
    let watchdog = Watchdog::watch(Arc::clone(&progress), STUCK_AFTER, move || stuck(WORLD));
    let played = run_virtual(&progress, in_memory(config, Seed(seed), probing));
    drop(watchdog);
    played.map_err(world_error)?
}

async fn in_memory(config: &Config, seed: Seed, probing: Probing<'_>) -> Result<bool, ProbeError> {
    let clock = Clock::simulated();
    let collected = Arc::new(Collected::default());
    let ledger = Arc::clone(&collected) as Arc<dyn Ledger>;
    let fakes = Fakes::standing(fakes_of(probing.fakes, seed), clock, ledger);
    let fakes = fakes.map_err(RunError::from)?;
    let mut world = MemoryWorld::new(fakes, &BTreeMap::new()).map_err(world_error)?;
    let listener = world.network.listen(INSTANCE, GATEWAY_PORT, Link::default());
    let gateway = Gateway::new(Parts {
        luck: Luck::CallId,
        config: Arc::new(config.clone()),
        clock,
        connector: world.network.connector(INSTANCE),
        observer: Arc::new(Unobserved),
        seed,
        instance: Arc::from(INSTANCE),
    });
    let gateway = gateway.map_err(|error| RunError::Gateway {
        contender: WORLD.to_owned(),
        message: error.to_string(),
    })?;
    let serving = servers::calm_gateway(gateway, listener.map_err(world_error)?);
    world.start(serving).map_err(world_error)?;
    let line = Line {
        pool: Pool::new(world.network.connector("client"), PoolOptions::default()),
        clock,
        to: authority(INSTANCE, GATEWAY_PORT),
        path: "/v1/chat/completions".to_owned(),
        key: "sk-none".to_owned(),
    };
    let Probing { scripts, at_a_time, stop, done, .. } = probing;
    let playing = play_all((&line, &collected), scripts, at_a_time, stop, done);
    Ok(world.during(playing).await.map_err(|end| end.of(WORLD))?)
}

/// Plays scripts against somebody's gateway on the wall clock, over fakes on loopback. Whether all came to their end. Who
/// started it stops it.
///
/// # Errors
/// [`ProbeError`].
pub fn probe_wall(start: StartGateway<'_>, probing: Probing<'_>) -> Result<bool, ProbeError> {
    let (clients, providers) =
        (runtime("bo-probes").map_err(world_error)?, runtime("bo-fakes").map_err(world_error)?);
    let clock = Clock::wall();
    let collected = Arc::new(Collected::default());
    let ledger = Arc::clone(&collected) as Arc<dyn Ledger>;
    let fakes = Fakes::standing(fakes_of(probing.fakes, Seed(0)), clock, ledger);
    let fakes = fakes.map_err(RunError::from)?;
    let listener = providers.block_on(listen(Ipv4Addr::LOCALHOST, Link::default()));
    let listener = listener.map_err(world_error)?;
    let at = address(&listener).map_err(world_error)?;
    let _serving = providers.spawn(fakes.serve(0, listener));
    let standing = start(&format!("http://{at}")).map_err(ProbeError::Gateway)?;
    fakes.seek(At::START);
    let line = Line {
        pool: Pool::new(Arc::new(TcpConnector::default()), PoolOptions::default()),
        clock,
        to: standing.to,
        path: standing.path,
        key: standing.key.0.to_string(),
    };
    let Probing { scripts, at_a_time, stop, done, .. } = probing;
    let whole = clients.block_on(play_all((&line, &collected), scripts, at_a_time, stop, done));
    for runtime in [clients, providers] {
        runtime.shutdown_timeout(Duration::from_secs(2));
    }
    Ok(whole)
}

/// One host for all of them; they are told apart by their keys.
fn fakes_of(probed: &[ProbedFake], seed: Seed) -> FakesConfig {
    let fake = |(number, fake): (u32, &ProbedFake)| DeploymentConfig {
        id: DeploymentId::from(fake.id.as_str()),
        number: DeploymentNumber(number),
        protocol: fake.protocol,
        host: FAKES.to_owned(),
        port: 80,
        root: String::new(),
        model: fake.model.clone(),
        key: fake.key.clone(),
        latency: latency(fake.speed),
        limits: Limits::default(),
        capacity: None,
        context_window: None,
    };
    let deployments = (1..).zip(probed).map(fake).collect();
    let faults = probed.iter().enumerate().filter_map(|(place, fake)| {
        let fault = fake.fault.as_ref()?;
        Some(FaultRule {
            id: format!("f{}", place + 1),
            name: fault.name.clone(),
            params: fault.params.clone(),
            targets: vec![place],
            favourite: None,
            window: Window {
                from: At::after_start(fault.from),
                to: At::after_start(fault.to),
                ramp: Duration::ZERO,
            },
            share: 1.0,
            when: When::default(),
        })
    });
    FakesConfig { seed, deployments, faults: faults.collect(), quotas: Vec::new() }
}
