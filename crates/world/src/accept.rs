//! The accept loop of a server, whatever it serves. It must never know a protocol.

use std::future::Future;
use std::io;
use std::time::Duration;

use crate::listen::{Incoming, LetIn};
use crate::{Listener, Shutdown, Tasks};

/// Connections served at a time; more are turned away. Bounds tasks and, under HTTP/1, requests.
/// nginx' `worker_connections` is of this order.
const CONNECTIONS_MAX: usize = 65_536;

/// Pause after an accept that failed for want of resources: file descriptors come back, and a loop
/// without pause would keep the processor from giving them back.
const BREATHER: Duration = Duration::from_millis(50);

/// Clients that are still let in when nothing new is wanted, because they are connected already: as many as may wait to
/// be accepted.
const LATE_MAX: usize = 4096;

/// Serves every connection with `serve` until the listener closes, or until `shutdown` has begun and
/// every connection has ended. Dropping the future ends them all.
///
/// # Errors
/// As `accept(2)`, when the listener closes.
pub async fn accept_until<F>(
    mut listener: Listener,
    shutdown: &Shutdown,
    serve: impl Fn(LetIn) -> F,
) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = Tasks::new(CONNECTIONS_MAX);
    let accepting = accept_all(&mut listener, &mut connections, &serve);
    tokio::select! {
        biased;
        closed = accepting => return closed,
        () = shutdown.begun() => {}
    }
    // The listener's end would reset them.
    for _ in 0..LATE_MAX {
        match listener.accept_waiting() {
            Some(Ok(incoming)) => take(incoming, &mut connections, &serve),
            Some(Err(_)) | None => break,
        }
    }
    drop(listener);
    connections.join_all().await;
    Ok(())
}

async fn accept_all<F>(
    listener: &mut Listener,
    connections: &mut Tasks,
    serve: impl Fn(LetIn) -> F,
) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        match listener.accept().await {
            Ok(incoming) => take(incoming, connections, &serve),
            Err(closed) if closed.kind() == io::ErrorKind::NotConnected => return Err(closed),
            Err(_) => tokio::time::sleep(BREATHER).await,
        }
    }
}

fn take<F>(incoming: Incoming, connections: &mut Tasks, serve: impl Fn(LetIn) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    match connections.room() {
        Some(room) => room.spawn(serve(incoming.let_in())),
        None => incoming.refuse(),
    }
}
