//! The accept loop of a server, whatever it serves. It must never know a protocol.

use std::future::Future;
use std::io;
use std::time::Duration;

use crate::{Conn, Listener, Shutdown, Tasks};

/// Connections served at a time; more are turned away. Bounds tasks and, under HTTP/1, requests.
/// nginx' `worker_connections` is of this order.
const CONNECTIONS_MAX: usize = 65_536;

/// Pause after an accept that failed for want of resources: file descriptors come back, and a loop
/// without pause would keep the processor from giving them back.
const BREATHER: Duration = Duration::from_millis(50);

/// Serves every connection with `serve` until the listener closes, or until `shutdown` has begun and
/// every connection has ended. Dropping the future ends them all.
///
/// # Errors
/// As `accept(2)`, when the listener closes.
pub async fn accept_until<F>(
    listener: Listener,
    shutdown: &Shutdown,
    serve: impl Fn(Conn) -> F,
) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = Tasks::new(CONNECTIONS_MAX);
    let accepting = accept_all(listener, &mut connections, serve);
    tokio::select! {
        biased;
        closed = accepting => return closed,
        () = shutdown.begun() => {}
    }
    connections.join_all().await;
    Ok(())
}

async fn accept_all<F>(
    listener: Listener,
    connections: &mut Tasks,
    serve: impl Fn(Conn) -> F,
) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut listener = listener;
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
