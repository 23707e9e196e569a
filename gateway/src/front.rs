//! Where requests come in: connections, paths, keys and bodies, up to a [`ClientRequest`] for
//! [`failover`].
//!
//! Calls of an [`Endpoint`] are matched by hand, because every microsecond here is paid by every
//! request; all other routes go through [`routes`]. It must never know a provider, or that a request is
//! tried more than once.

mod auth;
mod head;
pub(crate) mod refusal;
mod routes;
mod tags;

use std::borrow::Cow;
use std::future::Future;
use std::io;
use std::sync::Arc;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use tower_service::Service as _;
use wire::openai::MAX_BODY_BYTES;
use world::{BodyError, Conn, Listener, Shutdown, accept_until, collect_body, serve_until};

use crate::endpoint::Endpoint;
use crate::failover;
use crate::failover::client_request::ClientRequest;
use crate::failover::request_state::RequestState;
use crate::failover::response::AnswerBody;
use crate::front::refusal::Refusal;
use crate::http1::{BODY_TIMEOUT, CLIENTS, text};
use crate::instance::{Current, Instance};
use crate::shutdown::{GRACE, LAST_WORDS, ServerEnd, ServerLife};

/// Longest call id that is taken from a client, in bytes; longer ones are replaced. It goes into logs.
const CALL_ID_MAX: usize = 128;

/// Serves `listener` until it closes, or until `stop` and the orderly end that follows it.
pub(crate) async fn serve(
    current: Current,
    listener: Listener,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let pages = routes::router(current.clone());
    let shutdown = Arc::<Shutdown>::default();
    // Dropped with this future, however it ends.
    let life = ServerLife::default();
    let end = life.end();
    let server = Arc::new(Server { current, pages, shutdown: Arc::clone(&shutdown), end });
    let serving = accept_until(listener, &shutdown, |conn| {
        let server = Arc::clone(&server);
        async move { server.serve(conn).await }
    });
    tokio::select! {
        biased;
        ended = serving => ended,
        () = shutdown.conduct(stop, GRACE, LAST_WORDS) => Ok(()),
    }
}

/// What all connections of one server share.
#[derive(Debug)]
struct Server {
    current: Current,
    pages: axum::Router,
    shutdown: Arc<Shutdown>,
    /// When the server is no more.
    end: ServerEnd,
}

impl Server {
    async fn serve(&self, conn: Conn) {
        // How a connection ends is the client's to notice.
        let _ = serve_until(conn, CLIENTS, &self.shutdown, |request| self.answer(request)).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<AnswerBody> {
        match Endpoint::called(request.uri().path()) {
            Some((endpoint, _)) if request.method() != Method::POST => {
                Refusal::method_not_allowed(request.method()).response(endpoint.row().wording)
            }
            Some((endpoint, _)) => Box::pin(self.call(endpoint, request)).await,
            None => match self.pages.clone().call(request).await {
                Ok(response) => response.map(AnswerBody::Page),
                Err(never) => match never {},
            },
        }
    }

    async fn call(&self, endpoint: Endpoint, request: Request<Incoming>) -> Response<AnswerBody> {
        let instance = &self.current.instance();
        let received = instance.clock.now();
        let (head, body) = request.into_parts();
        match self.admit(instance, (endpoint, &head), body).await {
            Ok(request) => {
                let shutdown = Arc::clone(&self.shutdown);
                let call = (endpoint, call_id(instance, &head));
                let state = RequestState::new(Arc::clone(instance), shutdown, call, received);
                failover::answer(Arc::new(request), state, self.end.clone()).await
            }
            Err(refusal) => {
                instance.metrics.turned_away(refusal.status.as_u16());
                refusal.response(endpoint.row().wording)
            }
        }
    }

    /// Checks the key, then the body, then what it asks for.
    async fn admit(
        &self,
        instance: &Instance,
        (endpoint, head): (Endpoint, &http::request::Parts),
        body: Incoming,
    ) -> Result<ClientRequest, Refusal> {
        auth::check(instance.config.master_key.as_ref(), &head.headers)?;
        let body =
            match self.shutdown.unless_over(collect_body(body, MAX_BODY_BYTES, BODY_TIMEOUT)).await
            {
                Some(Ok(body)) => body,
                Some(Err(unread)) => return Err(refusal(&unread)),
                None => return Err(Refusal::shutting_down()),
            };
        let named = Endpoint::called(head.uri.path()).and_then(|(_, model)| model);
        let called = head::Called { endpoint, model: named.map(unescaped) };
        head::read(&instance.router, &head.headers, &called, body)
    }
}

fn refusal(unread: &BodyError<hyper::Error>) -> Refusal {
    match unread {
        BodyError::TooLarge => Refusal::too_large(),
        BodyError::Stalled => Refusal::too_slow(BODY_TIMEOUT),
        BodyError::Broken(_) => {
            Refusal::bad_request(Some("request_body"), "Request body ended early".to_owned())
        }
    }
}

fn call_id(instance: &Instance, head: &http::request::Parts) -> Arc<str> {
    match text(&head.headers, "x-litellm-call-id") {
        "" => Arc::from(instance.fresh_call_id()),
        long if long.len() > CALL_ID_MAX => Arc::from(instance.fresh_call_id()),
        call_id => Arc::from(call_id),
    }
}

/// Percent escapes of a path segment, undone; what is no UTF-8 then stays as it was.
fn unescaped(segment: &str) -> String {
    let decoded = percent_decode_str(segment).decode_utf8();
    decoded.map_or_else(|_| segment.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn escapes_of_a_model_are_undone() {
        assert_eq!(unescaped("a%2Fb%zz%"), "a/b%zz%");
    }
}
