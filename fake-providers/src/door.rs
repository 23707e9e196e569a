//! The door of one host: accepts connections, or turns dials away, or leaves them standing; and acts
//! on the open ones when a fault at the dial begins.

use std::sync::Arc;
use std::time::Duration;

use record::{AttemptEnd, AttemptKind, Stage};
use vocab::At;
use world::{Clock, Incoming, Listener, ServeOptions, Tasks, serve_connection};

use crate::desk::Desk;
use crate::estate::Estate;
use crate::fault::Verdict;
use crate::ledger::{Attempt, Numbers, Opening};
use crate::schedule::{Onset, Schedule};

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
    let caller =
        caller(&incoming).map(|request| (request, estate.book.next_numbers(request, first)));
    let strike = estate.schedule.at_dial(first, estate.clock.now(), caller);
    let refused = strike.as_ref().is_some_and(|strike| strike.verdict != Verdict::Blackhole);
    let room = if refused { None } else { tasks.room() };
    match (strike, room) {
        (None, Some(room)) => room.spawn(connection(Arc::clone(estate), site, incoming)),
        (Some(strike), Some(room)) => {
            let attempt = turned_away(estate, first, &incoming);
            attempt.entry().met(&strike.rule);
            room.spawn(left_standing(estate.clock, strike.until, incoming, attempt));
        }
        (strike, None) => {
            let attempt = turned_away(estate, first, &incoming);
            if let Some(strike) = strike {
                attempt.entry().met(&strike.rule);
            }
            if !refused {
                attempt.entry().met(&Arc::from(FULL));
            }
            incoming.refuse();
            attempt.end(AttemptEnd::Refused);
        }
    }
}

/// Leaves a dial standing until the client gives up, or `until` has come.
async fn left_standing(clock: Clock, until: At, mut incoming: Incoming, attempt: Attempt) {
    tokio::select! {
        biased;
        () = incoming.gone() => {}
        () = clock.sleep_until(until) => {}
    }
    incoming.refuse();
    attempt.end(AttemptEnd::Refused);
}

/// Serves one connection to its end, or until it was silenced and its time has come.
async fn connection(estate: Arc<Estate>, site: usize, incoming: Incoming) {
    let peer = incoming.peer().to_owned();
    // A client that does not manage to shake hands is none.
    let Ok(conn) = incoming.greet().await else { return };
    let Some(place) = estate.sites.get(site) else { return };
    let registered = place.lines.register(peer, conn.control());
    let line = Arc::clone(&registered.line);
    let standing = estate.journal.is_some();
    let options = if standing { STANDING } else { OPTIONS };
    let serving = serve_connection(conn, options, |request| {
        let desk = Desk { estate: Arc::clone(&estate), site, line: Arc::clone(&line) };
        desk.answer(request)
    });
    tokio::select! {
        biased;
        // A connection that breaks is everyday life here; its attempt's row tells how.
        _ = serving => {}
        () = line.buried(estate.clock) => {}
        () = line.neglected(estate.clock), if standing => {}
    }
}

/// The row of a dial that does not become a connection.
fn turned_away(estate: &Estate, first: usize, incoming: &Incoming) -> Attempt {
    let request = caller(incoming);
    let numbers = request.map_or(Numbers::default(), |request| estate.book.count(request, first));
    let deployment = estate.deployments.get(first).map(|first| first.config.id.clone());
    let attempt = estate.book.open(Opening {
        request,
        numbers,
        kind: AttemptKind::Request,
        stage: Stage::Connect,
        deployment: deployment.unwrap_or_else(|| vocab::DeploymentId::from("")),
        gateway: incoming.peer().to_owned(),
        prompt_tokens: 0,
    });
    attempt.entry().doom(AttemptEnd::Refused);
    attempt
}

/// The request for which the dial is made, where the label is its number.
fn caller(incoming: &Incoming) -> Option<u64> {
    incoming.on_behalf_of().parse().ok()
}
