//! Sockets on this machine, and threads to serve them. It must never reach an address off this
//! machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use world::{Connector, Directory, Link, Listener, Names, TcpConnector, listen_tcp};

/// A multi-thread runtime with one worker of that name.
pub(crate) fn runtime(name: &str) -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build()
}

/// Dials the hosts of this world from `source`; their names are resolved by `names`.
pub(crate) fn connector(
    hosts: &Directory,
    source: Option<IpAddr>,
    names: Option<Arc<dyn Names>>,
) -> Arc<dyn Connector> {
    let directory = Some(Arc::new(hosts.clone()));
    Arc::new(TcpConnector { directory, source, names, ..TcpConnector::default() })
}

pub(crate) async fn listen(host: Ipv4Addr, link: Link) -> std::io::Result<Listener> {
    listen_tcp(SocketAddr::new(IpAddr::V4(host), 0), link).await
}

pub(crate) fn address(listener: &Listener) -> std::io::Result<SocketAddr> {
    listener.address()?.parse().map_err(std::io::Error::other)
}
