//! The door of one host: accepts connections, or turns dials away, or leaves them standing; and acts
//! on the open ones when a fault at the dial begins.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use record::{AttemptEnd, AttemptKind, Stage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use vocab::At;
use world::{Conn, Incoming, Listener, ServeOptions, Tasks, serve_connection};

use crate::action::{DialEnd, TurnAway};
use crate::desk::Desk;
use crate::estate::{Estate, Site};
use crate::ledger::{Attempt, Numbers, Opening};
use crate::line::Berth;
use crate::schedule::{Caller, Dialled, Onset, Schedule};

/// Connections per host, waiting dials included: twice the load generator's bound on requests in
/// flight. More are turned away, and the ledger says [`FULL`].
pub(crate) const CONNECTIONS_MAX: usize = 20_000;

/// Stands in the ledger's column `fault` where a dial was turned away because the host was full: no
/// rule of the scenario, and with the colon no id that a rule could have.
const FULL: &str = "fake:full";

/// Rest after a failed `accept`, such as for lack of file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Connections live as long as their clients want: one that fell into a black hole must not end
/// because the fake loses patience.
const OPTIONS: ServeOptions =
    ServeOptions { header_timeout: None, head_bytes_max: 64 * 1024, write_timeout: None };

/// Where clients are not ours, one that reads nothing must not keep its connection for ever.
const STANDING: ServeOptions =
    ServeOptions { write_timeout: Some(Duration::from_secs(60)), ..OPTIONS };

/// Serves host number `site` until dropped, or until its network is gone.
pub(crate) async fn serve(
    estate: Arc<Estate>,
    site: usize,
    mut listener: Listener,
    connections_max: usize,
) {
    let Some(first) = estate.sites.get(site).and_then(|site| site.deployments.first().copied())
    else {
        return;
    };
    let mut changes = estate.schedule.changes();
    let mut schedule = estate.schedule.snapshot();
    let mut onsets = schedule.onsets(first).into_iter().peekable();
    let mut tasks = Tasks::new(connections_max);
    loop {
        let onset = onsets.peek().copied();
        let begins = async {
            match onset {
                Some(onset) => estate.clock.sleep_until(onset.at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = begins => {
                onsets.next();
                begin(&estate, site, (&schedule, onset));
            }
            () = changes.next() => {
                schedule = estate.schedule.snapshot();
                onsets = schedule.onsets_from(first, estate.clock.now()).into_iter().peekable();
            }
            arrived = listener.accept() => match arrived {
                Ok(incoming) => receive(&estate, (site, first), incoming, &mut tasks),
                Err(error) if error.kind() == std::io::ErrorKind::NotConnected => return,
                Err(_) => estate.clock.sleep(ACCEPT_REST).await,
            }
        }
    }
}

/// A rule begins: open connections meet it.
fn begin(estate: &Estate, site: usize, (schedule, onset): (&Schedule, Option<Onset>)) {
    if let (Some(onset), Some(site)) = (onset, estate.sites.get(site)) {
        site.lines.strike(|ask| schedule.at_onset(onset, ask));
    }
}

/// A client at the door.
fn receive(
    estate: &Arc<Estate>,
    (site, first): (usize, usize),
    incoming: Incoming,
    tasks: &mut Tasks,
) {
    let Some(place) = estate.sites.get(site) else { return };
    let dialled = dial(estate, place, first, &incoming);
    let turned_away = dialled.effect.end == Some(DialEnd::TurnAway(TurnAway::Refuse));
    let room = if turned_away { None } else { tasks.room() };
    let Some(room) = room else {
        let attempt = turned(estate, first, &incoming);
        meet(&attempt, &dialled.rules);
        if !turned_away {
            attempt.entry().met(&Arc::from(FULL));
        }
        incoming.refuse();
        return attempt.end(AttemptEnd::Refused);
    };
    if dialled.effect.end.is_none() && added(&dialled).is_zero() {
        let berth = place.lines.berth();
        room.spawn(connection(Arc::clone(estate), (site, berth), incoming, dialled.rules));
    } else {
        room.spawn(standing(Arc::clone(estate), (site, first), incoming, dialled));
    }
}

/// What the rules do to a dial that arrives now.
fn dial(estate: &Estate, place: &Site, first: usize, incoming: &Incoming) -> Dialled<DialEnd> {
    let caller = caller(incoming).map(|request| {
        let numbers = estate.book.next_numbers(request, first);
        Caller { request, numbers }
    });
    let schedule = estate.schedule.snapshot();
    schedule.on_dial(place.lines.count(), first, estate.clock.now(), caller)
}

/// For how long a dial is delayed.
fn added(dialled: &Dialled<DialEnd>) -> Duration {
    dialled.effect.delay.stretch(Duration::ZERO)
}

/// A dial that something happens to: it waits for its delay, or for room; then it is served after
/// all, or turned away in one of the ways in which dials are.
async fn standing(
    estate: Arc<Estate>,
    (site, first): (usize, usize),
    mut incoming: Incoming,
    mut dialled: Dialled<DialEnd>,
) {
    let Some(place) = estate.sites.get(site) else { return };
    let (arrived, mut waits) = (estate.clock.now(), None);
    // Each turn of a wait follows the end of a connection, or of the fault's window.
    let turned_away = loop {
        match dialled.effect.end {
            None => break None,
            Some(DialEnd::TurnAway(how)) => break Some(how),
            Some(DialEnd::Wait) => {}
        }
        let attempt = waits.get_or_insert_with(|| turned(&estate, first, &incoming));
        meet(attempt, &dialled.rules);
        tokio::select! {
            biased;
            () = incoming.gone() => return,
            () = place.lines.one_left() => {}
            () = estate.clock.sleep_until(dialled.until) => {}
        }
        dialled = dial(&estate, place, first, &incoming);
    };
    let delay = added(&dialled);
    if !delay.is_zero() {
        let attempt = waits.get_or_insert_with(|| turned(&estate, first, &incoming));
        meet(attempt, &dialled.rules);
        tokio::select! {
            biased;
            () = incoming.gone() => return,
            () = estate.clock.sleep_until(arrived.plus(delay)) => {}
        }
    }
    let Some(how) = turned_away else {
        if let Some(attempt) = waits {
            attempt.withdraw();
        }
        let berth = place.lines.berth();
        return connection(Arc::clone(&estate), (site, berth), incoming, dialled.rules).await;
    };
    let attempt = waits.unwrap_or_else(|| turned(&estate, first, &incoming));
    meet(&attempt, &dialled.rules);
    turn_away(&estate, incoming, (how, dialled.until), attempt).await;
}

/// Turns a dial away; a black hole lasts until an instant.
async fn turn_away(
    estate: &Estate,
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
                () = estate.clock.sleep_until(until) => {}
            }
            incoming.refuse();
            attempt.end(AttemptEnd::Refused);
        }
        TurnAway::Close => {
            attempt.entry().doom(AttemptEnd::Closed);
            bounce(incoming.accept(), Bytes::new()).await;
        }
        TurnAway::Alert(code) => {
            attempt.entry().doom(AttemptEnd::Closed);
            bounce(incoming.accept(), alert(code)).await;
        }
        TurnAway::Reset => {
            attempt.entry().doom(AttemptEnd::Reset);
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

/// A fatal TLS alert as a record (RFC 8446, section 6): type, version, length, level, code.
pub(crate) fn alert(code: u8) -> Bytes {
    Bytes::copy_from_slice(&[21, 3, 3, 0, 2, 2, code])
}

fn meet(attempt: &Attempt, rules: &[Arc<str>]) {
    for rule in rules {
        attempt.entry().met(rule);
    }
}

/// Serves one connection to its end, or until it was silenced or closed and its time has come.
/// `owed` are the rules that its dial met; its place is given back at the end.
async fn connection(
    estate: Arc<Estate>,
    (site, _berth): (usize, Berth),
    incoming: Incoming,
    owed: Vec<Arc<str>>,
) {
    let peer = incoming.peer().to_owned();
    // A client that does not manage to shake hands is none.
    let Ok(conn) = incoming.greet().await else { return };
    let whereabouts = conn.whereabouts();
    let Some(place) = estate.sites.get(site) else { return };
    let Some(first) = place.deployments.first() else { return };
    let registered = place.lines.register(peer, conn.control(), estate.clock, owed);
    let line = Arc::clone(&registered.line);
    let standing = estate.journal.is_some();
    let options = if standing { STANDING } else { OPTIONS };
    let serving = serve_connection(conn, options, |request| {
        let desk = Desk {
            estate: Arc::clone(&estate),
            site,
            line: Arc::clone(&line),
            whereabouts: whereabouts.clone(),
        };
        desk.answer(request)
    });
    tokio::select! {
        biased;
        // A connection that breaks is everyday life here; its attempt's row tells how.
        _ = serving => {}
        () = line.buried() => {}
        () = line.neglected(|since| estate.schedule.snapshot().idle_end(*first, since)) => {}
        () = line.wasted(), if standing => {}
    }
}

/// The row of a dial that does not become a connection.
fn turned(estate: &Estate, first: usize, incoming: &Incoming) -> Attempt {
    turned_away(estate, first, caller(incoming), incoming.peer())
}

/// The row of a dial by `gateway` that does not become a connection to the host whose first
/// deployment is `first`; `request` is the one for which it dials, where that is known.
pub(crate) fn turned_away(
    estate: &Estate,
    first: usize,
    request: Option<u64>,
    gateway: &str,
) -> Attempt {
    let numbers = request.map_or(Numbers::default(), |request| estate.book.count(request, first));
    let deployment = estate.deployments.get(first).map(|first| first.config.id.clone());
    let attempt = estate.book.open(Opening {
        request,
        numbers,
        kind: AttemptKind::Request,
        stage: Stage::Connect,
        deployment: deployment.unwrap_or_else(|| vocab::DeploymentId::from("")),
        gateway: gateway.to_owned(),
        prompt_tokens: 0,
    });
    attempt.entry().doom(AttemptEnd::Refused);
    attempt
}

/// The request for which the dial is made, where the label is its number.
fn caller(incoming: &Incoming) -> Option<u64> {
    incoming.on_behalf_of().parse().ok()
}
