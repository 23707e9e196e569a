//! What clients get: bodies, LiteLLM's headers, and the error that is left when nothing more can be
//! tried.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};

use crate::config::{Deployment, DeploymentIndex};
use crate::endpoint::{Answers, Wording};
use crate::failover::commit::Committed;
use crate::failover::elements::{Elements, elements};
use crate::failover::error_envelope::{self, envelope};
use crate::failover::request_state::RequestState;
use crate::http1::is_hop_by_hop;
use crate::policy::retry::Phase;
use crate::policy::{Headers, NamesTimeout};
use crate::routing::router::Allowance;
use crate::upstream::dialect::WholeAnswer;
use crate::upstream::failure::Failure;
use wire::openai::Usage;
use world::ChunkBuf;

/// Content type of everything that is no stream.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
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
    /// The same as one JSON array.
    Array(Box<Elements>),
    /// What the management routes answer.
    Page(axum::body::Body),
}

/// A whole answer of `deployment`, whose response headers were `upstream`.
pub(crate) fn whole(
    state: &RequestState,
    deployment: DeploymentIndex,
    upstream: &HeaderMap,
    answer: WholeAnswer,
) -> Response<AnswerBody> {
    let cost = Cost::of(&state.instance.config.deployments[deployment], answer.usage);
    let mut response = Response::new(AnswerBody::Whole(Some(answer.body)));
    *response.headers_mut() = headers(state, Some(deployment), upstream, cost);
    let named = match state.endpoint.row().answers {
        Answers::Choices
        | Answers::Object(_)
        | Answers::Response
        | Answers::Message
        | Answers::Candidates
        | Answers::Output => None,
        Answers::Bytes => upstream.get(CONTENT_TYPE).cloned(),
    };
    response.headers_mut().insert(CONTENT_TYPE, named.unwrap_or(JSON));
    response
}

/// The count that nobody of the group made, by the gateway's own estimate, which says that it is one.
pub(crate) fn estimate(state: &RequestState, input_tokens: u64) -> Response<AnswerBody> {
    let name = match state.endpoint.row().wording {
        Wording::Google => "totalTokens",
        Wording::OpenAi | Wording::Events | Wording::Anthropic | Wording::Aws => "input_tokens",
    };
    let body = Bytes::from(serde_json::json!({ name: input_tokens }).to_string());
    let mut response = Response::new(AnswerBody::Whole(Some(body)));
    *response.headers_mut() = headers(state, None, &HeaderMap::new(), Cost::Unknown);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    let estimated = HeaderValue::from_static(name);
    response.headers_mut().insert(HeaderName::from_static(ESTIMATED), estimated);
    response
}

/// A stream of `deployment`. `headers` were made by [`headers`] before the state was handed over.
pub(crate) fn stream(
    headers: HeaderMap,
    wording: Wording,
    committed: Committed,
) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Stream(Box::new(committed)));
    *response.headers_mut() = headers;
    stream_headers(response.headers_mut(), wording);
    response
}

/// A stream of `deployment` that broke before a word: its frames, and the error.
pub(crate) fn broken(
    state: &RequestState,
    deployment: DeploymentIndex,
    upstream: &HeaderMap,
    (mut frames, failure): (ChunkBuf, &Failure),
) -> Response<AnswerBody> {
    frames.push(error_event(state, failure, None));
    let mut response = Response::new(AnswerBody::Whole(Some(frames.take())));
    *response.headers_mut() = headers(state, Some(deployment), upstream, Cost::Unknown);
    stream_headers(response.headers_mut(), state.endpoint.row().wording);
    response
}

/// The last frame of a stream that broke, in the policy's words and the endpoint's form. `newest` is the
/// data of the newest frame that the client has.
pub(crate) fn error_event(
    state: &RequestState,
    failure: &Failure,
    newest: Option<&Bytes>,
) -> Bytes {
    let policy = state.instance.config.personality.policy;
    let kind = policy.event_type(failure);
    let text = policy.error_text(failure);
    match state.endpoint.row().wording {
        Wording::OpenAi => error_envelope::error_event(&text, kind, failure.status),
        Wording::Events => error_envelope::named_error_event(&text, failure.status, newest),
        Wording::Anthropic => error_envelope::anthropic_error_event(&text, failure.status),
        Wording::Google => error_envelope::google_error_event(&text, failure.status),
        Wording::Aws => error_envelope::aws_error_event(&text, failure.status),
    }
}

/// Names an error where clients look for its name in a header.
pub(crate) fn name_error(headers: &mut HeaderMap, wording: Wording, status: u16) {
    match wording {
        Wording::OpenAi | Wording::Events | Wording::Anthropic | Wording::Google => {}
        Wording::Aws => {
            let name = HeaderValue::from_static(error_envelope::aws_name(status));
            headers.insert(HeaderName::from_static(wire::bedrock::ERROR_TYPE), name);
        }
    }
}

/// A stream of Google's as one JSON array; an error is an array as well.
pub(crate) fn as_array(response: Response<AnswerBody>) -> Response<AnswerBody> {
    let (mut head, body) = response.into_parts();
    let streams = head.headers.get(CONTENT_TYPE) == Some(&EVENT_STREAM);
    head.headers.insert(CONTENT_TYPE, JSON);
    let body = match body {
        AnswerBody::Stream(events) => AnswerBody::Array(Box::new(Elements::of(events))),
        AnswerBody::Whole(Some(events)) if streams => AnswerBody::Whole(Some(elements(events))),
        AnswerBody::Whole(Some(one)) => {
            AnswerBody::Whole(Some(Bytes::from([b"[", &*one, b"]"].concat())))
        }
        other @ (AnswerBody::Whole(None) | AnswerBody::Page(_) | AnswerBody::Array(_)) => other,
    };
    Response::from_parts(head, body)
}

/// The error that is left when nothing more can be tried.
pub(crate) fn error(
    state: &RequestState,
    (failure, phase): (&Failure, Phase),
    message: &str,
    upstream: &HeaderMap,
) -> Response<AnswerBody> {
    let policy = state.instance.config.personality.policy;
    let kind = policy.error_type(failure, phase);
    let body = match state.endpoint.row().wording {
        Wording::OpenAi | Wording::Events => {
            envelope(message, kind, failure.param.as_deref(), failure.status)
        }
        Wording::Anthropic => error_envelope::anthropic_envelope(message, failure.status),
        Wording::Google => error_envelope::google_envelope(message, failure.status),
        Wording::Aws => error_envelope::aws_body(message),
    };
    let mut response = Response::new(AnswerBody::Whole(Some(body)));
    *response.status_mut() =
        StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let last = state.tried.last().copied();
    *response.headers_mut() = match policy.headers() {
        // LiteLLM has made the head of a stream when it reads its first frame, and keeps it for the error.
        Headers::ByOutcome if phase == Phase::InStream && state.fallbacks == 0 => {
            headers(state, last, upstream, Cost::Unknown)
        }
        Headers::Alike => headers(state, last, upstream, Cost::Unknown),
        Headers::ByOutcome => error_headers(state, upstream, policy.names_timeout(failure, phase)),
    };
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    name_error(response.headers_mut(), state.endpoint.row().wording, failure.status);
    // Only where the gateway itself says so: an upstream's wait is about one deployment.
    if let (None, Some(wait)) = (failure.upstream_status, failure.retry_after) {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// What LiteLLM says of an error: neither deployment nor attempts.
fn error_headers(
    state: &RequestState,
    upstream: &HeaderMap,
    names_timeout: NamesTimeout,
) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(6 + upstream.len());
    headers.insert(HeaderName::from_static(RESPONSE_COST), HeaderValue::from_static("0"));
    headers.insert(HeaderName::from_static(KEY_SPEND), HeaderValue::from_static("0.0"));
    if let Ok(call_id) = HeaderValue::try_from(&*state.call_id) {
        headers.insert(HeaderName::from_static(CALL_ID), call_id);
    }
    let timeout = match names_timeout {
        NamesTimeout::Yes => state.timeout.and_then(seconds),
        NamesTimeout::No => None,
    };
    if let Some(timeout) = timeout {
        headers.insert(HeaderName::from_static(TIMEOUT), timeout);
    }
    append_upstream(&mut headers, upstream);
    headers
}

fn append_upstream(headers: &mut HeaderMap, upstream: &HeaderMap) {
    for (name, value) in upstream {
        let framing = is_hop_by_hop(name) || name == CONTENT_LENGTH || name == DATE;
        if let (false, Some(name)) = (framing, prefixed(name)) {
            headers.append(name, value.clone());
        }
    }
}

fn stream_headers(headers: &mut HeaderMap, wording: Wording) {
    let content_type = match wording {
        Wording::OpenAi | Wording::Events | Wording::Anthropic | Wording::Google => EVENT_STREAM,
        Wording::Aws => HeaderValue::from_static(wire::bedrock::eventstream::CONTENT_TYPE),
    };
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
}

const CALL_ID: &str = "x-litellm-call-id";
const TIMEOUT: &str = "x-litellm-timeout";
/// Names the members of the request that the provider was not asked for.
const DROPPED: &str = "x-brownout-dropped-params";
/// Longest list of these, in bytes: a client may send any number of them.
const DROPPED_MAX: usize = 1000;
/// Names the members of the answer that the gateway estimated.
const ESTIMATED: &str = "x-brownout-estimated";
const ATTEMPTED_FALLBACKS: &str = "x-litellm-attempted-fallbacks";
const MODEL_GROUP: &str = "x-litellm-model-group";
const RESPONSE_COST: &str = "x-litellm-response-cost";
const KEY_SPEND: &str = "x-litellm-key-spend";

/// What an answer costs, as far as it is known when its head is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cost {
    /// No price is known, or the answer is a stream, whose tokens nobody has counted yet.
    Unknown,
    /// US dollars for its prompt and for its answer.
    Usd { input: f64, output: f64 },
}

impl Cost {
    fn of(deployment: &Deployment, usage: Option<Usage>) -> Self {
        let listed = deployment.listed_usd_per_token;
        let input = deployment.input_cost_per_token.or(listed.map(|(input, _)| input));
        let output = deployment.output_cost_per_token.or(listed.map(|(_, output)| output));
        match (input.zip(output), usage) {
            (Some((input, output)), Some(usage)) => Self::Usd {
                input: input * usage.prompt_tokens as f64,
                output: output * usage.completion_tokens as f64,
            },
            (None, _) | (_, None) => Self::Unknown,
        }
    }
}

/// What LiteLLM says of an answer's cost: without a database a key has spent what this answer costs, and what is not
/// known is nought.
fn cost_headers(headers: &mut HeaderMap, cost: Cost) {
    let mut set = |name, usd: f64| {
        let value = HeaderValue::try_from(format!("{usd:?}")).unwrap_or(HeaderValue::from(0));
        headers.insert(HeaderName::from_static(name), value);
    };
    let (input, output) = match cost {
        Cost::Unknown => (0.0, 0.0),
        Cost::Usd { input, output } => {
            set(RESPONSE_COST, input + output);
            (input, output)
        }
    };
    set("x-litellm-response-cost-original", input + output);
    set("x-litellm-response-cost-discount-amount", 0.0);
    set("x-litellm-response-cost-margin-amount", 0.0);
    set("x-litellm-response-cost-margin-percent", 0.0);
    set("x-litellm-response-cost-input", input);
    set("x-litellm-response-cost-output", output);
    set("x-litellm-response-cost-tool-usage", 0.0);
    set(KEY_SPEND, input + output);
    // Callbacks are not played.
    set("x-litellm-callback-duration-ms", 0.0);
}

/// LiteLLM's headers, and every header of the upstream under a prefix.
pub(crate) fn headers(
    state: &RequestState,
    deployment: Option<DeploymentIndex>,
    upstream: &HeaderMap,
    cost: Cost,
) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(28 + upstream.len());
    let mut set = |name, value| headers.insert(HeaderName::from_static(name), value);
    if let Ok(call_id) = HeaderValue::try_from(&*state.call_id) {
        set(CALL_ID, call_id);
    }
    if let Some(member) = deployment.map(|index| &state.instance.members[index]) {
        set("x-litellm-model-id", member.id.clone());
        set(MODEL_GROUP, member.group.clone());
        set("x-litellm-model-api-base", member.api_base.clone());
    }
    set("x-litellm-version", VERSION);
    let retries = state.tries_here.saturating_sub(1);
    set("x-litellm-attempted-retries", HeaderValue::from(retries));
    set(ATTEMPTED_FALLBACKS, HeaderValue::from(state.fallbacks));
    if retries > 0 {
        set("x-litellm-max-retries", HeaderValue::from(state.retries_max));
    }
    match state.instance.config.personality.policy.headers() {
        Headers::Alike => {
            if let Some(timeout) = state.timeout.and_then(seconds) {
                set(TIMEOUT, timeout);
            }
            if let Some(index) = deployment {
                allowance_headers(&mut headers, state, index);
            }
            if let Cost::Usd { input, output } = cost {
                let usd = HeaderValue::try_from(format!("{:?}", input + output));
                let usd = usd.unwrap_or(HeaderValue::from(0));
                headers.insert(HeaderName::from_static(RESPONSE_COST), usd);
            }
        }
        Headers::ByOutcome => {
            if let Some(member) = deployment.map(|index| &state.instance.members[index]) {
                set("x-litellm-model-name", member.model.clone());
            }
            if let (Some(_), Ok(called)) = (deployment, HeaderValue::try_from(&*state.called)) {
                set(MODEL_GROUP, called);
            }
            set(ATTEMPTED_FALLBACKS, HeaderValue::from(state.fallbacks_of_the_walk()));
            cost_headers(&mut headers, cost);
        }
    }
    let mut set = |name, value| headers.insert(HeaderName::from_static(name), value);
    if let Some(dropped) = dropped(&state.dropped) {
        set(DROPPED, dropped);
    }
    let took = state.instance.clock.now().since(state.received);
    set("x-litellm-response-duration-ms", milliseconds(took));
    let overhead = took.saturating_sub(state.upstream_time);
    set("x-litellm-overhead-duration-ms", milliseconds(overhead));
    append_upstream(&mut headers, upstream);
    headers
}

/// What the group of a deployment may still be asked in this minute, under the names that OpenAI and LiteLLM use.
fn allowance_headers(headers: &mut HeaderMap, state: &RequestState, deployment: DeploymentIndex) {
    let instance = &state.instance;
    let now = instance.unix_seconds(instance.clock.now());
    let group = &instance.config.deployments[deployment].group;
    let Allowance { requests, tokens } = instance.router.allowance(group, now);
    let names = [
        (requests, "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests"),
        (tokens, "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens"),
    ];
    for (quota, limit, left) in names {
        let Some(quota) = quota else { continue };
        headers.insert(HeaderName::from_static(limit), HeaderValue::from(quota.limit));
        headers.insert(HeaderName::from_static(left), HeaderValue::from(quota.left));
    }
}

/// Names of what was left out, as far as there is room for them; nothing where nothing was.
fn dropped(names: &[Box<str>]) -> Option<HeaderValue> {
    let mut shown = String::new();
    for (number, name) in names.iter().enumerate() {
        // A client's name for something may be what no header holds; the others are told all the same.
        let name = name.replace(char::is_control, "?");
        let comma = if number == 0 { "" } else { ", " };
        if shown.len() + comma.len() + name.len() > DROPPED_MAX {
            let more = names.len() - number;
            let _ = write!(shown, "{comma}and {more} more");
            break;
        }
        let _ = write!(shown, "{comma}{name}");
    }
    HeaderValue::try_from(shown).ok().filter(|shown| !shown.is_empty())
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
            Self::Array(elements) => {
                let polled = Pin::new(&mut **elements).poll_frame(cx);
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
            Self::Array(elements) => elements.is_end_stream(),
            Self::Page(page) => page.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Stream(_) | Self::Array(_) => SizeHint::default(),
            Self::Page(page) => page.size_hint(),
        }
    }
}
