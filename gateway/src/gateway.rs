//! The façade: a gateway that can be made, served, reloaded and stopped.
//!
//! Everything that a request needs is in the [`Instance`]; everything that a connection needs is in
//! `front`. This file only puts the two together. It must never decide anything about a request.

use std::future::{Future, pending};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;
use vocab::{DeploymentId, Seed};
use world::{Clock, Connector, Listener};

use crate::config::{Config, DeploymentIndex};
use crate::credentials::Sources;
use crate::door::{Door, Hosts};
use crate::failover::health_check;
use crate::front;
use crate::instance::{Current, GatewayError, Instance, Member};
use crate::keyed_rng::Luck;
use crate::metrics::Metrics;
use crate::observer::{Choice, Observer};
use crate::pools::Pools;
use crate::routing::router::Router;

/// A gateway that can serve. Clones are the same instance.
#[derive(Clone, Debug)]
pub struct Gateway {
    current: Current,
}

/// What a gateway is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// What to serve, and how.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// The way to the providers.
    pub connector: Arc<dyn Connector>,
    /// Hears of every decision.
    pub observer: Arc<dyn Observer>,
    /// Keys all randomness: shuffles, jitter, made-up call ids.
    pub seed: Seed,
    /// What a request's draws go by.
    pub luck: Luck,
    /// The instance's name in decisions, such as `gateway[1]`.
    pub instance: Arc<str>,
}

impl Gateway {
    /// Makes an instance. It opens no connection before the first request.
    ///
    /// # Errors
    /// [`GatewayError`] if the config names something that cannot work.
    pub fn new(parts: Parts) -> Result<Self, GatewayError> {
        let Parts { config, clock, connector, observer, seed, luck, instance } = parts;
        let mut pools = Pools::new(connector);
        let (router, members) = fleet(&config, seed, (&mut pools, &mut Sources::new(clock)))?;
        let first = Instance {
            pools,
            metrics: Arc::new(Metrics::new(members.len())),
            router,
            members,
            config,
            clock,
            observer,
            seed,
            luck,
            requests: AtomicU64::new(0),
            name: instance,
            anonymous: AtomicU64::new(0),
            somebody_left: Notify::new(),
        };
        first.tell("", None, Choice::Start);
        Ok(Self { current: Current::new(first) })
    }

    /// Deployments that cool now: what an instance that dies now forgets.
    pub fn cooling(&self) -> Vec<DeploymentId> {
        cooling(&self.current.instance())
    }

    /// Takes on another config. Open connections stay open, requests under way end by the config
    /// under which they began, and every later one follows the new one.
    ///
    /// What was learned about deployments (cooldowns, latencies, usage of this minute) starts afresh,
    /// as in a router that is built anew; counters go on where the deployments are the same.
    ///
    /// # Errors
    /// [`GatewayError`] if the config names something that cannot work; the old one then stays.
    pub fn reload(&self, config: Arc<Config>) -> Result<(), GatewayError> {
        let old = self.current.instance();
        let mut pools = old.pools.clone();
        let mut sources = Sources::new(old.clock);
        sources.keep(old.members.iter().filter_map(|member| member.source.as_ref()));
        let (router, members) = fleet(&config, old.seed, (&mut pools, &mut sources))?;
        let ids = |config: &Config| -> Vec<DeploymentId> {
            config.deployments.iter().map(|deployment| deployment.id.clone()).collect()
        };
        let metrics = match ids(&config) == ids(&old.config) {
            true => Arc::clone(&old.metrics),
            false => Arc::new(Metrics::new(members.len())),
        };
        let next = Instance {
            pools,
            metrics,
            router,
            members,
            config,
            clock: old.clock,
            observer: Arc::clone(&old.observer),
            seed: old.seed,
            luck: old.luck,
            requests: AtomicU64::new(old.requests.load(Ordering::Relaxed)),
            name: Arc::clone(&old.name),
            anonymous: AtomicU64::new(old.anonymous.load(Ordering::Relaxed)),
            somebody_left: Notify::new(),
        };
        next.tell("", None, Choice::Reload { forgets: &cooling(&old) });
        self.current.replace(next);
        Ok(())
    }

    /// Serves `listener` until it closes; dropping the future ends every connection.
    ///
    /// # Errors
    /// As `accept(2)`.
    pub async fn serve(&self, listener: Listener) -> io::Result<()> {
        self.serve_until(listener, Door::default(), pending()).await
    }

    /// Serves `listener` until it closes or `stop` is ready, receiving clients as `door` says. After the stop readiness
    /// fails while everything else goes on; then no connection and no further request on an open one is taken, and open
    /// requests have their time to end. A stream that is open then ends with an error event, a request without answer
    /// with a 503. A second later at most this returns; dropping the future ends everything at once.
    ///
    /// # Errors
    /// As `accept(2)`.
    pub async fn serve_until(
        &self,
        listener: Listener,
        door: Door,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let checks = health_check::checks(self.current.clone());
        tokio::select! {
            biased;
            ended = front::serve(self.current.clone(), listener, door, stop) => ended,
            never = checks => match never {},
        }
    }
}

impl Gateway {
    /// Serves the metrics, and nothing else, until `listener` closes: without a key, to programs that ask for one of
    /// `hosts`.
    ///
    /// # Errors
    /// As `accept(2)`.
    pub async fn serve_metrics(&self, listener: Listener, hosts: Hosts) -> io::Result<()> {
        front::metrics_page::serve(self.current.clone(), listener, hosts).await
    }
}

/// Who cools now at `instance`.
fn cooling(instance: &Instance) -> Vec<DeploymentId> {
    let cooling = instance.router.cooling(instance.clock.now()).into_iter();
    cooling.map(|(index, _)| instance.config.deployments[index].id.clone()).collect()
}

/// The router of a config, and its deployments ready to be called.
fn fleet(
    config: &Arc<Config>,
    seed: Seed,
    (pools, sources): (&mut Pools, &mut Sources),
) -> Result<(Router, Vec<Member>), GatewayError> {
    let router = Router::new(Arc::clone(config), seed)
        .map_err(|error| GatewayError::Strategy(error.to_string()))?;
    let members = DeploymentIndex::all(config.deployments.len()).zip(&config.deployments);
    let members = members.map(|(index, deployment)| {
        let most = router.fleet().parallel_limit(index).map(|(most, _)| most);
        let pool = pools.of(&deployment.trust).map_err(|error| GatewayError::Deployment {
            deployment: deployment.id.clone(),
            problem: format!(
                "TLS with it cannot be spoken: {error}; see ssl_verify and ssl_certificate"
            ),
        })?;
        let source = deployment.credential.as_ref().map(|origin| sources.of(origin, &pool));
        Member::new(deployment, most, (pool, source))
    });
    let members = members.collect::<Result<Vec<_>, _>>()?;
    Ok((router, members))
}
