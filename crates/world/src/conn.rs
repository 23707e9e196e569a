//! A byte stream with a handle: what hyper reads and writes in either world.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::control::{Control, Mode};
use crate::delay::Delay;

/// One end of a connection.
#[derive(Debug)]
pub struct Conn {
    io: Io,
    control: Control,
    delay: Option<Box<Delay>>,
    peer: String,
}

#[derive(Debug)]
pub(crate) enum Io {
    Memory(DuplexStream),
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Conn {
    pub(crate) fn new(io: Io, control: Control, peer: String) -> Self {
        Self { io, control, delay: None, peer }
    }

    /// Everything that arrives here arrives `one_way` later.
    #[must_use]
    pub(crate) fn delayed(mut self, one_way: std::time::Duration) -> Self {
        self.delay = (!one_way.is_zero()).then(|| Box::new(Delay::new(one_way)));
        self
    }

    /// A handle that can reset or silence this connection while somebody else owns it.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Who is at the other end: a host name in memory, an IP address on sockets.
    pub fn peer(&self) -> &str {
        &self.peer
    }

    /// Returns when the other end of a socket closed its side; never in memory, where a client that
    /// knocks is told apart by its dial. Reads nothing.
    pub(crate) async fn hung_up(&self) {
        let tcp = match &self.io {
            Io::Memory(_) => return std::future::pending().await,
            Io::Tcp(tcp) => tcp,
            Io::Tls(tls) => tls.get_ref().0,
        };
        while let Ok(ready) = tcp.ready(Interest::READABLE).await {
            if ready.is_read_closed() {
                return;
            }
            // Bytes wait to be read, for ever: forget them, so as to be woken by the next event.
            let _ = tcp.try_io(Interest::READABLE, || {
                Err::<(), _>(io::Error::from(io::ErrorKind::WouldBlock))
            });
        }
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
        let mode = this.control.mode();
        match mode {
            Mode::ResetHere => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Mode::Silent => return Poll::Pending,
            Mode::Open | Mode::ResetThere => {}
        }
        let io = &mut this.io;
        let polled = match &mut this.delay {
            Some(delay) => delay.poll_read(cx, buf, |cx, buf| io.poll_read_or_reset(cx, buf, mode)),
            None => io.poll_read_or_reset(cx, buf, mode),
        };
        if polled.is_pending() {
            this.wait_for_change(cx, mode, false);
        }
        polled
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
        let mode = this.control.mode();
        let vanished = || Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        match mode {
            Mode::ResetThere if this.is_unaware() => return vanished(),
            Mode::ResetHere | Mode::ResetThere => {
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            Mode::Silent => return vanished(),
            Mode::Open => {}
        }
        let polled = match &mut this.io {
            Io::Memory(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Io::Tcp(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Io::Tls(io) => Pin::new(io).poll_write_vectored(cx, bufs),
        };
        if polled.is_pending() {
            this.wait_for_change(cx, mode, true);
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        match &self.io {
            Io::Memory(io) => io.is_write_vectored(),
            Io::Tcp(io) => io.is_write_vectored(),
            Io::Tls(io) => io.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.control.mode() != Mode::Open {
            return Poll::Ready(Ok(()));
        }
        match &mut this.io {
            Io::Memory(io) => Pin::new(io).poll_flush(cx),
            Io::Tcp(io) => Pin::new(io).poll_flush(cx),
            Io::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.control.mode() != Mode::Open {
            return Poll::Ready(Ok(()));
        }
        ready!(match &mut this.io {
            Io::Memory(io) => Pin::new(io).poll_shutdown(cx),
            Io::Tcp(io) => Pin::new(io).poll_shutdown(cx),
            Io::Tls(io) => Pin::new(io).poll_shutdown(cx),
        })?;
        Poll::Ready(Ok(()))
    }
}

impl Drop for Conn {
    /// A reset socket must say RST, not FIN: linger 0 discards what is unsent and resets.
    fn drop(&mut self) {
        if let (Mode::ResetHere, Io::Tcp(tcp)) = (self.control.mode(), &self.io) {
            // The socket goes away whether or not the option could be set.
            let _ = socket2::SockRef::from(tcp).set_linger(Some(std::time::Duration::ZERO));
        }
    }
}
