//! What clients get: bodies, LiteLLM's headers, and errors in OpenAI's envelope.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use serde_json::json;

use crate::classify::{ErrorClass, Failure};
use crate::closing;
use crate::commit::Committed;
use crate::config::Personality;
use crate::headers::is_hop_by_hop;
use crate::trail::Trail;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");
const VERSION: HeaderValue =
    HeaderValue::from_static(concat!("brownout-", env!("CARGO_PKG_VERSION")));

/// Longest name of an upstream header that is passed on, in bytes.
const NAME_MAX: usize = 96;

/// A body on its way to the client.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// Everything at once; taken when sent.
    Whole(Option<Bytes>),
    /// A provider's stream.
    Stream(Box<Committed>),
    /// What the management routes answer.
    Page(axum::body::Body),
}

/// A request that the gateway itself turns away.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) kind: Option<&'static str>,
    pub(crate) param: Option<&'static str>,
    pub(crate) message: String,
}

impl Refusal {
    /// 400.
    pub(crate) fn bad_request(param: Option<&'static str>, message: String) -> Self {
        let kind = Some("invalid_request_error");
        Self { status: StatusCode::BAD_REQUEST, kind, param, message }
    }

    /// 401. `kind` is LiteLLM's word for what is wrong with the key.
    pub(crate) fn unauthorized(kind: &'static str, message: &str) -> Self {
        let message = format!("Authentication Error, {message}");
        Self { status: StatusCode::UNAUTHORIZED, kind: Some(kind), param: Some("None"), message }
    }

    /// 404.
    pub(crate) fn not_found(message: String) -> Self {
        let kind = Some("invalid_request_error");
        Self { status: StatusCode::NOT_FOUND, kind, param: None, message }
    }

    /// 405.
    pub(crate) fn method_not_allowed(method: &http::Method) -> Self {
        let message = format!("Method Not Allowed: {method}");
        let kind = Some("invalid_request_error");
        Self { status: StatusCode::METHOD_NOT_ALLOWED, kind, param: None, message }
    }

    /// 408.
    pub(crate) fn too_slow(limit: Duration) -> Self {
        let limit = limit.as_secs();
        let message = format!("Nothing of the request body came for {limit} s");
        let kind = Some("invalid_request_error");
        let param = Some("request_body");
        Self { status: StatusCode::REQUEST_TIMEOUT, kind, param, message }
    }

    /// 503.
    pub(crate) fn shutting_down() -> Self {
        let message = closing::failure().message;
        Self { status: StatusCode::SERVICE_UNAVAILABLE, kind: None, param: None, message }
    }

    /// 413.
    pub(crate) fn too_large() -> Self {
        let limit = wire::openai::MAX_BODY_BYTES;
        let message = format!("Request body is too large; at most {limit} bytes are accepted");
        let kind = Some("invalid_request_error");
        let param = Some("request_body");
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, kind, param, message }
    }

    /// The envelope.
    pub(crate) fn envelope(&self) -> Bytes {
        envelope(&self.message, self.kind, self.param, self.status.as_u16())
    }

    /// The whole answer.
    pub(crate) fn response(&self) -> Response<AnswerBody> {
        let mut response = Response::new(AnswerBody::Whole(Some(self.envelope())));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        response
    }
}

/// A whole answer of `deployment`, whose response headers were `upstream`.
pub(crate) fn whole(
    trail: &Trail,
    deployment: usize,
    upstream: &HeaderMap,
    body: Bytes,
) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Whole(Some(body)));
    *response.headers_mut() = headers(trail, Some(deployment), upstream);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// A stream of `deployment`. `headers` were made by [`headers`] before the trail was handed over.
pub(crate) fn stream(headers: HeaderMap, committed: Committed) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Stream(Box::new(committed)));
    *response.headers_mut() = headers;
    response.headers_mut().insert(CONTENT_TYPE, EVENT_STREAM);
    response
        .headers_mut()
        .insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// The error that is left when nothing more can be tried.
pub(crate) fn error(
    trail: &Trail,
    failure: &Failure,
    message: &str,
    upstream: &HeaderMap,
) -> Response<AnswerBody> {
    let body = envelope(message, kind(failure), failure.param.as_deref(), failure.status);
    let mut response = Response::new(AnswerBody::Whole(Some(body)));
    *response.status_mut() =
        StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers(trail, trail.tried.last().copied(), upstream);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    // Only where the gateway itself says so: an upstream's wait is about one deployment.
    if let (None, Some(wait)) = (failure.upstream_status, failure.retry_after) {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// An error's text, up to where what was tried is listed. LiteLLM's clients know its exceptions by
/// name.
pub(crate) fn text(personality: Personality, failure: &Failure) -> String {
    let message = failure.message.trim_end_matches('.');
    match personality {
        Personality::Litellm1106 => format!("litellm.{}: {message}.", failure.class.name()),
        Personality::Brownout => format!("{message}."),
    }
}

/// The last frame of a stream that broke; no `[DONE]` follows it.
pub(crate) fn error_event(personality: Personality, failure: &Failure) -> Bytes {
    let data = envelope(&text(personality, failure), None, None, failure.status);
    let mut frame = BytesMut::with_capacity(data.len() + 8);
    wire::sse::encode::data(&mut frame, &data);
    frame.freeze()
}

/// LiteLLM's headers, and every header of the upstream under a prefix.
pub(crate) fn headers(trail: &Trail, deployment: Option<usize>, upstream: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16 + upstream.len());
    let mut set = |name, value| headers.insert(HeaderName::from_static(name), value);
    if let Ok(call_id) = HeaderValue::try_from(&*trail.call_id) {
        set("x-litellm-call-id", call_id);
    }
    if let Some(member) = deployment.map(|index| &trail.instance.fleet[index]) {
        set("x-litellm-model-id", member.id.clone());
        set("x-litellm-model-group", member.group.clone());
        set("x-litellm-model-api-base", member.api_base.clone());
    }
    set("x-litellm-version", VERSION);
    let retries = trail.attempts_here.saturating_sub(1);
    set("x-litellm-attempted-retries", HeaderValue::from(retries));
    set("x-litellm-attempted-fallbacks", HeaderValue::from(trail.fallbacks));
    if retries > 0 {
        set("x-litellm-max-retries", HeaderValue::from(trail.retries_max));
    }
    if let Some(timeout) = trail.timeout.and_then(seconds) {
        set("x-litellm-timeout", timeout);
    }
    let took = trail.instance.clock.now().since(trail.received);
    set("x-litellm-response-duration-ms", milliseconds(took));
    let overhead = took.saturating_sub(trail.upstream_time);
    set("x-litellm-overhead-duration-ms", milliseconds(overhead));
    for (name, value) in upstream {
        let framing = is_hop_by_hop(name) || name == CONTENT_LENGTH || name == DATE;
        if let (false, Some(name)) = (framing, prefixed(name)) {
            headers.append(name, value.clone());
        }
    }
    headers
}

/// As Python prints a float: `5.0`.
fn seconds(limit: Duration) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{:?}", limit.as_secs_f64())).ok()
}

fn milliseconds(took: Duration) -> HeaderValue {
    HeaderValue::try_from(format!("{:.3}", took.as_secs_f64() * 1e3))
        .unwrap_or(HeaderValue::from(0))
}

fn prefixed(name: &HeaderName) -> Option<HeaderName> {
    const PREFIX: &[u8] = b"llm_provider-";
    let mut buffer = [0_u8; PREFIX.len() + NAME_MAX];
    let name = name.as_str().as_bytes();
    let whole = buffer.get_mut(..PREFIX.len() + name.len())?;
    let (prefix, rest) = whole.split_at_mut(PREFIX.len());
    prefix.copy_from_slice(PREFIX);
    rest.copy_from_slice(name);
    HeaderName::from_bytes(whole).ok()
}

/// `error.type`, as LiteLLM 1.106 says it.
fn kind(failure: &Failure) -> Option<&str> {
    match failure.class {
        // A refusal without upstream is the router's own.
        ErrorClass::RateLimit if failure.upstream_status.is_none() => failure.kind.as_deref(),
        ErrorClass::RateLimit => Some("throttling_error"),
        ErrorClass::Authentication => Some("auth_error"),
        ErrorClass::BadRequest
        | ErrorClass::ContextWindow
        | ErrorClass::ContentPolicy
        | ErrorClass::UnprocessableEntity
        | ErrorClass::NotFound
        | ErrorClass::PermissionDenied => failure.kind.as_deref().or(Some("invalid_request_error")),
        ErrorClass::Timeout
        | ErrorClass::InternalServer
        | ErrorClass::BadGateway
        | ErrorClass::ServiceUnavailable
        | ErrorClass::ApiConnection
        | ErrorClass::Api => failure.kind.as_deref(),
    }
}

/// `code` is the status, as a string: that is how LiteLLM's clients know it.
fn envelope(message: &str, kind: Option<&str>, param: Option<&str>, status: u16) -> Bytes {
    let code = status.to_string();
    let body = json!({
        "error": { "message": message, "type": kind, "param": param, "code": code }
    });
    let mut out = BytesMut::with_capacity(message.len() + 128);
    // A value with string keys always encodes, and a BytesMut takes any amount.
    let _ = serde_json::to_writer((&mut out).writer(), &body);
    out.freeze()
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Stream(committed) => {
                let polled = Pin::new(&mut **committed).poll_frame(cx);
                polled.map(|frame| {
                    frame.map(|frame| frame.map_err(|never: Infallible| match never {}))
                })
            }
            Self::Page(page) => Pin::new(page).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Stream(committed) => committed.is_end_stream(),
            Self::Page(page) => page.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Stream(_) => SizeHint::default(),
            Self::Page(page) => page.size_hint(),
        }
    }
}
