//! One gateway instance: its parts, put together once and shared by every request.
//!
//! Instances share nothing with each other, as replicas without a Redis do: each has its own books on
//! the fleet, its own connections and its own counters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use axum::extract::FromRef;
use http::HeaderValue;
use tokio::sync::Notify;
use vocab::{At, DeploymentId, Seed};
use world::Clock;
use world::pool::Pool;

use crate::concurrency::ConcurrencyLimit;
use crate::config::{Config, Deployment, DeploymentIndex, Secret};
use crate::credentials::Source;
use crate::keyed_rng::Luck;
use crate::metrics::Metrics;
use crate::observer::{Choice, Decision, Observer};
use crate::policy::cooldown::{CooldownStep, Cooled};
use crate::pools::Pools;
use crate::routing::router::Router;
use crate::upstream::Route;
use crate::upstream::failure::Reason;

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

/// The instance as its last config made it. A request takes it once and keeps it to its end.
#[derive(Clone, Debug)]
pub(crate) struct Current(Arc<ArcSwap<Instance>>, Arc<Notify>);

impl Current {
    pub(crate) fn new(first: Instance) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(first)), Arc::default())
    }

    /// Later requests are served by `next`.
    pub(crate) fn replace(&self, next: Instance) {
        self.0.store(Arc::new(next));
        self.1.notify_waiters();
    }

    /// Waits until another one serves than `instance`.
    pub(crate) async fn replaced(&self, instance: &Arc<Instance>) {
        loop {
            let told = self.1.notified();
            if !Arc::ptr_eq(instance, &self.0.load()) {
                return;
            }
            told.await;
        }
    }

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
    pub(crate) luck: Luck,
    /// Requests that came.
    pub(crate) requests: AtomicU64,
    pub(crate) router: Router,
    pub(crate) pools: Pools,
    /// One per deployment, same index.
    pub(crate) members: Vec<Member>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) observer: Arc<dyn Observer>,
    /// Its name in decisions, such as `gateway[1]`.
    pub(crate) name: Arc<str>,
    /// Requests that came without a call id.
    pub(crate) anonymous: AtomicU64,
    /// Told when a cooldown of anybody begins: whoever checks deployments knows then for when to set its clock.
    pub(crate) somebody_left: Notify,
}

/// A deployment, ready to be called.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) route: Route,
    /// Its connections.
    pub(crate) pool: Pool,
    /// Where its credentials come from, if they are fetched.
    pub(crate) source: Option<Arc<Source>>,
    /// Requests at a time, where bounded.
    pub(crate) concurrency: Option<ConcurrencyLimit>,
    /// Told when a cooldown of it begins.
    pub(crate) left_rotation: Notify,
    pub(crate) id: HeaderValue,
    /// Its model as the config writes it.
    pub(crate) model: HeaderValue,
    pub(crate) group: HeaderValue,
    pub(crate) api_base: HeaderValue,
}

impl Instance {
    /// Unix seconds at `at`.
    pub(crate) const fn unix_seconds(&self, at: At) -> u64 {
        self.clock.unix_ns(at) / 1_000_000_000
    }

    /// Tells the observer of a decision.
    pub(crate) fn tell(
        &self,
        call_id: &str,
        deployment: Option<DeploymentIndex>,
        what: Choice<'_>,
    ) {
        let deployment = deployment.map(|index| &self.config.deployments[index].id);
        let (at, instance) = (self.clock.now(), &*self.name);
        self.observer.saw(&Decision { at, call_id, instance, deployment, what });
    }

    /// Tells what became of a deployment's place in the rotation, and whoever waits for that.
    pub(crate) fn tell_cooldown(
        &self,
        call_id: &str,
        deployment: DeploymentIndex,
        (step, reason): (CooldownStep, Reason),
    ) {
        let what = match step {
            CooldownStep::Begins(Cooled { lasts, reason }) => {
                self.metrics.cooled(deployment);
                self.members[deployment].left_rotation.notify_waiters();
                self.somebody_left.notify_one();
                Choice::Cooldown { lasts, reason }
            }
            CooldownStep::Prolonged(Cooled { lasts, reason }) => {
                Choice::CooldownProlonged { lasts, reason }
            }
            CooldownStep::None(why) => Choice::NoCooldown { why, reason },
        };
        self.tell(call_id, Some(deployment), what);
    }

    /// Deployments that take so many requests at a time, each with the number of places that are taken.
    pub(crate) fn places(&self) -> Vec<(DeploymentIndex, u32)> {
        let all = DeploymentIndex::all(self.members.len());
        let taken = |index: DeploymentIndex| {
            let limit = self.members[index].concurrency.as_ref()?;
            Some((index, limit.taken()))
        };
        all.filter_map(taken).collect()
    }

    /// What the draws of the request that comes now go by.
    pub(crate) fn luck_of(&self, call_id: &Arc<str>) -> Arc<str> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        match self.luck {
            Luck::CallId => Arc::clone(call_id),
            Luck::Arrival => Arc::from(format!("{call_id}#{number}")),
        }
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
    /// What nobody else may hear of what was fetched for it.
    pub(crate) fn fetched(&self) -> Vec<Secret> {
        self.source.as_ref().map_or_else(Vec::new, |source| source.secrets())
    }

    /// Prepares `deployment`, which takes `parallel_limit` requests at a time.
    pub(crate) fn new(
        deployment: &Deployment,
        parallel_limit: Option<u32>,
        (pool, source): (Pool, Option<Arc<Source>>),
    ) -> Result<Self, GatewayError> {
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
            pool,
            source,
            concurrency: parallel_limit.map(ConcurrencyLimit::new),
            left_rotation: Notify::new(),
            id: value(deployment.id.as_str())?,
            model: value(&deployment.model_as_written)?,
            group: value(&deployment.group)?,
            api_base: value(&api_base)?,
        })
    }
}
