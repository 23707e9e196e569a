//! The accept loop of a server, whatever it serves. It must never know a protocol.

use std::future::Future;
use std::io;
use std::time::Duration;

use crate::listen::{Incoming, LetIn};
use crate::{Listener, Seats, Shutdown, Tasks};

/// Connections that are let in beyond the bound, to be told that there is no room; further ones are reset.
const TURNED_AWAY_MAX: usize = 32;

/// How long a client waits at the door while an idle one leaves.
const ROOM_WAIT: Duration = Duration::from_millis(500);

/// Pause after an accept that failed for want of resources: file descriptors come back, and a loop
/// without pause would keep the processor from giving them back.
const BREATHER: Duration = Duration::from_millis(50);

/// Clients that are still let in when nothing new is wanted, because they are connected already: as many as may wait to
/// be accepted.
const LATE_MAX: usize = 4096;

/// Serves every connection with `serve` until the listener closes, or until `shutdown` has begun and
/// every connection has ended. Dropping the future ends them all. Where there is no room for another, the one that has been
/// idle for longest is asked to leave; if none is, the newcomer is let in without a seat, to be told so.
///
/// # Errors
/// As `accept(2)`, when the listener closes.
pub async fn accept_until<F>(
    mut listener: Listener,
    seats: &Seats,
    shutdown: &Shutdown,
    serve: impl Fn(LetIn) -> F,
) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = Tasks::new(seats.max().saturating_add(TURNED_AWAY_MAX));
    let accepting = accept_all(&mut listener, &mut connections, (seats, &serve));
    tokio::select! {
        biased;
        closed = accepting => return closed,
        () = shutdown.begun() => {}
    }
    // The listener's end would reset them.
    for _ in 0..LATE_MAX {
        match listener.accept_waiting() {
            Some(Ok(incoming)) => take(incoming, &mut connections, (seats, &serve)),
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
    (seats, serve): (&Seats, impl Fn(LetIn) -> F),
) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        match listener.accept().await {
            Ok(incoming) => {
                if seats.are_taken() && seats.make_room() {
                    let left = async { while seats.are_taken() && connections.one_ends().await {} };
                    // One that does not leave in time is busy again.
                    let _ = tokio::time::timeout(ROOM_WAIT, left).await;
                }
                take(incoming, connections, (seats, &serve));
            }
            Err(closed) if closed.kind() == io::ErrorKind::NotConnected => return Err(closed),
            Err(_) => {
                seats.make_room();
                tokio::time::sleep(BREATHER).await;
            }
        }
    }
}

fn take<F>(
    incoming: Incoming,
    connections: &mut Tasks,
    (seats, serve): (&Seats, impl Fn(LetIn) -> F),
) where
    F: Future<Output = ()> + Send + 'static,
{
    let seat = (!seats.are_taken()).then(|| seats.take());
    match connections.room() {
        Some(room) => room.spawn(serve(incoming.let_in(seat))),
        None => incoming.refuse(),
    }
}
