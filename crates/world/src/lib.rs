//! The only door to clock, network and entropy.
//!
//! Two worlds, one seam: a [`Connector`] and a [`Listener`] hand out byte streams ([`Conn`]); over
//! them run the same hyper servers and clients. In the wall clock the bytes cross loopback sockets,
//! in virtual time they cross memory, on a paused current-thread runtime whose clock jumps to the
//! next timer. Whoever takes clock and network from here runs unchanged in both.
//!
//! This crate must never know providers, JSON, faults, scenarios or gateways: it can cut a
//! connection, it does not know why.

mod accept;
mod body;
mod chunk_buf;
mod clock;
mod coding;
mod conn;
mod connect;
mod control;
mod delay;
mod entropy;
mod half_close;
mod http2;
mod links;
mod listen;
mod memory;
mod pace;
pub mod pool;
mod proxy;
mod seats;
mod serve;
mod shutdown;
mod tcp;
mod tls;
mod toxic;
mod trust;
mod virtual_time;
mod watchdog;
mod write_batch;
mod write_timeout;

pub use accept::accept_until;
pub use body::{BodyError, collect_body, collect_body_while};
pub use chunk_buf::ChunkBuf;
pub use clock::Clock;
pub use coding::{Decoded, ReadError, UnknownCoding};
pub use conn::Conn;
pub use connect::{Authority, BoxFuture, Connector, Dial, Names};
pub use control::Control;
pub use entropy::entropy;
pub use half_close::RequestEnd;
pub use http2::{HttpVersion, ResetCode, StreamReset, serve_http2};
pub use links::{LinkRule, Links, Passage, Passages, Premises, Whereabouts, Witness};
pub use listen::{Incoming, LetIn, Listener};
pub use memory::{Link, MemoryNetwork};
pub use pace::Pacer;
pub use proxy::{Exceptions, Proxies, Proxy};
pub use seats::{Busy, Seat, Seats};
pub use serve::{Room, ServeOptions, Tasks, serve_connection, serve_until};
pub use shutdown::{Phases, Shutdown};
pub use tcp::{Directory, ReservedPort, TcpConnector, listen_tcp, lookup};
pub use tls::{Identity, IdentityError, SelfSigned};
pub use toxic::{Stream, Toxic};
pub use trust::{Believed, Trust, TrustError, TrustOptions};
pub use virtual_time::run_virtual;
pub use watchdog::Watchdog;
pub use write_batch::WriteBatch;
