//! Where requests come in: connections, paths, keys and bodies, up to a [`ClientRequest`] for
//! [`failover`].
//!
//! Calls of an [`Endpoint`] are matched by hand, because every microsecond here is paid by every
//! request; all other routes go through [`routes`]. It must never know a provider, or that a request is
//! tried more than once.

mod auth;
mod head;
mod over_http2;
mod programs;
pub(crate) mod refusal;
mod routes;
mod tags;

use std::borrow::Cow;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, Request, Response, Version, header};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use tokio::time::timeout;
use tower_service::Service as _;
use wire::openai::MAX_BODY_BYTES;
use world::{
    BodyError, Conn, HttpVersion, LetIn, Listener, RequestEnd, Shutdown, StreamReset, accept_until,
    collect_body, serve_http2, serve_until,
};

use crate::door::Door;
use crate::endpoint::{Called, Endpoint, Wording};
use crate::failover;
use crate::failover::client_request::ClientRequest;
use crate::failover::request_state::RequestState;
use crate::failover::response::{self, AnswerBody};
use crate::front::over_http2::OverHttp2;
use crate::front::refusal::Refusal;
use crate::http1::{BODY_TIMEOUT, CLIENTS, text};
use crate::instance::{Current, Instance};
use crate::shutdown::{ServerEnd, ServerLife};

/// Longest call id that is taken from a client, in bytes; longer ones are replaced. It goes into logs.
const CALL_ID_MAX: usize = 128;

/// How long a connection that has said nothing yet may take to do so once no more is wanted: it was let in a moment ago,
/// perhaps.
const FIRST_WORDS: Duration = Duration::from_millis(500);

/// Serves `listener` until it closes, or until `stop` and the orderly end that follows it.
pub(crate) async fn serve(
    current: Current,
    listener: Listener,
    door: Door,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let pages = routes::router(current.clone());
    let shutdown = Arc::<Shutdown>::default();
    // Dropped with this future, however it ends.
    let life = ServerLife::default();
    let end = life.end();
    let phases = door.drain.phases();
    let server = Arc::new(Server { current, pages, door, shutdown: Arc::clone(&shutdown), end });
    let serving = accept_until(listener, &shutdown, |let_in| Arc::clone(&server).serve(let_in));
    tokio::select! {
        biased;
        ended = serving => ended,
        () = shutdown.conduct(stop, phases) => Ok(()),
    }
}

/// What all connections of one server share.
#[derive(Debug)]
struct Server {
    current: Current,
    pages: axum::Router,
    door: Door,
    shutdown: Arc<Shutdown>,
    /// When the server is no more.
    end: ServerEnd,
}

impl Server {
    async fn serve(self: Arc<Self>, let_in: LetIn) {
        // Who does not shake hands is no client; how a connection ends is the client's to notice.
        let Ok(conn) = let_in.greet().await else { return };
        let Some(version) = self.version_of(&conn).await else { return };
        match version {
            HttpVersion::Http1 => {
                let answer = |request| self.answer(request);
                let _ = serve_until(conn, CLIENTS, &self.shutdown, answer).await;
            }
            HttpVersion::Http2 => {
                let answer = |request| Arc::clone(&self).answer_over_stream(request);
                let _ = serve_http2(conn, CLIENTS, self.shutdown.begun(), answer).await;
            }
        }
    }

    /// Which HTTP a client speaks; `None` of one that says nothing in time, or before the end.
    async fn version_of(&self, conn: &Conn) -> Option<HttpVersion> {
        let first_words = async {
            match CLIENTS.header_timeout {
                Some(limit) => timeout(limit, conn.http_version()).await.ok(),
                None => Some(conn.http_version().await),
            }
        };
        let no_more = async {
            self.shutdown.begun().await;
            tokio::time::sleep(FIRST_WORDS).await;
        };
        tokio::select! {
            biased;
            version = first_words => version,
            () = no_more => None,
        }
    }

    async fn answer_over_stream(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<OverHttp2>, StreamReset> {
        let response = self.shutdown.attended(self.answer(request)).await;
        Ok(response.map(|body| OverHttp2::new(body, Arc::clone(&self.shutdown))))
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<AnswerBody> {
        let version = request.version();
        let mut response = self.routed(request).await;
        if self.shutdown.is_announced() && version < Version::HTTP_2 {
            // Whoever keeps connections leaves this one before it is closed.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    async fn routed(&self, request: Request<Incoming>) -> Response<AnswerBody> {
        let called = Endpoint::called(request.uri().path());
        let called = called.map(|Called { endpoint, streamed, .. }| (endpoint, streamed));
        let (head, body) = request.into_parts();
        let instance = self.current.instance();
        if instance.config.master_key.is_none()
            && let Err(refusal) = programs::check(&self.door.keyless, &head)
        {
            instance.metrics.turned_away(refusal.status.as_u16());
            let wording = called.map_or(Wording::OpenAi, |(called, _)| called.row().wording);
            return refusal.response(wording);
        }
        let request = Request::from_parts(head, body);
        match called {
            Some((endpoint, _)) if request.method() != Method::POST => {
                Refusal::method_not_allowed(request.method()).response(endpoint.row().wording)
            }
            Some((endpoint, streamed)) => {
                let array = streamed && wants_array(endpoint, request.uri().query());
                let answer = Box::pin(self.call(endpoint, request)).await;
                if array { response::as_array(answer) } else { answer }
            }
            None if self.shutdown.is_announced() && routes::is_readiness(request.uri()) => {
                routes::draining().map(AnswerBody::Page)
            }
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
        let asked = match endpoint.row().wording {
            Wording::Google => head.uri.query().and_then(auth::in_query),
            Wording::OpenAi | Wording::Events | Wording::Anthropic | Wording::Aws => None,
        };
        auth::check(instance.config.master_key.as_ref(), &head.headers, asked.as_deref())?;
        let body =
            match self.shutdown.unless_over(collect_body(body, MAX_BODY_BYTES, BODY_TIMEOUT)).await
            {
                Some(Ok(body)) => body,
                Some(Err(unread)) => return Err(refusal(&unread)),
                None => return Err(Refusal::shutting_down()),
            };
        if let Some(end) = head.extensions.get::<RequestEnd>() {
            end.is_reached();
        }
        let called = Endpoint::called(head.uri.path());
        let model = called.and_then(|called| called.model).map(unescaped);
        let streamed = called.is_some_and(|called| called.streamed);
        let called = head::Called { endpoint, model, streamed };
        head::read(&instance.router, &head.headers, &called, body)
    }
}

/// Whether a stream is wanted as one JSON array, as Google has it for whoever does not ask for events.
fn wants_array(endpoint: Endpoint, query: Option<&str>) -> bool {
    endpoint.row().wording == Wording::Google
        && !query.unwrap_or_default().split('&').any(|pair| pair == "alt=sse")
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
