//! The accept loop that gateway and balancer share.

use std::future::Future;
use std::io;
use std::time::Duration;

use world::{Conn, Listener, Tasks};

/// Connections served at a time; more are turned away. Bounds tasks and, under HTTP/1,
/// requests. nginx' `worker_connections` is of this order.
const CONNECTIONS_MAX: usize = 65_536;

/// Pause after an accept that failed for want of resources: file descriptors come back, and a loop
/// without pause would keep the processor from giving them back.
const BREATHER: Duration = Duration::from_millis(50);

/// Serves every connection with `serve` until the listener closes. Dropping the future ends them all.
pub(crate) async fn accept_all<F>(listener: Listener, serve: impl Fn(Conn) -> F) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut listener = listener;
    let mut connections = Tasks::new(CONNECTIONS_MAX);
    loop {
        match listener.accept().await {
            Ok(incoming) => match connections.room() {
                Some(room) => room.spawn(serve(incoming.accept())),
                None => incoming.refuse(),
            },
            Err(closed) if closed.kind() == io::ErrorKind::NotConnected => return Err(closed),
            Err(_) => tokio::time::sleep(BREATHER).await,
        }
    }
}
