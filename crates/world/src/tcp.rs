//! Real sockets: listening, and dialling either by a directory of loopback addresses or by DNS and
//! TLS.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsStream;

use crate::conn::Io;
use crate::control::{Control, Side};
use crate::listen::Inner;
use crate::proxy::Proxies;
use crate::trust::{Trust, TrustError, TrustOptions};
use crate::{Authority, BoxFuture, Conn, Connector, Dial, Link, Listener, Names, Premises};

/// Connections that may wait to be accepted; Linux' default `somaxconn`.
const BACKLOG: u32 = 4096;

/// Where the hosts of a run really are. A host that is not in it does not exist.
pub type Directory = BTreeMap<(Arc<str>, u16), SocketAddr>;

/// Dials over TCP.
#[derive(Clone, Debug, Default)]
pub struct TcpConnector {
    /// With a directory, every host is looked up there and spoken to in plain text: a run touches
    /// nothing but itself. Without, DNS and TLS.
    pub directory: Option<Arc<Directory>>,
    /// Loopback address to dial from, so that the fakes can tell gateway instances apart.
    pub source: Option<IpAddr>,
    /// Latency added to what arrives.
    pub link: Link,
    /// With a directory: what becomes of the names in it.
    pub names: Option<Arc<dyn Names>>,
    /// Without a directory: whom TLS believes; everybody's usual authorities where nothing is said.
    pub trust: Option<Trust>,
    /// Without a directory: authorities that are believed beside the usual ones, PEM, whatever else is said.
    pub further: Option<Arc<str>>,
    /// Without a directory: proxies on the way.
    pub proxies: Arc<Proxies>,
}

/// Listens on `address`, such as `127.0.0.1:0`.
///
/// # Errors
/// As `bind(2)`: `AddrInUse`, `PermissionDenied`, …
pub async fn listen_tcp(address: SocketAddr, link: Link) -> io::Result<Listener> {
    let socket = socket(address)?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    // Binding has no await point of its own; the runtime must exist, which async says.
    tokio::task::yield_now().await;
    listening(socket, link)
}

/// A port that is nobody else's for as long as this lives, whether or not somebody listens there.
///
/// A listener that is closed gives its port back: until it is opened again, the system may hand it
/// to any connection that dials out. This keeps a second socket bound to it, which never listens:
/// while the listener is gone, who dials is refused, as by a process that died.
#[derive(Debug)]
pub struct ReservedPort {
    address: SocketAddr,
    _bound: TcpSocket,
}

impl ReservedPort {
    /// Reserves `address`; port 0 reserves any that is free.
    ///
    /// # Errors
    /// As `bind(2)`.
    pub fn at(address: SocketAddr) -> io::Result<Self> {
        let socket = shareable(address)?;
        socket.bind(address)?;
        Ok(Self { address: socket.local_addr()?, _bound: socket })
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens there. Must be called within a runtime, and only while no other listener of this
    /// port is open: the system would share the connections out among them.
    ///
    /// # Errors
    /// As `listen(2)`.
    pub fn listen(&self, link: Link) -> io::Result<Listener> {
        let socket = shareable(self.address)?;
        socket.bind(self.address)?;
        listening(socket, link)
    }
}

fn listening(socket: TcpSocket, link: Link) -> io::Result<Listener> {
    let listener: TcpListener = socket.listen(BACKLOG)?;
    Ok(Listener {
        inner: Inner::Tcp(listener),
        link,
        waiting: None,
        identity: None,
        premises: Premises::default(),
    })
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }
}

/// May be bound beside other sockets of this user that are shareable too, and beside no other:
/// with `SO_REUSEADDR` in its place, anybody who sets that as well could listen there.
fn shareable(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = socket(address)?;
    socket.set_reuseport(true)?;
    Ok(socket)
}

impl Connector for TcpConnector {
    fn connect<'a>(&'a self, dial: Dial<'a>) -> BoxFuture<'a, io::Result<Conn>> {
        Box::pin(async move {
            let io = match &self.directory {
                Some(directory) => {
                    let key = (Arc::clone(&dial.to.host), dial.to.port);
                    let address = directory.get(&key).ok_or_else(|| unknown_host(dial.to))?;
                    if let Some(names) = &self.names {
                        let from = self.source.unwrap_or_else(|| address.ip()).to_string();
                        names.resolve(dial, &from).await?;
                    }
                    Io::Tcp(self.open(*address).await?)
                }
                None => self.open_by_name(dial.to).await?,
            };
            let conn = Conn::new(io, Control::alone(Side::Client), dial.to.to_string());
            Ok(conn.delayed(self.link.latency))
        })
    }

    fn trusting(&self, options: &TrustOptions) -> Result<Option<Arc<dyn Connector>>, TrustError> {
        let further = self.further.clone();
        let trust = Trust::new(&TrustOptions { further, ..options.clone() })?;
        Ok(Some(Arc::new(Self { trust: Some(trust), ..self.clone() })))
    }
}

impl TcpConnector {
    async fn open(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = socket(address)?;
        if let Some(source) = self.source {
            socket.bind(SocketAddr::new(source, 0))?;
        }
        let tcp = socket.connect(address).await?;
        tcp.set_nodelay(true)?;
        Ok(tcp)
    }

    async fn open_by_name(&self, to: &Authority) -> io::Result<Io> {
        let proxy = self.proxies.towards(to);
        let first = proxy.map_or(to, |proxy| proxy.authority());
        let mut last = unknown_host(first);
        // A name has a handful of addresses; each is tried once, in the resolver's order.
        for address in tokio::net::lookup_host((&*first.host, first.port)).await? {
            match self.open(address).await {
                Ok(mut tcp) => {
                    if let Some(proxy) = proxy {
                        proxy.open_way(&mut tcp, to).await?;
                    }
                    if !to.tls {
                        return Ok(Io::Tcp(tcp));
                    }
                    let trust = self.trust.clone().unwrap_or_else(Trust::usual);
                    let tls = TlsStream::Client(trust.handshake(tcp, to).await?);
                    return Ok(Io::Tls(Box::new(tls)));
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// The addresses of a host, by DNS.
///
/// # Errors
/// As `getaddrinfo(3)`.
pub async fn lookup(host: &str, port: u16) -> io::Result<impl Iterator<Item = SocketAddr>> {
    let host = host.to_owned();
    Ok(tokio::net::lookup_host((host, port)).await?.collect::<Vec<_>>().into_iter())
}

fn unknown_host(to: &Authority) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("no host {to} in this world"))
}
