//! A byte stream with a handle: what hyper reads and writes in either world.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

use crate::Clock;
use crate::control::{Control, Mode, Side};
use crate::delay::Delay;
use crate::links::{Entered, Passage, Passages, Toxics, Whereabouts};
use crate::tls::Identity;

/// One end of a connection.
#[derive(Debug)]
pub struct Conn {
    wire: Wire,
    toxics: Option<Box<Toxics>>,
    /// Where the other end finds the passage of a socket.
    entered: Option<Entered>,
    peer: String,
}

/// The connection itself, without the harm that its link may do.
#[derive(Debug)]
pub(crate) struct Wire {
    io: Io,
    control: Control,
    delay: Option<Box<Delay>>,
}

#[derive(Debug)]
pub(crate) enum Io {
    Memory(DuplexStream),
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Conn {
    pub(crate) fn new(io: Io, control: Control, peer: String) -> Self {
        let wire = Wire { io, control, delay: None };
        Self { wire, toxics: None, entered: None, peer }
    }

    /// Everything that arrives here arrives `one_way` later.
    #[must_use]
    pub(crate) fn delayed(mut self, one_way: std::time::Duration) -> Self {
        self.wire.delay = (!one_way.is_zero()).then(|| Box::new(Delay::new(one_way)));
        self
    }

    /// Speaks TLS from here on, as `identity`. Bounded by [`HANDSHAKE_MAX`].
    ///
    /// # Errors
    /// `TimedOut`; those of the handshake; `Unsupported` in memory.
    pub(crate) async fn secured(mut self, identity: &Identity) -> io::Result<Self> {
        // One byte: nobody reads or writes it before the real one is back.
        let nothing = Io::Memory(tokio::io::duplex(1).0);
        let Io::Tcp(tcp) = std::mem::replace(&mut self.wire.io, nothing) else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let shaken = tokio::time::timeout(HANDSHAKE_MAX, identity.acceptor().accept(tcp)).await;
        let tls = shaken.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        self.wire.io = Io::Tls(Box::new(TlsStream::Server(tls)));
        Ok(self)
    }

    /// A handle that can reset or silence this connection while somebody else owns it.
    pub fn control(&self) -> Control {
        self.wire.control.clone()
    }

    /// From here on it meets the toxics of `passage`; where both ends are asked to know them, the
    /// other one finds them in `passages`, or in memory by itself.
    #[must_use]
    pub(crate) fn over(
        mut self,
        passage: Passage,
        clock: Clock,
        passages: Option<&Passages>,
    ) -> Self {
        let dialled = self.wire.control.side() == Side::Client;
        if let Some(passages) = passages {
            self.wire.control.travels(passage.clone());
            let local = self.wire.tcp().and_then(|tcp| tcp.local_addr().ok());
            self.entered = local.map(|local| passages.enter(local, passage.clone()));
        }
        self.toxics = Some(Box::new(Toxics::new(passage, clock, dialled)));
        self
    }

    /// What [`Passages::of`] needs to find the passage of this connection.
    pub fn whereabouts(&self) -> Whereabouts {
        let remote = self.wire.tcp().and_then(|tcp| tcp.peer_addr().ok());
        Whereabouts { control: self.control(), remote }
    }

    /// Who is at the other end: a host name in memory, an IP address on sockets.
    pub fn peer(&self) -> &str {
        &self.peer
    }

    /// Whether it is a socket, whose other end may close one direction only.
    pub(crate) fn is_socket(&self) -> bool {
        self.wire.tcp().is_some()
    }

    /// Whether a socket has broken, as its other end's reset says; asked once, since that forgets it.
    pub(crate) fn has_broken(&self) -> bool {
        let error = self.wire.tcp().and_then(|tcp| tcp.take_error().ok().flatten());
        error.is_some()
    }

    /// The first bytes that wait to be read, into `bytes`, and how many there are; waits for one.
    /// `None` where nobody can look: under TLS and in memory.
    pub(crate) async fn peek(&self, bytes: &mut [u8]) -> Option<usize> {
        match &self.wire.io {
            // Who can read no more finds that out by reading.
            Io::Tcp(tcp) => Some(tcp.peek(bytes).await.unwrap_or(0)),
            Io::Memory(_) | Io::Tls(_) => None,
        }
    }

    /// The protocol on which both ends agreed when they shook hands.
    pub(crate) fn agreed_protocol(&self) -> Option<&[u8]> {
        match &self.wire.io {
            Io::Memory(_) | Io::Tcp(_) => None,
            Io::Tls(tls) => tls.get_ref().1.alpn_protocol(),
        }
    }

    /// Returns when the other end of a socket closed its side; never in memory, where a client that
    /// knocks is told apart by its dial. Reads nothing.
    pub(crate) async fn hung_up(&self) {
        self.wire.io.hung_up().await;
    }
}

impl Io {
    async fn hung_up(&self) {
        let Some(tcp) = self.tcp() else { return std::future::pending().await };
        while let Ok(ready) = tcp.ready(Interest::READABLE).await {
            if ready.is_read_closed() {
                return;
            }
            // Bytes wait to be read. Whoever serves this connection later must find it readable, so
            // that is not forgotten, and the end is looked for from time to time.
            tokio::time::sleep(HANG_UP_LOOK).await;
        }
    }
}

/// How long a socket in a black hole stays open after nobody serves it any more, unless its client
/// leaves: longer than clients wait. Bounded, so that it is not kept for ever.
const SILENCE_MAX: std::time::Duration = std::time::Duration::from_secs(600);

/// How often a socket with unread bytes is looked at for its end: soon enough for the ledger.
const HANG_UP_LOOK: std::time::Duration = std::time::Duration::from_millis(20);

/// How long a client may take to shake hands.
const HANDSHAKE_MAX: std::time::Duration = std::time::Duration::from_secs(10);

impl Wire {
    /// Breaks it with a reset.
    pub(crate) fn reset(&self) {
        self.control.reset();
    }

    fn tcp(&self) -> Option<&TcpStream> {
        self.io.tcp()
    }

    /// Keeps a silenced socket open, unread and unanswered: closing it would tell its client what a
    /// black hole does not tell.
    fn stay_silent(&mut self) {
        let runtime = tokio::runtime::Handle::try_current();
        let (Ok(runtime), Some(_)) = (runtime, self.tcp()) else { return };
        let nothing = Io::Memory(tokio::io::duplex(1).0);
        let io = std::mem::replace(&mut self.io, nothing);
        runtime.spawn(async move {
            // Either way it is over.
            let _ = tokio::time::timeout(SILENCE_MAX, io.hung_up()).await;
        });
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mode = self.control.mode();
        match mode {
            Mode::ResetHere => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Mode::Silent => {
                self.wait_for_change(cx, mode, false);
                return Poll::Pending;
            }
            Mode::Open | Mode::Mute | Mode::ResetThere => {}
        }
        let io = &mut self.io;
        let polled = match &mut self.delay {
            Some(delay) => delay.poll_read(cx, buf, |cx, buf| io.poll_read_or_reset(cx, buf, mode)),
            None => io.poll_read_or_reset(cx, buf, mode),
        };
        if polled.is_pending() {
            self.wait_for_change(cx, mode, false);
        }
        polled
    }

    pub(crate) fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mode = self.control.mode();
        let vanished = || Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        match mode {
            Mode::ResetThere if self.is_unaware() => return vanished(),
            Mode::ResetHere | Mode::ResetThere => {
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            Mode::Silent | Mode::Mute => return vanished(),
            Mode::Open => {}
        }
        let polled = match &mut self.io {
            Io::Memory(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Io::Tcp(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Io::Tls(io) => Pin::new(io).poll_write_vectored(cx, bufs),
        };
        if polled.is_pending() {
            self.wait_for_change(cx, mode, true);
        }
        polled
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.control.mode() != Mode::Open {
            return Poll::Ready(Ok(()));
        }
        match &mut self.io {
            Io::Memory(io) => Pin::new(io).poll_flush(cx),
            Io::Tcp(io) => Pin::new(io).poll_flush(cx),
            Io::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.control.mode() != Mode::Open {
            return Poll::Ready(Ok(()));
        }
        ready!(match &mut self.io {
            Io::Memory(io) => Pin::new(io).poll_shutdown(cx),
            Io::Tcp(io) => Pin::new(io).poll_shutdown(cx),
            Io::Tls(io) => Pin::new(io).poll_shutdown(cx),
        })?;
        Poll::Ready(Ok(()))
    }

    /// Whether something written now is lost on its way, because the other end was reset and this
    /// one cannot know yet.
    fn is_unaware(&self) -> bool {
        self.delay.as_ref().is_some_and(|delay| !delay.is_broken())
    }

    /// Asks to be woken when the mode is no longer `mode`, as it may be already.
    fn wait_for_change(&self, cx: &Context<'_>, mode: Mode, write: bool) {
        self.control.register(cx, write);
        if self.control.mode() != mode {
            cx.waker().wake_by_ref();
        }
    }
}

impl Io {
    fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Memory(_) => None,
            Self::Tcp(tcp) => Some(tcp),
            Self::Tls(tls) => Some(tls.get_ref().0),
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Memory(io) => Pin::new(io).poll_read(cx, buf),
            Self::Tcp(io) => Pin::new(io).poll_read(cx, buf),
            Self::Tls(io) => Pin::new(io).poll_read(cx, buf),
        }
    }

    /// As [`Self::poll_read`]; where the other end was reset, an error follows what had arrived.
    fn poll_read_or_reset(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        mode: Mode,
    ) -> Poll<io::Result<()>> {
        let filled = buf.filled().len();
        let polled = self.poll_read(cx, buf);
        let ended = matches!(&polled, Poll::Ready(Ok(())) if buf.filled().len() == filled);
        if mode == Mode::ResetThere && (polled.is_pending() || ended) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        polled
    }
}

impl AsyncRead for Conn {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match &mut this.toxics {
            None => this.wire.poll_read(cx, buf),
            Some(toxics) => toxics.poll_read(cx, buf, &mut this.wire),
        }
    }
}

impl AsyncWrite for Conn {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match &mut this.toxics {
            None => this.wire.poll_write_vectored(cx, bufs),
            Some(toxics) => toxics.poll_write(cx, bufs, &mut this.wire),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.wire.io {
            Io::Memory(io) => io.is_write_vectored(),
            Io::Tcp(io) => io.is_write_vectored(),
            Io::Tls(io) => io.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match &mut this.toxics {
            None => this.wire.poll_flush(cx),
            Some(toxics) => toxics.poll_flush(cx, &mut this.wire),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match &mut this.toxics {
            None => this.wire.poll_shutdown(cx),
            Some(toxics) => toxics.poll_shutdown(cx, &mut this.wire),
        }
    }
}

impl Drop for Conn {
    /// A reset socket must say RST, not FIN: linger 0 discards what is unsent and resets.
    fn drop(&mut self) {
        if self.toxics.as_ref().is_some_and(|toxics| toxics.is_reset_due()) {
            self.wire.reset();
        }
        let farewell = self.wire.control.take_farewell();
        if let (Mode::Open, Some(bytes)) = (self.wire.control.mode(), farewell) {
            // Nobody is left to wait: what does not fit at once is lost.
            let mut cx = Context::from_waker(Waker::noop());
            let _ = Pin::new(&mut *self).poll_write(&mut cx, &bytes);
            let _ = Pin::new(&mut *self).poll_flush(&mut cx);
        }
        if matches!(self.wire.control.mode(), Mode::Silent | Mode::Mute) {
            self.wire.stay_silent();
        }
        if let (Mode::ResetHere, Some(tcp)) = (self.wire.control.mode(), self.wire.tcp()) {
            // The socket goes away whether or not the option could be set.
            let _ = socket2::SockRef::from(tcp).set_linger(Some(std::time::Duration::ZERO));
        }
    }
}
