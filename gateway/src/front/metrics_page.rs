//! The metrics on a port of their own, for whoever scrapes them: without a key, and with nothing else there.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::Request;
use hyper::body::Incoming;
use tower_service::Service as _;
use world::{LetIn, Listener, Seats, Shutdown, accept_until, serve_connection};

use crate::door::{Hosts, Keyless};
use crate::front::{programs, routes};
use crate::http1::CLIENTS;
use crate::instance::Current;

/// Connections at a time: a handful of scrapers.
const CONNECTIONS_MAX: usize = 32;

/// Serves the page until the listener closes, to whoever asks for one of `hosts`.
pub(crate) async fn serve(current: Current, listener: Listener, hosts: Hosts) -> io::Result<()> {
    let pages = routes::metrics_router(current);
    let keyless = Arc::new(Keyless::Programs(hosts));
    let seats = Seats::new(CONNECTIONS_MAX);
    let serve = |let_in: LetIn| {
        let (pages, keyless) = (pages.clone(), Arc::clone(&keyless));
        async move {
            let Ok(conn) = let_in.greet().await else { return };
            let answer = |request| answer(pages.clone(), Arc::clone(&keyless), request);
            // How a connection ends is the scraper's to notice.
            let _ = serve_connection(conn, CLIENTS, answer).await;
        }
    };
    accept_until(listener, &seats, &Shutdown::default(), serve).await
}

async fn answer(
    mut pages: axum::Router,
    keyless: Arc<Keyless>,
    request: Request<Incoming>,
) -> Response {
    let (head, body) = request.into_parts();
    if let Err(refusal) = programs::check(&keyless, &head) {
        return refusal.into_response();
    }
    let answered: Result<Response, Infallible> = pages.call(Request::from_parts(head, body)).await;
    match answered {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
