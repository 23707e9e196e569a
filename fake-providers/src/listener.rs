//! The listener of one host: accepts connections, and acts on the open ones when a fault of the
//! host begins. A dial to which something happens is `listener/dial.rs`'s business. It must never
//! know what a request asks.

mod dial;
pub(crate) mod link_book;
pub(crate) mod resolver;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Request, Response};
use record::AttemptEnd;
use world::{
    HttpVersion, Incoming, Listener, ServeOptions, StreamReset, Tasks, serve_connection,
    serve_http2,
};

use crate::action::{DialEnd, TurnAway};
use crate::answer::AnswerOverHttp2;
use crate::connection::{CountedConnection, Exchange, StreamFate};
use crate::dispatch::Dispatch;
use crate::index::{DeploymentIndex, HostIndex};
use crate::schedule::{DialEffect, Onset, Schedule};
use crate::state::State;

/// Connections per host, waiting dials included: twice the load generator's bound on requests in
/// flight. More are turned away, and the ledger says [`FULL`].
pub(crate) const CONNECTIONS_MAX: usize = 20_000;

/// Stands in the ledger's column `fault` where a dial was turned away because the host was full: no
/// rule of the scenario, and with the colon no id that a rule could have.
const FULL: &str = "fake:full";

/// Rest after a failed `accept`, such as for lack of file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Connections live as long as their clients want: one that fell into a black hole must not end
/// because the fake gives up on it.
const OPTIONS: ServeOptions =
    ServeOptions { header_timeout: None, head_bytes_max: 64 * 1024, write_timeout: None };

/// Where clients are not ours, one that reads nothing must not keep its connection for ever.
const STANDING: ServeOptions =
    ServeOptions { write_timeout: Some(Duration::from_secs(60)), ..OPTIONS };

/// How long a client of HTTP/2 has for hearing that its connection ends, because it was idle.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves a host until dropped, or until its network is gone.
pub(crate) async fn serve(
    state: Arc<State>,
    host: HostIndex,
    mut listener: Listener,
    connections_max: usize,
) {
    let Some(first) =
        state.host(host).and_then(|host_state| host_state.deployments.first().copied())
    else {
        return;
    };
    let mut changes = state.schedule.changes();
    let mut schedule = state.schedule.snapshot();
    let mut onsets = schedule.onsets(first).into_iter().peekable();
    let mut tasks = Tasks::new(connections_max);
    loop {
        let onset = onsets.peek().copied();
        let begins = async {
            match onset {
                Some(onset) => state.clock.sleep_until(onset.at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = begins => {
                onsets.next();
                begin(&state, host, (&schedule, onset));
            }
            () = changes.next() => {
                schedule = state.schedule.snapshot();
                onsets = schedule.onsets_from(first, state.clock.now()).into_iter().peekable();
            }
            arrived = listener.accept() => match arrived {
                Ok(incoming) => receive(&state, (host, first), incoming, &mut tasks),
                Err(error) if error.kind() == std::io::ErrorKind::NotConnected => return,
                Err(_) => state.clock.sleep(ACCEPT_REST).await,
            }
        }
    }
}

/// A rule begins: open connections meet it.
fn begin(state: &State, host: HostIndex, (schedule, onset): (&Schedule, Option<Onset>)) {
    if let (Some(onset), Some(host_state)) = (onset, state.host(host)) {
        let Some(first) = host_state.deployments.first().copied() else { return };
        host_state.connections.break_open(|facts| schedule.at_onset(onset, first, facts));
    }
}

/// A client dials.
fn receive(
    state: &Arc<State>,
    (host, first): (HostIndex, DeploymentIndex),
    incoming: Incoming,
    tasks: &mut Tasks,
) {
    let Some(host_state) = state.host(host) else { return };
    let dialled = dial::judge(state, (host_state, first), &incoming, None);
    let turned_away = dialled.effect.end == Some(DialEnd::TurnAway(TurnAway::Refuse));
    let room = if turned_away { None } else { tasks.room() };
    let Some(room) = room else {
        let attempt = dial::open_attempt(state, first, &incoming);
        dial::mark(&attempt, &dialled.rules);
        if !turned_away {
            attempt.record().met(&Arc::from(FULL));
        }
        incoming.refuse();
        return attempt.end(AttemptEnd::Refused);
    };
    if dialled.effect.end.is_none() && dial::delay_of(&dialled).is_zero() {
        let counted = host_state.connections.let_in();
        room.spawn(serve_incoming(Arc::clone(state), (host, counted), incoming, dialled.rules));
    } else {
        room.spawn(hold(Arc::clone(state), (host, first), incoming, dialled));
    }
}

/// Serves a dial to which something happened, if it is let in after all.
async fn hold(
    state: Arc<State>,
    (host, first): (HostIndex, DeploymentIndex),
    incoming: Incoming,
    dialled: DialEffect<DialEnd>,
) {
    let Some(host_state) = state.host(host) else { return };
    let let_in = dial::hold(&state, (host_state, first), incoming, dialled).await;
    if let Some(dial::LetIn { incoming, counted, rules }) = let_in {
        serve_incoming(Arc::clone(&state), (host, counted), incoming, rules).await;
    }
}

/// Serves one connection to its end, or until it was silenced or closed and its time has come.
/// `dial_rules` are the rules that its dial met; it counts as open until its end.
async fn serve_incoming(
    state: Arc<State>,
    (host, _counted): (HostIndex, CountedConnection),
    incoming: Incoming,
    dial_rules: Vec<Arc<str>>,
) {
    let peer = incoming.peer().to_owned();
    // A client that does not manage to shake hands is none.
    let Ok(conn) = incoming.greet().await else { return };
    let whereabouts = conn.whereabouts();
    let Some(host_state) = state.host(host) else { return };
    let Some(first) = host_state.deployments.first() else { return };
    let registered = host_state.connections.register(peer, conn.control(), state.clock, dial_rules);
    let connection = Arc::clone(&registered.connection);
    let standing = state.journal.is_some();
    let options = if standing { STANDING } else { OPTIONS };
    let dispatch = |exchange: &Arc<Exchange>| Dispatch {
        state: Arc::clone(&state),
        host,
        exchange: Arc::clone(exchange),
        whereabouts: whereabouts.clone(),
    };
    let version = OnceLock::new();
    let serving = async {
        // A connection that breaks is everyday life here; its attempts' rows tell how.
        let speaks = conn.http_version().await;
        let _ = match *version.get_or_init(|| speaks) {
            HttpVersion::Http1 => {
                let exchange = || Arc::new(Exchange::alone(Arc::clone(&connection)));
                let answer = |request| dispatch(&exchange()).answer(request);
                serve_connection(conn, options, answer).await.map_err(std::io::Error::other)
            }
            HttpVersion::Http2 => {
                serve_http2(
                    conn,
                    options,
                    (connection.drained(), std::future::pending()),
                    |request| {
                        let exchange = Arc::new(Exchange::stream(Arc::clone(&connection)));
                        answer_over_stream(dispatch(&exchange), exchange, request)
                    },
                )
                .await
            }
        };
    };
    let forsaken = async {
        tokio::select! {
            biased;
            () = connection.idle_too_long(|since| {
                state.schedule.snapshot().idle_end(*first, since, state.clock.now())
            }) => {}
            () = connection.unused(), if standing => {}
        }
        if version.get() == Some(&HttpVersion::Http2) {
            connection.drain();
            state.clock.sleep(FAREWELL).await;
        }
    };
    tokio::select! {
        biased;
        () = serving => {}
        () = connection.closed() => {}
        () = forsaken => {}
    }
}

/// Answers one request over a stream, unless a fault ends the stream before.
async fn answer_over_stream(
    dispatch: Dispatch,
    exchange: Arc<Exchange>,
    request: Request<hyper::body::Incoming>,
) -> Result<Response<AnswerOverHttp2>, StreamReset> {
    let answered = tokio::select! {
        biased;
        fate = exchange.ended() => Err(fate),
        response = dispatch.answer(request) => Ok(response),
    };
    match answered {
        Ok(response) => Ok(response.map(|answer| AnswerOverHttp2::new(answer, exchange))),
        Err(StreamFate::Reset(code)) => Err(code.into()),
        // Its attempt is over, and its client hears nothing of that.
        Err(StreamFate::Silent) => std::future::pending().await,
    }
}
