//! One gateway instance: its parts, put together once and shared by every request.
//!
//! Instances share nothing with each other, as replicas without a Redis do: each has its own books on
//! the fleet, its own connections and its own counters.

use std::future::{Future, pending};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use axum::extract::FromRef;
use http::HeaderValue;
use tokio::sync::Semaphore;
use vocab::{At, DeploymentId, Seed};
use world::pool::{Pool, PoolOptions};
use world::{Clock, Connector, Listener};

use crate::config::{Config, Deployment};
use crate::ingress;
use crate::metrics::Metrics;
use crate::observer::{Choice, Decision, Observer};
use crate::router::Router;
use crate::upstream::Route;

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
    /// Keys all luck: shuffles, jitter, made-up call ids.
    pub seed: Seed,
    /// The instance's name in decisions, such as `gateway[1]`.
    pub instance: Arc<str>,
}

/// Why a gateway cannot be made of a config.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The strategy refuses its arguments.
    #[error("routing strategy cannot be set up: {0}")]
    Strategy(String),
    /// No request could ever be sent to a deployment.
    #[error("deployment `{deployment}` cannot be called: {problem}")]
    Deployment {
        /// Its id.
        deployment: DeploymentId,
        /// Why, and what to try.
        problem: String,
    },
}

impl Gateway {
    /// Makes an instance. It opens no connection before the first request.
    ///
    /// # Errors
    /// [`GatewayError`] if the config names something that cannot work.
    pub fn new(parts: Parts) -> Result<Self, GatewayError> {
        let Parts { config, clock, connector, observer, seed, instance } = parts;
        let (router, fleet) = policy(&config, seed)?;
        let first = Instance {
            pool: Pool::new(connector, PoolOptions::default()),
            metrics: Arc::new(Metrics::new(fleet.len())),
            router,
            fleet,
            config,
            clock,
            observer,
            seed,
            name: instance,
            anonymous: AtomicU64::new(0),
        };
        Ok(Self { current: Current(Arc::new(ArcSwap::from_pointee(first))) })
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
        let (router, fleet) = policy(&config, old.seed)?;
        let ids = |config: &Config| -> Vec<DeploymentId> {
            config.deployments.iter().map(|deployment| deployment.id.clone()).collect()
        };
        let metrics = match ids(&config) == ids(&old.config) {
            true => Arc::clone(&old.metrics),
            false => Arc::new(Metrics::new(fleet.len())),
        };
        let next = Instance {
            pool: old.pool.clone(),
            metrics,
            router,
            fleet,
            config,
            clock: old.clock,
            observer: Arc::clone(&old.observer),
            seed: old.seed,
            name: Arc::clone(&old.name),
            anonymous: AtomicU64::new(old.anonymous.load(Ordering::Relaxed)),
        };
        next.tell("", None, Choice::Reload);
        self.current.0.store(Arc::new(next));
        Ok(())
    }

    /// Serves `listener` until it closes; dropping the future ends every connection.
    ///
    /// # Errors
    /// As `accept(2)`.
    pub async fn serve(&self, listener: Listener) -> io::Result<()> {
        self.serve_until(listener, pending()).await
    }

    /// Serves `listener` until it closes or `stop` is ready. After the stop no connection and no
    /// further request on an open one is taken; open requests have [`GRACE`](crate::GRACE) to end.
    /// A stream that is open then ends with an error event, a request without answer with a 503. A
    /// second later at most this returns; dropping the future ends everything at once.
    ///
    /// # Errors
    /// As `accept(2)`.
    pub async fn serve_until(
        &self,
        listener: Listener,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()> {
        ingress::serve(self.current.clone(), listener, stop).await
    }
}

/// The router of a config, and its deployments ready to be called.
fn policy(config: &Arc<Config>, seed: Seed) -> Result<(Router, Vec<Member>), GatewayError> {
    let router = Router::new(Arc::clone(config), seed)
        .map_err(|error| GatewayError::Strategy(error.to_string()))?;
    let fleet = config.deployments.iter().enumerate();
    let fleet = fleet
        .map(|(index, deployment)| Member::new(deployment, router.fleet().parallel_limit(index)));
    let fleet = fleet.collect::<Result<Vec<_>, _>>()?;
    Ok((router, fleet))
}

/// The instance as its last config made it. A request takes it once and keeps it to its end.
#[derive(Clone, Debug)]
pub(crate) struct Current(Arc<ArcSwap<Instance>>);

impl Current {
    /// Who serves a request that comes now.
    pub(crate) fn instance(&self) -> Arc<Instance> {
        self.0.load_full()
    }
}

impl FromRef<Current> for Arc<Instance> {
    fn from_ref(current: &Current) -> Self {
        current.instance()
    }
}

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) config: Arc<Config>,
    pub(crate) clock: Clock,
    pub(crate) seed: Seed,
    pub(crate) router: Router,
    pub(crate) pool: Pool,
    /// One per deployment, same index.
    pub(crate) fleet: Vec<Member>,
    pub(crate) metrics: Arc<Metrics>,
    observer: Arc<dyn Observer>,
    name: Arc<str>,
    /// Requests that came without a call id.
    anonymous: AtomicU64,
}

/// A deployment, ready to be called.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) route: Route,
    /// Requests at a time, where bounded; more wait. Their number is bounded by the connections.
    pub(crate) slots: Option<Semaphore>,
    pub(crate) id: HeaderValue,
    pub(crate) group: HeaderValue,
    pub(crate) api_base: HeaderValue,
}

impl Instance {
    /// Unix seconds at `at`.
    pub(crate) const fn unix_seconds(&self, at: At) -> u64 {
        self.clock.unix_ns(at) / 1_000_000_000
    }

    /// Tells the observer of a decision.
    pub(crate) fn tell(&self, call_id: &str, deployment: Option<usize>, what: Choice<'_>) {
        let deployment = deployment.map(|index| &self.config.deployments[index].id);
        let (at, instance) = (self.clock.now(), &*self.name);
        self.observer.saw(&Decision { at, call_id, instance, deployment, what });
    }

    /// A call id for a request that brought none, in the form of a UUID; it follows from the seed.
    pub(crate) fn fresh_call_id(&self) -> String {
        let n = self.anonymous.fetch_add(1, Ordering::Relaxed);
        let draw = self.seed.draw("call-id").of(&self.name).n(n);
        let (high, low) = (draw.clone().n(0).bits(), draw.n(1).bits());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }
}

impl Member {
    fn new(deployment: &Deployment, parallel_limit: Option<u32>) -> Result<Self, GatewayError> {
        let refused = |problem: String| GatewayError::Deployment {
            deployment: deployment.id.clone(),
            problem,
        };
        let value = |text: &str| {
            HeaderValue::try_from(text).map_err(|_| {
                refused(format!("`{}` cannot stand in an HTTP header", text.escape_debug()))
            })
        };
        let scheme = if deployment.authority.tls { "https" } else { "http" };
        let api_base = format!("{scheme}://{}{}", deployment.authority, deployment.base_path);
        Ok(Self {
            route: Route::new(deployment).map_err(|error| refused(error.to_string()))?,
            // A limit of 0 would block for ever; a semaphore holds no more than this.
            slots: parallel_limit
                .map(|slots| Semaphore::new(slots.clamp(1, u32::MAX >> 4) as usize)),
            id: value(deployment.id.as_str())?,
            group: value(&deployment.group)?,
            api_base: value(&api_base)?,
        })
    }
}
