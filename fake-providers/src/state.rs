//! Everything that a world of fakes consists of while it runs: deployments with their meters and
//! slots, hosts with their open connections, the schedule of faults, the book of attempts.
//!
//! State is per deployment and never shared between contenders: each gets its own state.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use record::{AttemptEnd, AttemptKind, Stage};
use vocab::Seed;
use world::{Clock, Dial, Passages};

use crate::attempt_record::{Numbers, Opening};
use crate::body_limits::BodyLimits;
use crate::capacity::Slots;
use crate::config::{DeploymentConfig, FakesConfig, Quota};
use crate::connection::Connections;
use crate::error::FakesError;
use crate::index::{DeploymentIndex, HostIndex};
use crate::journal::Journal;
use crate::latency::Pace;
use crate::lateness::LatenessBook;
use crate::ledger::{Attempt, Book, Ledger};
use crate::limits::Throttle;
use crate::persona::Persona;
use crate::schedule::Schedule;
use crate::schedule::timeline::Timeline;

/// The fakes of one world.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) seed: Seed,
    pub(crate) clock: Clock,
    pub(crate) schedule: Arc<Timeline>,
    /// Kept by fakes that stand alone; no run has one.
    pub(crate) journal: Option<Arc<Journal>>,
    pub(crate) book: Arc<Book>,
    pub(crate) body_limits: BodyLimits,
    pub(crate) deployments: Vec<Deployment>,
    pub(crate) host_states: Vec<HostState>,
    /// The hosts' names, in their order.
    pub(crate) hosts: Vec<Host>,
    /// What links do to connections over sockets.
    pub(crate) passages: Passages,
    /// How late answers were.
    pub(crate) lateness: LatenessBook,
}

/// A host that wants a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Host name, as the config names it.
    pub host: String,
    /// Port, as the config names it.
    pub port: u16,
}

/// One fake.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) index: DeploymentIndex,
    pub(crate) config: DeploymentConfig,
    pub(crate) persona: Persona,
    pub(crate) pace: Pace,
    /// Shared by all deployments of a quota.
    pub(crate) throttle: Option<Arc<Throttle>>,
    pub(crate) slots: Option<Slots>,
    /// Calls without a prompt id so far: the key of their luck.
    probes: AtomicU64,
    /// Bits of the factor to which faults have lowered its limits.
    lowered: AtomicU64,
}

/// One host: a listener, and who answers behind it.
#[derive(Debug)]
pub(crate) struct HostState {
    /// Positions of its deployments; at least one.
    pub(crate) deployments: Vec<DeploymentIndex>,
    pub(crate) connections: Connections,
}

impl State {
    pub(crate) fn new(
        config: FakesConfig,
        clock: Clock,
        ledger: Arc<dyn Ledger>,
        with_journal: bool,
    ) -> Result<Self, FakesError> {
        let schedule = Arc::new(Timeline::new(Schedule::new(&config)?));
        let journal = with_journal.then(|| Arc::new(Journal::default()));
        let (mut hosts, mut host_states) = (Vec::<Host>::new(), Vec::<HostState>::new());
        let mut deployments = Vec::with_capacity(config.deployments.len());
        for (at, config) in config.deployments.into_iter().enumerate() {
            let index = DeploymentIndex(at);
            let host = Host { host: config.host.clone(), port: config.port };
            match hosts.iter().position(|known| *known == host) {
                Some(at) => host_states[at].deployments.push(index),
                None => {
                    hosts.push(host);
                    host_states.push(HostState {
                        deployments: vec![index],
                        connections: Connections::default(),
                    });
                }
            }
            deployments.push(Deployment::new(index, config, clock)?);
        }
        for quota in &config.quotas {
            share(quota, &mut deployments, clock);
        }
        let book = Arc::new(Book::new(ledger, clock, (Arc::clone(&schedule), journal.clone())));
        let body_limits = BodyLimits::default();
        Ok(Self {
            seed: config.seed,
            clock,
            schedule,
            journal,
            book,
            body_limits,
            deployments,
            host_states,
            hosts,
            passages: Passages::default(),
            lateness: LatenessBook::default(),
        })
    }

    /// What every deployment was made from, in order.
    pub(crate) fn configs(&self) -> Vec<DeploymentConfig> {
        self.deployments.iter().map(|deployment| deployment.config.clone()).collect()
    }

    /// The deployment at this position.
    pub(crate) fn deployment(&self, index: DeploymentIndex) -> Option<&Deployment> {
        self.deployments.get(index.0)
    }

    /// The host at this position.
    pub(crate) fn host(&self, index: HostIndex) -> Option<&HostState> {
        self.host_states.get(index.0)
    }

    /// The deployments behind a host, in the order of the config.
    pub(crate) fn behind(&self, host: HostIndex) -> impl Iterator<Item = &Deployment> {
        let indices = self.host(host).map_or(&[][..], |host| &host.deployments);
        indices.iter().filter_map(|index| self.deployment(*index))
    }

    /// The host that a dial is for, and its first deployment; `None` if it is none of ours.
    pub(crate) fn dialled(&self, dial: Dial<'_>) -> Option<(HostIndex, DeploymentIndex)> {
        let is_it = |host: &Host| *host.host == *dial.to.host && host.port == dial.to.port;
        let host = HostIndex(self.hosts.iter().position(is_it)?);
        Some((host, *self.host(host)?.deployments.first()?))
    }

    /// Opens the attempt of a dial by `gateway` that does not become a connection to the host whose
    /// first deployment is `first`. Its label is the number of the request for which it dials, or the name of something
    /// that is no request; it is empty where nobody says.
    pub(crate) fn open_dial(
        &self,
        first: DeploymentIndex,
        on_behalf_of: &str,
        gateway: &str,
    ) -> Attempt {
        let request: Option<u64> = on_behalf_of.parse().ok();
        let kind = match request.is_none() && !on_behalf_of.is_empty() {
            true => AttemptKind::Probe,
            false => AttemptKind::Request,
        };
        let numbers = request.map_or(Numbers::default(), |request| self.book.count(request, first));
        let deployment = self.deployment(first).map(|first| first.config.id.clone());
        let attempt = self.book.open(Opening {
            request,
            numbers,
            kind,
            stage: Stage::Connect,
            deployment: deployment.unwrap_or_else(|| vocab::DeploymentId::from("")),
            gateway: gateway.to_owned(),
            prompt_tokens: 0,
            inference: true,
        });
        attempt.record().doom(AttemptEnd::Refused);
        attempt
    }

    /// Unix nanoseconds, the meters' time.
    pub(crate) fn unix_ns(&self) -> u64 {
        self.clock.unix_ns(self.clock.now())
    }
}

/// Gives the members of a quota one bucket, in place of their own.
fn share(quota: &Quota, deployments: &mut [Deployment], clock: Clock) {
    let first = quota.deployments.first().and_then(|index| deployments.get(*index));
    let Some(protocol) = first.map(|first| first.config.protocol) else { return };
    let now_ns = clock.unix_ns(vocab::At::START);
    let shared = Throttle::new(protocol, &quota.limits, now_ns).map(Arc::new);
    for index in &quota.deployments {
        if let Some(deployment) = deployments.get_mut(*index) {
            deployment.throttle.clone_from(&shared);
        }
    }
}

impl Deployment {
    fn new(
        index: DeploymentIndex,
        config: DeploymentConfig,
        clock: Clock,
    ) -> Result<Self, FakesError> {
        let persona = Persona::of(config.protocol);
        let now_ns = clock.unix_ns(vocab::At::START);
        Ok(Self {
            index,
            persona,
            pace: Pace::new(&config.latency),
            throttle: Throttle::new(config.protocol, &config.limits, now_ns).map(Arc::new),
            slots: config.capacity.map(Slots::new),
            probes: AtomicU64::new(0),
            lowered: AtomicU64::new(1.0f64.to_bits()),
            config,
        })
    }

    /// Forgets what it has counted and worked off: luck and limits begin anew.
    pub(crate) fn reset(&self, now_ns: u64) {
        self.probes.store(0, Ordering::Relaxed);
        if let Some(throttle) = &self.throttle {
            throttle.refill(now_ns);
        }
    }

    /// The factor to which limits must be set, if it is not the one that they have: `factor` of what
    /// the config says.
    pub(crate) fn lowered(&self, factor: f64) -> Option<f64> {
        let bits = factor.to_bits();
        (self.lowered.swap(bits, Ordering::Relaxed) != bits).then_some(factor)
    }

    /// The ordinal of a call without a prompt id.
    pub(crate) fn next_probe(&self) -> u64 {
        self.probes.fetch_add(1, Ordering::Relaxed)
    }
}
