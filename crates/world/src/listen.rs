//! Accepting connections, whatever the world.

use std::future::Future as _;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::conn::Io;
use crate::control::{Control, Side};
use crate::tls::Identity;
use crate::{Conn, Link, Premises, Seat};

/// Hands out arriving connections.
#[derive(Debug)]
pub struct Listener {
    pub(crate) inner: Inner,
    pub(crate) link: Link,
    /// A client that [`Listener::wait`] has seen and [`Listener::accept`] has not handed out yet.
    pub(crate) waiting: Option<Box<Incoming>>,
    /// What its connections meet here.
    pub(crate) premises: Premises,
    /// Who it is, where its connections speak TLS.
    pub(crate) identity: Option<Identity>,
}

#[derive(Debug)]
pub(crate) enum Inner {
    Memory { knocks: mpsc::Receiver<Incoming>, host: String, port: u16 },
    Tcp(TcpListener),
}

/// A client at the door: accept it, turn it away, or leave it standing.
///
/// In memory the dial has not completed yet. On a socket the kernel has completed it, so that
/// turning away is a reset, and leaving it standing an open connection that nobody reads.
#[derive(Debug)]
pub struct Incoming {
    conn: Conn,
    answer: Option<oneshot::Sender<bool>>,
    on_behalf_of: String,
    identity: Option<Identity>,
}

/// A connection whose dial is complete, before the handshake of TLS where it has one.
#[derive(Debug)]
pub struct LetIn {
    conn: Conn,
    identity: Option<Identity>,
    seat: Option<Arc<Seat>>,
}

impl LetIn {
    /// Its seat; `None` where there was no room for it.
    pub fn seat(&self) -> Option<Arc<Seat>> {
        self.seat.clone()
    }

    /// The handshake, where the listener has an identity; at most 10 s.
    ///
    /// # Errors
    /// Those of the handshake; `TimedOut`.
    pub async fn greet(self) -> io::Result<Conn> {
        match self.identity {
            Some(identity) => self.conn.secured(&identity).await,
            None => Ok(self.conn),
        }
    }
}

impl Listener {
    /// The client that waits to be accepted now, if there is one.
    pub(crate) fn accept_waiting(&mut self) -> Option<io::Result<Incoming>> {
        // Unconstrained: whether somebody waits does not depend on how much this task has done.
        let accept = pin!(tokio::task::unconstrained(self.accept()));
        match accept.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(accepted) => Some(accepted),
            Poll::Pending => None,
        }
    }

    /// Waits for the next client.
    ///
    /// # Errors
    /// As `accept(2)`; `NotConnected` when the memory network was dropped.
    pub async fn accept(&mut self) -> io::Result<Incoming> {
        let Incoming { conn, answer, on_behalf_of, .. } = match self.waiting.take() {
            Some(first) => *first,
            None => self.next().await?,
        };
        let identity = self.identity.clone();
        Ok(Incoming { conn: self.premises.received(conn), answer, on_behalf_of, identity })
    }

    /// The same place, where every connection meets what holds for these premises.
    #[must_use]
    pub fn on(self, premises: Premises) -> Self {
        Self { premises, ..self }
    }

    /// The same place, where every connection speaks TLS; sockets only.
    #[must_use]
    pub fn secured(self, identity: Identity) -> Self {
        Self { identity: Some(identity), ..self }
    }

    /// Waits until a client is there, and leaves it to [`Self::accept`]: for a server whose time
    /// begins with its first client.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub async fn wait(&mut self) -> io::Result<()> {
        if self.waiting.is_none() {
            self.waiting = Some(Box::new(self.next().await?));
        }
        Ok(())
    }

    async fn next(&mut self) -> io::Result<Incoming> {
        let link = self.link;
        match &mut self.inner {
            Inner::Memory { knocks, .. } => {
                knocks.recv().await.ok_or_else(|| io::ErrorKind::NotConnected.into())
            }
            Inner::Tcp(listener) => {
                let (tcp, peer) = listener.accept().await?;
                tcp.set_nodelay(true)?;
                let control = Control::alone(Side::Server);
                let conn = Conn::new(Io::Tcp(tcp), control, peer.ip().to_string());
                Ok(Incoming::arrived(conn.delayed(link.latency)))
            }
        }
    }

    /// Where it listens, as `host:port`; the real port where `:0` was asked for.
    ///
    /// # Errors
    /// As `getsockname(2)`.
    pub fn address(&self) -> io::Result<String> {
        match &self.inner {
            Inner::Memory { host, port, .. } => Ok(format!("{host}:{port}")),
            Inner::Tcp(listener) => Ok(listener.local_addr()?.to_string()),
        }
    }
}

impl Incoming {
    fn arrived(conn: Conn) -> Self {
        Self { conn, answer: None, on_behalf_of: String::new(), identity: None }
    }

    pub(crate) fn knocking(conn: Conn, answer: oneshot::Sender<bool>, label: &str) -> Self {
        Self { conn, answer: Some(answer), on_behalf_of: label.to_owned(), identity: None }
    }

    /// Who dials: a host name in memory, an IP address on sockets.
    pub fn peer(&self) -> &str {
        self.conn.peer()
    }

    /// The call id for which the dial was made; empty on sockets.
    pub fn on_behalf_of(&self) -> &str {
        &self.on_behalf_of
    }

    /// Completes the dial.
    pub fn accept(self) -> Conn {
        self.let_in(None).conn
    }

    /// As [`Self::accept`] and, where the listener has an identity, the handshake of TLS; at most
    /// 10 s.
    ///
    /// # Errors
    /// Those of the handshake; `TimedOut`.
    pub async fn greet(self) -> io::Result<Conn> {
        self.let_in(None).greet().await
    }

    /// Completes the dial, and leaves the handshake to whoever serves the connection.
    pub(crate) fn let_in(self, seat: Option<Arc<Seat>>) -> LetIn {
        if let Some(answer) = self.answer {
            // A client that no longer waits finds its stream closed: the same as a late accept.
            let _ = answer.send(true);
        }
        LetIn { conn: self.conn, identity: self.identity, seat }
    }

    /// Returns when the client no longer waits: it gave up the dial, or, on a socket, closed its side
    /// of the connection. What it sent stays unread.
    pub async fn gone(&mut self) {
        match &mut self.answer {
            Some(answer) => answer.closed().await,
            None => self.conn.hung_up().await,
        }
    }

    /// Turns the client away: `ConnectionRefused` in memory, RST on a socket.
    pub fn refuse(self) {
        match self.answer {
            Some(answer) => {
                let _ = answer.send(false);
            }
            None => self.conn.control().reset(),
        }
    }
}
