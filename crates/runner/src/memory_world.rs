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
    servers: Servers,
}

/// The servers of a world, and who hears of their end.
#[derive(Debug)]
struct Servers {
    tasks: Tasks,
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
        let servers = Servers { tasks: Tasks::new(SERVERS_MAX), watch: ServerWatch::default() };
        let mut world = Self { network, fakes, servers };
        for (index, host) in world.fakes.hosts().to_vec().iter().enumerate() {
            let link = Link { latency: links.get(&host.host).copied().unwrap_or_default() };
            let listener = world.network.listen(&host.host, host.port, link)?;
            let server = servers::fake(&world.fakes, index, listener);
            world.start(server)?;
        }
        Ok(world)
    }

    /// Starts one more server.
    ///
    /// # Errors
    /// If there are too many.
    pub(crate) fn start(&mut self, server: Server) -> io::Result<()> {
        let full = || io::Error::other(format!("a world has at most {SERVERS_MAX} servers"));
        let started = self.servers.tasks.spawn(self.servers.watch.over(server));
        if started { Ok(()) } else { Err(full()) }
    }

    /// `load` to its end, unless a server ends before; then the world ends.
    ///
    /// # Errors
    /// The server that ended.
    pub(crate) async fn during<T>(mut self, load: impl Future<Output = T>) -> Result<T, ServerEnd> {
        let value = self.servers.watch.during(load).await?;
        self.fakes.close();
        drop(self.servers);
        // Aborted tasks drop what they hold when the runtime next runs them.
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(value)
    }
}
