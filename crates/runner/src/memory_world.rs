//! Fakes over a network in memory, and the tasks of a virtual world's servers. It must never touch a
//! socket, or know who calls.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use fake_providers::Fakes;
use world::{Link, MemoryNetwork, Tasks};

use crate::servers::{self, Server, ServerEnd, ServerWatch};

/// Servers of one world: hosts, instances and a balancer.
const SERVERS_MAX: usize = 10_000;

/// Fakes that are served over a network in memory.
#[derive(Debug)]
pub(crate) struct MemoryWorld {
    pub(crate) network: MemoryNetwork,
    pub(crate) fakes: Fakes,
    hosts: Tasks,
    gateways: Tasks,
    watch: ServerWatch,
}

impl MemoryWorld {
    /// Serves every host of `fakes`; the path to each has the latency that `links` says.
    ///
    /// # Errors
    /// If two listeners want one name.
    pub(crate) fn new(fakes: Fakes, links: &BTreeMap<String, Duration>) -> io::Result<Self> {
        let network = MemoryNetwork::new();
        network.resolve_by(fakes.names());
        let (hosts, gateways) = (Tasks::new(SERVERS_MAX), Tasks::new(SERVERS_MAX));
        let mut world = Self { network, fakes, hosts, gateways, watch: ServerWatch::default() };
        for (index, host) in world.fakes.hosts().to_vec().iter().enumerate() {
            let link = Link { latency: links.get(&host.host).copied().unwrap_or_default() };
            let listener = world.network.listen(&host.host, host.port, link)?;
            let server = world.watch.over(servers::fake(&world.fakes, index, listener));
            started(world.hosts.spawn(server))?;
        }
        Ok(world)
    }

    /// Starts one more server in front of the fakes.
    ///
    /// # Errors
    /// If there are too many.
    pub(crate) fn start(&mut self, server: Server) -> io::Result<()> {
        started(self.gateways.spawn(self.watch.over(server)))
    }

    /// `load` to its end, unless a server ends before; then the world ends, those in front first: requests that
    /// outlast their clients end with their gateway, and do not meet the end of the fakes as one more failure.
    ///
    /// # Errors
    /// The server that ended.
    pub(crate) async fn during<T>(mut self, load: impl Future<Output = T>) -> Result<T, ServerEnd> {
        let value = self.watch.during(load).await?;
        drop(self.gateways);
        dropped().await;
        self.fakes.close();
        drop(self.hosts);
        dropped().await;
        Ok(value)
    }
}

/// Aborted tasks drop what they hold when the runtime next runs them.
async fn dropped() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

fn started(spawned: bool) -> io::Result<()> {
    let full = || io::Error::other(format!("a world has at most {SERVERS_MAX} servers of a kind"));
    if spawned { Ok(()) } else { Err(full()) }
}
