//! Who plays in a world, and how its pieces are put together; the same in both worlds.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use fake_providers::Fakes;
use gateway::Parts;
use gateway::balancer::Balancer;
use loadgen::Surroundings;
use loadgen::config::{Dialect, Secret, Target};
use plan::{ContenderPlan, Plan};
use vocab::Protocol;
use world::{Authority, Clock, Connector, Link, Listener};

use crate::DIRECT;
use crate::harm;
use crate::life::{Life, Reopen};
use crate::recorder::Recorder;
use crate::run::{RunError, RunOptions, WatchedContender};

/// Port on which gateways and balancers listen inside a world: LiteLLM's.
pub(crate) const GATEWAY_PORT: u16 = 4000;

/// Who plays: a contender, or the clients alone.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Player<'a> {
    /// No gateway: clients call the first deployment themselves.
    Direct,
    /// A contender.
    Contender(&'a ContenderPlan),
}

/// A server's life: it ends when it is dropped.
pub(crate) type Server = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<'a> Player<'a> {
    /// Everybody, the mark first.
    pub(crate) fn all(plan: &'a Plan) -> Vec<Self> {
        std::iter::once(Self::Direct).chain(plan.contenders.iter().map(Self::Contender)).collect()
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Direct => DIRECT,
            Self::Contender(contender) => contender.name.as_str(),
        }
    }

    /// Gateways of this player, from 1; none for the mark.
    pub(crate) fn instances(&self) -> u32 {
        match self {
            Self::Direct => 0,
            Self::Contender(contender) => contender.instances,
        }
    }

    /// Whom the clients call. `entry` is where gateway or balancer stands.
    pub(crate) fn target(&self, plan: &Plan, entry: Authority) -> Target {
        match self {
            Self::Direct => direct_target(plan),
            Self::Contender(contender) => Target {
                to: entry,
                path: Arc::from("/v1/chat/completions"),
                dialect: Dialect::OpenAi,
                key: Secret(Arc::from(
                    contender.gateway.master_key.as_ref().map_or("sk-none", |key| key.reveal()),
                )),
                model: None,
            },
        }
    }
}

/// The first deployment, called as its provider's own clients would.
fn direct_target(plan: &Plan) -> Target {
    let Some(first) = plan.fakes.deployments.first() else {
        return Target {
            to: authority("nowhere", 80),
            path: Arc::from("/"),
            dialect: Dialect::OpenAi,
            key: Secret(Arc::from("")),
            model: None,
        };
    };
    let (path, dialect) = match first.protocol {
        Protocol::Azure => (
            format!(
                "/openai/deployments/{}/chat/completions?api-version=2024-08-01-preview",
                first.model
            ),
            Dialect::Azure,
        ),
        Protocol::Anthropic => ("/v1/messages".to_owned(), Dialect::Anthropic),
        Protocol::OpenAi | Protocol::Gemini | Protocol::Bedrock => {
            ("/v1/chat/completions".to_owned(), Dialect::OpenAi)
        }
    };
    Target {
        to: authority(&first.host, first.port),
        path: Arc::from(path),
        dialect,
        key: Secret(Arc::from(first.key.as_str())),
        model: Some(Arc::from(first.model.as_str())),
    }
}

/// Ids of deployments by number, for the marks in tokens; number 1 stands first.
pub(crate) fn names(plan: &Plan) -> Arc<[String]> {
    plan.fakes.deployments.iter().map(|deployment| deployment.id.to_string()).collect()
}

/// A host of this world, in plain text.
pub(crate) fn authority(host: &str, port: u16) -> Authority {
    Authority { host: Arc::from(host), port, tls: false }
}

/// Name of instance `n`, from 1, as ledger and decisions show it.
pub(crate) fn instance_name(n: u32) -> String {
    format!("gateway[{n}]")
}

/// A world under construction: who plays in it, by which clock, and who writes it down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) player: Player<'a>,
    pub(crate) clock: Clock,
    pub(crate) recorder: &'a Arc<Recorder>,
}

impl Stage<'_> {
    /// One gateway instance over its listener.
    pub(crate) fn gateway(
        &self,
        contender: &ContenderPlan,
        number: u32,
        (seat, reopen): (Seat, Reopen),
    ) -> Result<Server, RunError> {
        let parts = Parts {
            config: Arc::new(contender.gateway.clone()),
            clock: self.clock,
            connector: seat.connector,
            observer: Arc::clone(self.recorder) as Arc<dyn gateway::observer::Observer>,
            seed: self.plan.load.seed,
            instance: Arc::from(instance_name(number)),
        };
        let events = contender.instance_events.iter().filter(|event| event.instance == number);
        let life = Life {
            parts,
            events: events.cloned().collect(),
            reopen,
            grounds: harm::grounds(*self, contender, number),
        };
        let first = life.born().map_err(|error| RunError::Gateway {
            contender: contender.name.to_string(),
            message: error.to_string(),
        })?;
        Ok(Box::pin(life.live(first, seat.listener)))
    }

    /// The balancer in front of several instances.
    pub(crate) fn balancer(
        &self,
        contender: &ContenderPlan,
        seat: Seat,
        instances: Vec<Authority>,
    ) -> Server {
        let seed = self.plan.load.seed;
        let balancer =
            Balancer::new(contender.balance, instances, seat.connector, self.clock, seed);
        Box::pin(async move { ended(balancer.serve(seat.listener).await) })
    }

    /// What the generator needs beside its schedule.
    pub(crate) fn surroundings(
        &self,
        connector: Arc<dyn Connector>,
        watched: &WatchedContender,
        options: &RunOptions,
    ) -> Surroundings {
        Surroundings {
            names: names(self.plan),
            clock: self.clock,
            connector,
            sink: Arc::clone(self.recorder) as Arc<dyn loadgen::Sink>,
            live: Arc::clone(&watched.live),
            stop: Arc::clone(&options.stop),
        }
    }

    /// The fakes of this world.
    pub(crate) fn fakes(&self) -> Result<Fakes, RunError> {
        let ledger = Arc::clone(self.recorder) as Arc<dyn fake_providers::Ledger>;
        Ok(Fakes::new(self.plan.fakes.clone(), self.clock, ledger)?)
    }

    /// The path to a host.
    pub(crate) fn link(&self, host: &str) -> Link {
        Link { latency: self.plan.links.get(host).copied().unwrap_or_default() }
    }

    /// The machine refused something.
    pub(crate) fn failed(&self, source: io::Error) -> RunError {
        RunError::World { contender: self.player.name().to_owned(), source }
    }
}

/// The fakes of one host over its listener.
pub(crate) fn fake(fakes: &Fakes, host: usize, listener: Listener) -> Server {
    let serving = fakes.serve(host, listener);
    Box::pin(async move {
        let _ = serving.await;
    })
}

/// What a server needs from its world.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) listener: Listener,
}

/// A server that stops serving while the world goes on shows in every number; nothing to add here.
fn ended(_: io::Result<()>) {}
