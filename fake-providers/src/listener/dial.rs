//! A dial to which something happens: it waits for its delay, or for room; then it is served after
//! all, or turned away in one of the ways in which dials are.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use record::AttemptEnd;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use vocab::At;
use world::{Conn, Incoming};

use crate::action::{DialEnd, TurnAway};
use crate::connection::{CountedConnection, tls_alert};
use crate::index::DeploymentIndex;
use crate::ledger::Attempt;
use crate::schedule::{Caller, DialEffect};
use crate::state::{HostState, State};

/// What the rules do to a dial now; one that `waits` has its numbers already.
pub(super) fn judge(
    state: &State,
    (host_state, first): (&HostState, DeploymentIndex),
    incoming: &Incoming,
    waits: Option<&Attempt>,
) -> DialEffect<DialEnd> {
    let caller = caller(incoming).map(|request| {
        let numbers = match waits {
            Some(attempt) => attempt.record().numbers(),
            None => state.book.next_numbers(request, first),
        };
        Caller { request, numbers }
    });
    let schedule = state.schedule.snapshot();
    schedule.on_dial(host_state.connections.count(), first, state.clock.now(), caller)
}

/// For how long a dial is delayed.
pub(super) fn delay_of(dialled: &DialEffect<DialEnd>) -> Duration {
    dialled.effect.delay.stretch(Duration::ZERO)
}

/// A dial that becomes a connection.
pub(super) struct LetIn {
    pub(super) incoming: Incoming,
    pub(super) counted: CountedConnection,
    /// The rules that it met.
    pub(super) rules: Vec<Arc<str>>,
}

/// Sees a dial through its delays and waits; `None` if it was turned away, or its client left.
pub(super) async fn hold(
    state: &State,
    (host_state, first): (&HostState, DeploymentIndex),
    mut incoming: Incoming,
    mut dialled: DialEffect<DialEnd>,
) -> Option<LetIn> {
    let (arrived, mut waits) = (state.clock.now(), None);
    // Each turn of a wait follows the end of a connection, or of the fault's window.
    let turned_away = loop {
        match dialled.effect.end {
            None => break None,
            Some(DialEnd::TurnAway(how)) => break Some(how),
            Some(DialEnd::Wait) => {}
        }
        let attempt = waits.get_or_insert_with(|| open_attempt(state, first, &incoming));
        mark(attempt, &dialled.rules);
        tokio::select! {
            biased;
            () = incoming.gone() => return None,
            () = host_state.connections.one_closed() => {}
            () = state.clock.sleep_until(dialled.until) => {}
        }
        dialled = judge(state, (host_state, first), &incoming, waits.as_ref());
    };
    let delay = delay_of(&dialled);
    if !delay.is_zero() {
        let attempt = waits.get_or_insert_with(|| open_attempt(state, first, &incoming));
        mark(attempt, &dialled.rules);
        tokio::select! {
            biased;
            () = incoming.gone() => return None,
            () = state.clock.sleep_until(arrived.plus(delay)) => {}
        }
    }
    let Some(how) = turned_away else {
        if let Some(attempt) = waits {
            attempt.withdraw(first);
        }
        let counted = host_state.connections.let_in();
        return Some(LetIn { incoming, counted, rules: dialled.rules });
    };
    let attempt = waits.unwrap_or_else(|| open_attempt(state, first, &incoming));
    mark(&attempt, &dialled.rules);
    turn_away(state, incoming, (how, dialled.until), attempt).await;
    None
}

/// Turns a dial away; a black hole lasts until an instant.
async fn turn_away(
    state: &State,
    mut incoming: Incoming,
    (how, until): (TurnAway, At),
    attempt: Attempt,
) {
    match how {
        TurnAway::Refuse => {
            incoming.refuse();
            attempt.end(AttemptEnd::Refused);
        }
        TurnAway::Blackhole => {
            tokio::select! {
                biased;
                () = incoming.gone() => {}
                () = state.clock.sleep_until(until) => {}
            }
            incoming.refuse();
            attempt.end(AttemptEnd::Refused);
        }
        TurnAway::Close => {
            attempt.record().doom(AttemptEnd::Closed);
            bounce(incoming.accept(), Bytes::new()).await;
        }
        TurnAway::Alert(code) => {
            attempt.record().doom(AttemptEnd::Closed);
            bounce(incoming.accept(), tls_alert(code)).await;
        }
        TurnAway::Reset => {
            attempt.record().doom(AttemptEnd::Reset);
            let mut conn = incoming.accept();
            let mut first_bytes = [0; 64];
            // Whether something came or the client left: it is reset.
            let _ = conn.read(&mut first_bytes).await;
            conn.control().reset();
        }
    }
}

/// Says `last_words` to whoever speaks first and closes in order: the client's bytes are read until
/// it leaves, because a socket that is closed with unread bytes resets instead.
async fn bounce(mut conn: Conn, last_words: Bytes) {
    let mut read = vec![0; 4096];
    if !last_words.is_empty() {
        // The client has to begin, as in a handshake.
        if !matches!(conn.read(&mut read).await, Ok(1..))
            || conn.write_all(&last_words).await.is_err()
        {
            return;
        }
    }
    if conn.shutdown().await.is_err() {
        return;
    }
    for _ in 0..LINGER_READS_MAX {
        if !matches!(conn.read(&mut read).await, Ok(1..)) {
            return;
        }
    }
}

/// Reads of 4 KiB after a close before the rest is reset: 64 MB, twice the largest request.
const LINGER_READS_MAX: usize = 16 * 1024;

/// Marks the rules that a dial met.
pub(super) fn mark(attempt: &Attempt, rules: &[Arc<str>]) {
    for rule in rules {
        attempt.record().met(rule);
    }
}

/// The row of a dial that does not become a connection.
pub(super) fn open_attempt(state: &State, first: DeploymentIndex, incoming: &Incoming) -> Attempt {
    state.open_dial(first, incoming.on_behalf_of(), incoming.peer())
}

/// The request for which the dial is made, where the label is its number.
fn caller(incoming: &Incoming) -> Option<u64> {
    incoming.on_behalf_of().parse().ok()
}
