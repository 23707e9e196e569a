//! An in-memory network: named hosts, bounded pipes, links with latency. For virtual time, where a
//! real socket would make the clock jump ahead of the kernel.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::conn::Io;
use crate::control::Control;
use crate::listen::Inner;
use crate::{Authority, BoxFuture, Conn, Connector, Dial, Incoming, Listener, Names, Premises};

/// Bytes that fit into one direction of a connection before the writer must wait: 64 KiB.
const PIPE_BYTES: usize = 64 * 1024;

/// Dials that may wait at one host's door; more are refused, as with a full accept backlog (Linux'
/// `somaxconn`).
const BACKLOG: usize = 4096;

/// The path to a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// One-way latency; a dial takes two of them, and is seen after the first.
    pub latency: Duration,
}

/// A network of named hosts in one process. Clones are the same network.
#[derive(Clone, Debug, Default)]
pub struct MemoryNetwork {
    hosts: Arc<Mutex<BTreeMap<(String, u16), Door>>>,
    names: Arc<OnceLock<Arc<dyn Names>>>,
}

#[derive(Clone, Debug)]
struct Door {
    knocks: mpsc::Sender<Incoming>,
    link: Link,
}

impl MemoryNetwork {
    /// An empty network.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a host's port.
    ///
    /// # Errors
    /// `AddrInUse` if somebody listens there already.
    pub fn listen(&self, host: &str, port: u16, link: Link) -> io::Result<Listener> {
        let (send, knocks) = mpsc::channel(BACKLOG);
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (host.to_ascii_lowercase(), port);
        if hosts.get(&key).is_some_and(|door| !door.knocks.is_closed()) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        hosts.insert(key, Door { knocks: send, link });
        Ok(Listener {
            inner: Inner::Memory { knocks, host: host.to_owned(), port },
            link,
            waiting: None,
            identity: None,
            premises: Premises::default(),
        })
    }

    /// Lets `names` decide what becomes of every name from here on. Only the first call counts.
    pub fn resolve_by(&self, names: Arc<dyn Names>) {
        // A second one would change the world under those who live in it.
        let _ = self.names.set(names);
    }

    /// A connector whose connections come from `host`, as the other end sees it.
    pub fn connector(&self, host: &str) -> Arc<dyn Connector> {
        Arc::new(MemoryConnector { network: self.clone(), host: host.to_owned() })
    }

    fn door(&self, to: &Authority) -> io::Result<Door> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.get(&(to.host.to_string(), to.port)).cloned().ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("no host {to} in this world"))
        })
    }
}

#[derive(Debug)]
struct MemoryConnector {
    network: MemoryNetwork,
    host: String,
}

impl Connector for MemoryConnector {
    fn connect<'a>(&'a self, dial: Dial<'a>) -> BoxFuture<'a, io::Result<Conn>> {
        Box::pin(async move {
            let door = self.network.door(dial.to)?;
            if let Some(names) = self.network.names.get() {
                names.resolve(dial, &self.host).await?;
            }
            let (near, far) = tokio::io::duplex(PIPE_BYTES);
            let (near_control, far_control) = Control::pair();
            let near = Conn::new(Io::Memory(near), near_control, dial.to.to_string());
            let far = Conn::new(Io::Memory(far), far_control, self.host.clone());
            let (answer, answered) = oneshot::channel();
            let knock =
                Incoming::knocking(far.delayed(door.link.latency), answer, dial.on_behalf_of);
            cross(door.link).await;
            let knocked = door.knocks.try_send(knock);
            // Where the backlog is full, the refusal has to come back, too.
            let answered = if knocked.is_ok() { answered.await } else { Ok(false) };
            cross(door.link).await;
            match answered {
                Ok(true) => Ok(near.delayed(door.link.latency)),
                Ok(false) => Err(io::ErrorKind::ConnectionRefused.into()),
                Err(_) => Err(io::ErrorKind::ConnectionReset.into()),
            }
        })
    }
}

/// One way along a link.
async fn cross(link: Link) {
    if !link.latency.is_zero() {
        tokio::time::sleep(link.latency).await;
    }
}
