//! The servers of a world: fakes, gateway instances, balancer; and what is to be done when one of them
//! ends while the run goes on.
//!
//! A server ends only with its world. One that ends before has taken its part of the numbers with
//! it, so the run has no result. It must never know what a server serves.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use fake_providers::Fakes;
use gateway::balancer::Balancer;
use gateway::{Gateway, Luck, Parts};
use plan::ContenderPlan;
use tokio::sync::mpsc;
use world::{Authority, Connector, Listener};

use crate::error::RunError;
use crate::lifecycle::{Instance, Reopen};
use crate::link_faults::listener_rules;
use crate::process::RunningProduct;
use crate::world_parts::WorldParts;

/// A server: it ends when it is dropped, or tells why it ended before.
pub(crate) struct Server {
    name: String,
    whose: Whose,
    serving: Pin<Box<dyn Future<Output = String> + Send>>,
}

impl Server {
    fn new(name: String, serving: impl Future<Output = String> + Send + 'static) -> Self {
        Self { name, whose: Whose::Ours, serving: Box::pin(serving) }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Whose server it is, and so whose mistake its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Ours,
    /// A product's.
    Theirs,
}

/// Why a server ended before its world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerEnd {
    pub(crate) server: String,
    pub(crate) whose: Whose,
    pub(crate) why: String,
}

impl ServerEnd {
    fn panicked(server: String, whose: Whose) -> Self {
        Self { server, whose, why: "it panicked, which is a mistake of brownout".to_owned() }
    }

    /// What it means for the run of a contender.
    pub(crate) fn of(self, contender: &str) -> RunError {
        let Self { server, whose, why } = self;
        let contender = contender.to_owned();
        match whose {
            Whose::Ours => RunError::Server { contender, server, why },
            Whose::Theirs => RunError::ProductEnded { contender, server, why },
        }
    }
}

/// Hears of servers that end.
#[derive(Debug)]
pub(crate) struct ServerWatch {
    // The first end is enough: it ends the run.
    ends: mpsc::Sender<ServerEnd>,
    ended: mpsc::Receiver<ServerEnd>,
}

impl Default for ServerWatch {
    fn default() -> Self {
        let (ends, ended) = mpsc::channel(1);
        Self { ends, ended }
    }
}

impl ServerWatch {
    /// `server`, whose end is heard of.
    pub(crate) fn over(&self, server: Server) -> impl Future<Output = ()> + Send + use<> {
        let ends = self.ends.clone();
        async move {
            let Server { name, whose, serving } = server;
            let mut end = TellsItsEnd { ends, end: Some(ServerEnd::panicked(name, whose)) };
            let why = serving.await;
            if let Some(end) = &mut end.end {
                end.why = why;
            }
        }
    }

    /// `load` to its end, unless a server ends before.
    pub(crate) async fn during<T>(
        &mut self,
        load: impl Future<Output = T>,
    ) -> Result<T, ServerEnd> {
        tokio::select! {
            biased;
            Some(end) = self.ended.recv() => Err(end),
            value = load => Ok(value),
        }
    }
}

/// Tells how a server ended when it is dropped: a panic unwinds through it. One that is dropped with
/// its world tells nobody.
#[derive(Debug)]
struct TellsItsEnd {
    ends: mpsc::Sender<ServerEnd>,
    end: Option<ServerEnd>,
}

impl Drop for TellsItsEnd {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            // Full: another one ended first.
            let _ = self.ends.try_send(end);
        }
    }
}

/// What a server needs from its world.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) listener: Listener,
}

/// The fakes of one host over its listener.
pub(crate) fn fake(fakes: &Fakes, host: usize, listener: Listener) -> Server {
    let serving = fakes.serve(host, listener);
    let server = fakes.hosts().get(host).map(|host| host.host.clone()).unwrap_or_default();
    Server::new(server, async move {
        serving.await;
        NO_MORE.to_owned()
    })
}

/// A product, which serves by itself: only its end is heard of.
pub(crate) fn product(product: &RunningProduct) -> Server {
    let found = product.found();
    let name = format!("{} {}", found.title(), found.version());
    Server { whose: Whose::Theirs, ..Server::new(name, product.ended()) }
}

/// One gateway instance over its listener.
pub(crate) fn gateway(
    parts: WorldParts<'_>,
    contender: &ContenderPlan,
    number: u32,
    (endpoint, reopen): (Endpoint, Reopen),
) -> Result<Server, RunError> {
    let name = record::instance_name(number);
    let events = contender.instance_events.iter().filter(|event| event.instance == number);
    let instance = Instance {
        parts: Parts {
            luck: Luck::CallId,
            config: Arc::new(contender.gateway.clone()),
            clock: parts.clock,
            connector: endpoint.connector,
            observer: Arc::clone(parts.recorder) as Arc<dyn gateway::observer::Observer>,
            seed: parts.plan.load.seed,
            instance: Arc::from(name.as_str()),
        },
        events: events.cloned().collect(),
        reopen,
        rules: listener_rules(parts.clock, contender, number),
    };
    let first = instance.start().map_err(|error| RunError::Gateway {
        contender: contender.name.to_string(),
        message: error.to_string(),
    })?;
    Ok(Server::new(name, async move { instance.run(first, endpoint.listener).await.to_string() }))
}

/// A gateway to which nothing happens.
pub(crate) fn calm_gateway(gateway: Gateway, listener: Listener) -> Server {
    let name = record::instance_name(1);
    Server::new(name, async move { accepting(gateway.serve(listener).await) })
}

/// The balancer in front of several instances.
pub(crate) fn balancer(
    parts: WorldParts<'_>,
    contender: &ContenderPlan,
    endpoint: Endpoint,
    instances: Vec<Authority>,
) -> Server {
    let seed = parts.plan.load.seed;
    let balancer =
        Balancer::new(contender.balance, instances, endpoint.connector, parts.clock, seed);
    Server::new(
        "balancer".to_owned(),
        async move { accepting(balancer.serve(endpoint.listener).await) },
    )
}

/// Why a server that accepts stopped doing so.
fn accepting(served: io::Result<()>) -> String {
    served.map_or_else(|error| error.to_string(), |()| NO_MORE.to_owned())
}

/// A server that ended and does not say why.
const NO_MORE: &str = "it accepts no more connections";

#[cfg(test)]
mod tests {
    use std::future::{Future, pending};

    use super::{Server, ServerEnd, ServerWatch};

    /// What is heard of a server while the load goes on for ever.
    async fn heard(serving: impl Future<Output = String> + Send + 'static) -> ServerEnd {
        let mut watch = ServerWatch::default();
        let _ = tokio::spawn(watch.over(Server::new("fake".to_owned(), serving))).await;
        watch.during(pending::<()>()).await.expect_err("a load that never ends")
    }

    #[tokio::test]
    async fn a_server_that_ends_says_why() {
        let end = heard(async { "no more".to_owned() }).await;
        assert_eq!((&*end.server, &*end.why), ("fake", "no more"));
    }

    #[tokio::test]
    async fn a_server_that_panics_is_not_a_provider_that_fails() {
        let end = heard(async { panic!("a mistake") }).await;
        assert_eq!(end.server, "fake");
        assert!(end.why.contains("panicked"), "{}", end.why);
    }
}
