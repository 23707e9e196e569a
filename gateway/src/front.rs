//! Where requests come in: connections, paths, keys and bodies, up to a [`ClientRequest`] for
//! [`failover`].
//!
//! Calls of an [`Endpoint`] are matched by hand, because every microsecond here is paid by every
//! request; all other routes go through [`routes`]. It must never know a provider, or that a request is
//! tried more than once.

mod auth;
mod head;
pub(crate) mod metrics_page;
mod over_http2;
mod programs;
pub(crate) mod refusal;
mod routes;
mod served;
mod tags;

use std::borrow::Cow;
use std::future::{Future, pending};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, Request, Response, Version, header};
use http_body::Body as _;
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use tokio::time::timeout;
use tower_service::Service as _;
use wire::openai::MAX_BODY_BYTES;
use world::{
    BodyError, Conn, HttpVersion, LetIn, Listener, RequestEnd, Seat, Seats, Shutdown, StreamReset,
    accept_until, collect_body_while, serve_http2, serve_until,
};

use crate::admission::{Admission, Entry, Overloaded};
use crate::door::Door;
use crate::endpoint::{Called, Endpoint, Wording};
use crate::failover;
use crate::failover::client_request::ClientRequest;
use crate::failover::request_state::RequestState;
use crate::failover::response::AnswerBody;
use crate::front::over_http2::OverHttp2;
use crate::front::refusal::Refusal;
use crate::front::served::Served;
use crate::http1::{BODY_TIMEOUT, CLIENTS, text};
use crate::instance::{Current, Instance};
use crate::shutdown::{ServerEnd, ServerLife};

/// Longest call id that is taken from a client, in bytes; longer ones are replaced. It goes into logs.
const CALL_ID_MAX: usize = 128;

/// How long a connection that has said nothing yet may take to do so once no more is wanted: it was let in a moment ago,
/// perhaps.
const FIRST_WORDS: Duration = Duration::from_millis(500);

/// How long a client of HTTP/2 that has asked nothing, and is to make room, has for a last request: a turn to its end
/// and back.
const LEAVE_MAX: Duration = Duration::from_millis(250);

/// How long one that has asked has to read the end of its answer, which may wait for its windows: as long as any reader.
const READ_MAX: Duration = Duration::from_secs(60);

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
    let (admission, seats) = (Admission::new(door.limits), Seats::new(door.connections_max));
    let shared = Arc::clone(&shutdown);
    let server = Arc::new(Server { current, pages, door, admission, shutdown: shared, end });
    let serve = |let_in| Arc::clone(&server).serve(let_in);
    let serving = accept_until(listener, &seats, &shutdown, serve);
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
    admission: Admission,
    shutdown: Arc<Shutdown>,
    /// When the server is no more.
    end: ServerEnd,
}

impl Server {
    async fn serve(self: Arc<Self>, let_in: LetIn) {
        let seat = let_in.seat();
        // Who does not shake hands is no client; how a connection ends is the client's to notice.
        let greeted = tokio::select! {
            biased;
            greeted = let_in.greet() => greeted,
            () = is_wanted(seat.as_deref()) => return,
        };
        let Ok(conn) = greeted else { return };
        let Some(version) = self.version_of(&conn, seat.as_deref()).await else { return };
        match version {
            HttpVersion::Http1 => {
                let answer = |request| self.answer(request, seat.as_deref());
                let _ = serve_until(conn, CLIENTS, (&self.shutdown, seat.as_ref()), answer).await;
            }
            HttpVersion::Http2 => {
                let answer = |request| Arc::clone(&self).answer_over_stream(request, seat.clone());
                let drain = async {
                    tokio::select! {
                        biased;
                        () = self.shutdown.begun() => {}
                        () = is_wanted(seat.as_deref()) => {}
                    }
                };
                let leave = async {
                    is_wanted(seat.as_deref()).await;
                    tokio::time::sleep(LEAVE_MAX).await;
                    if seat.as_ref().is_some_and(|seat| seat.has_asked()) {
                        tokio::time::sleep(READ_MAX).await;
                    }
                };
                let _ = serve_http2(conn, CLIENTS, (drain, leave), answer).await;
            }
        }
    }

    /// Which HTTP a client speaks; `None` of one that says nothing in time, or before the end.
    async fn version_of(&self, conn: &Conn, seat: Option<&Seat>) -> Option<HttpVersion> {
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
            () = is_wanted(seat) => None,
        }
    }

    async fn answer_over_stream(
        self: Arc<Self>,
        request: Request<Incoming>,
        seat: Option<Arc<Seat>>,
    ) -> Result<Response<OverHttp2>, StreamReset> {
        let busy = seat.as_ref().map(Seat::busy);
        let response = self.shutdown.attended(self.answer(request, seat.as_deref())).await;
        Ok(response.map(|body| OverHttp2::new(body, Arc::clone(&self.shutdown), busy)))
    }

    async fn answer(&self, request: Request<Incoming>, seat: Option<&Seat>) -> Response<Served> {
        let version = request.version();
        let mut response = match seat {
            Some(_) => self.routed(request).await,
            None => Served::outside(Refusal::overloaded().response(Wording::OpenAi)),
        };
        if (self.shutdown.is_announced() || seat.is_none()) && version < Version::HTTP_2 {
            // Whoever keeps connections leaves this one before it is closed.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    async fn routed(&self, request: Request<Incoming>) -> Response<Served> {
        let called = Endpoint::called(request.uri().path());
        let called = called.map(|Called { endpoint, streamed, .. }| (endpoint, streamed));
        let (head, body) = request.into_parts();
        let instance = self.current.instance();
        if instance.config.master_key.is_none()
            && let Err(refusal) = programs::check(&self.door.keyless, &head)
        {
            instance.metrics.turned_away(refusal.status.as_u16());
            let wording = called.map_or(Wording::OpenAi, |(called, _)| called.row().wording);
            return Served::outside(refusal.response(wording));
        }
        let request = Request::from_parts(head, body);
        let answer = match called {
            Some((endpoint, streamed)) if request.method() == Method::POST => {
                let array = streamed && wants_array(endpoint, request.uri().query());
                let answer = Box::pin(self.call(endpoint, request)).await;
                return if array { Served::as_array(answer) } else { answer };
            }
            Some((endpoint, _)) => {
                Refusal::method_not_allowed(request.method()).response(endpoint.row().wording)
            }
            None if self.shutdown.is_announced() && routes::is_readiness(request.uri()) => {
                routes::draining().map(AnswerBody::Page)
            }
            None => match self.pages.clone().call(request).await {
                Ok(response) => response.map(AnswerBody::Page),
                Err(never) => match never {},
            },
        };
        Served::outside(answer)
    }

    async fn call(&self, endpoint: Endpoint, request: Request<Incoming>) -> Response<Served> {
        let instance = &self.current.instance();
        let received = instance.clock.now();
        let (head, body) = request.into_parts();
        match self.admit(instance, (endpoint, &head), body).await {
            Ok((request, entry)) => {
                let shutdown = Arc::clone(&self.shutdown);
                let call = (endpoint, call_id(instance, &head));
                let state = RequestState::new(Arc::clone(instance), shutdown, call, received);
                let answer = failover::answer(Arc::new(request), state, self.end.clone()).await;
                Served::entered(answer, entry)
            }
            Err(refusal) => {
                instance.metrics.turned_away(refusal.status.as_u16());
                Served::outside(refusal.response(endpoint.row().wording))
            }
        }
    }

    /// Checks the key, then whether there is room, then the body, then what it asks for.
    async fn admit(
        &self,
        instance: &Instance,
        (endpoint, head): (Endpoint, &http::request::Parts),
        body: Incoming,
    ) -> Result<(ClientRequest, Entry), Refusal> {
        let asked = match endpoint.row().wording {
            Wording::Google => head.uri.query().and_then(auth::in_query),
            Wording::OpenAi | Wording::Events | Wording::Anthropic | Wording::Aws => None,
        };
        auth::check(instance.config.master_key.as_ref(), &head.headers, asked.as_deref())?;
        let full = |_: Overloaded| Refusal::overloaded();
        let entry = self.admission.enter().await.map_err(full)?;
        let said = body.size_hint().exact().and_then(|said| usize::try_from(said).ok());
        if said.is_some_and(|said| said > MAX_BODY_BYTES) {
            return Err(Refusal::too_large());
        }
        let mut room = self.admission.room(said).await.map_err(full)?;
        let holds = |bytes| room.holds(bytes);
        let read = collect_body_while(body, MAX_BODY_BYTES, BODY_TIMEOUT, holds);
        let body = match self.shutdown.unless_over(read).await {
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
        let request = head::read(&instance.router, &head.headers, &called, body)?;
        let (room, answers) = (Arc::new(room), self.admission.answers());
        Ok((ClientRequest { room, answers, ..request }, entry))
    }
}

async fn is_wanted(seat: Option<&Seat>) {
    match seat {
        Some(seat) => seat.is_wanted().await,
        None => pending().await,
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
        BodyError::NoRoom => Refusal::overloaded(),
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
