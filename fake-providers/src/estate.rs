//! Everything that a world of fakes consists of while it runs: deployments with their meters and
//! slots, sites (one per host) with their open lines, the schedule of faults, the book of attempts.
//!
//! State is per deployment and never shared between contenders: each gets its own estate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use vocab::Seed;
use world::{Clock, Passages};

use crate::capacity::Slots;
use crate::config::{DeploymentConfig, FakesConfig, Quota};
use crate::intake::Intake;
use crate::journal::Journal;
use crate::latency::Pace;
use crate::ledger::{Book, Kept, Ledger};
use crate::limits::Throttle;
use crate::line::Lines;
use crate::persona::Persona;
use crate::schedule::Schedule;
use crate::timeline::Timeline;
use crate::{FakesError, Host};

/// The fakes of one world.
#[derive(Debug)]
pub(crate) struct Estate {
    pub(crate) seed: Seed,
    pub(crate) clock: Clock,
    pub(crate) schedule: Arc<Timeline>,
    /// Kept by fakes that stand alone; no run has one.
    pub(crate) journal: Option<Arc<Kept>>,
    pub(crate) book: Arc<Book>,
    pub(crate) intake: Intake,
    pub(crate) deployments: Vec<Deployment>,
    pub(crate) sites: Vec<Site>,
    /// The sites' names, in their order.
    pub(crate) hosts: Vec<Host>,
    /// What links do to connections over sockets.
    pub(crate) passages: Passages,
}

/// One fake.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) index: usize,
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
pub(crate) struct Site {
    /// Positions of its deployments; at least one.
    pub(crate) deployments: Vec<usize>,
    pub(crate) lines: Lines,
}

impl Estate {
    pub(crate) fn new(
        config: FakesConfig,
        clock: Clock,
        ledger: Arc<dyn Ledger>,
        with_journal: bool,
    ) -> Result<Self, FakesError> {
        let schedule = Arc::new(Timeline::new(Schedule::new(&config)?));
        let journal = with_journal.then(|| {
            let timeline = Arc::clone(&schedule);
            Arc::new(Kept { journal: Journal::default(), timeline })
        });
        let (mut hosts, mut sites) = (Vec::<Host>::new(), Vec::<Site>::new());
        let mut deployments = Vec::with_capacity(config.deployments.len());
        for (index, config) in config.deployments.into_iter().enumerate() {
            let host = Host { host: config.host.clone(), port: config.port };
            match hosts.iter().position(|known| *known == host) {
                Some(at) => sites[at].deployments.push(index),
                None => {
                    hosts.push(host);
                    sites.push(Site { deployments: vec![index], lines: Lines::default() });
                }
            }
            deployments.push(Deployment::new(index, config, clock)?);
        }
        for quota in &config.quotas {
            share(quota, &mut deployments, clock);
        }
        let book = Arc::new(Book::new(ledger, clock, journal.clone()));
        let intake = Intake::default();
        Ok(Self {
            seed: config.seed,
            clock,
            schedule,
            journal,
            book,
            intake,
            deployments,
            sites,
            hosts,
            passages: Passages::default(),
        })
    }

    /// What every deployment was made from, in order.
    pub(crate) fn configs(&self) -> Vec<DeploymentConfig> {
        self.deployments.iter().map(|deployment| deployment.config.clone()).collect()
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
    fn new(index: usize, config: DeploymentConfig, clock: Clock) -> Result<Self, FakesError> {
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
