//! Reads what a request asks for: from the path, the headers and the head of the body, without parsing
//! the messages.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName};
use serde_json::{Map, Value};
use wire::multipart::{Form, FormError};
use wire::openai::{HeadError, RequestHead};

use crate::admission::Answers;
use crate::config::OnBreak;
use crate::endpoint::{Body, Endpoint, Wording};
use crate::failover::client_request::{ClientBody, ClientRequest, Overrides};
use crate::failover::estimate;
use crate::front::refusal::Refusal;
use crate::front::tags;
use crate::http1::text;
use crate::policy::fallbacks::{FallbackTable, FallbacksByClass};
use crate::routing::router::Router;

/// Longest per-request timeout that is believed: a day. LiteLLM's own default is 100 minutes.
const TIMEOUT_MAX_S: f64 = 86_400.0;

/// Retries per request that a client may ask for: more would only hide an outage.
const RETRIES_MAX: u32 = 100;

/// Fallbacks that a request may name; further ones are ignored. More than any fleet has providers.
const FALLBACKS_MAX: usize = 8;

/// Header by which a client says what it wants of a stream that breaks.
const ON_BREAK: &str = "x-brownout-on-break";

/// What the path says.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) endpoint: Endpoint,
    /// The model that it names, which the body need not repeat; the path wins, as in LiteLLM.
    pub(crate) model: Option<String>,
    /// Whether it asks for a stream.
    pub(crate) streamed: bool,
}

/// Reads a request.
pub(crate) fn read(
    router: &Router,
    headers: &HeaderMap,
    called: &Called,
    body: Bytes,
) -> Result<ClientRequest, Refusal> {
    let endpoint = called.endpoint;
    let ClientBody { head, bytes, form, prompt_tokens } = match endpoint.row().body {
        Body::Json => understood(called, body)?,
        Body::Form => form(headers, body)?,
    };
    let named = called.model.as_deref().or(head.model.as_deref()).or(endpoint.row().model_default);
    let Some(model) = named else {
        return Err(Refusal::bad_request(
            Some("model"),
            "model is required; call /v1/models for the names".to_owned(),
        ));
    };
    let Some(target) = router.resolve(model) else {
        return Err(Refusal::bad_request(Some("model"), unknown_model(endpoint, model)));
    };
    refuse_tests(&head, &bytes)?;
    let overrides = overrides(called, headers, (&head, &bytes))?;
    let (tags, user_agent) = match router.fleet().looks_at_tags() {
        true => (tags::of(headers, &bytes), tags::user_agent(headers)),
        false => (Vec::new(), None),
    };
    let (model, body) = (Arc::from(model), ClientBody { head, bytes, form, prompt_tokens });
    let relayed = relayed(endpoint, headers);
    let (continues, room, answers) = (None, Arc::default(), Answers::default());
    Ok(ClientRequest {
        endpoint,
        model,
        target,
        overrides,
        body,
        relayed,
        tags,
        user_agent,
        continues,
        room,
        answers,
    })
}

/// Members by which a client could have LiteLLM make up a failure or a delay. It refuses them, whatever their value
/// (litellm 1.106.2, `proxy/route_llm_request.py`): a test that nobody plays must not look as if it had passed.
const TESTS: &[&str] = &[
    "mock_testing_fallbacks",
    "mock_testing_context_fallbacks",
    "mock_testing_content_policy_fallbacks",
    "mock_testing_rate_limit_error",
    "mock_timeout",
    "mock_delay",
];

fn refuse_tests(head: &RequestHead, body: &[u8]) -> Result<(), Refusal> {
    let is = |member: &[u8], name: &str| {
        member
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_prefix(name.as_bytes()))
            .is_some_and(|rest| rest.starts_with(b"\""))
    };
    let named = |name: &&&str| head.gateway_members(body).any(|member| is(member, name));
    let present: Vec<&str> = TESTS.iter().filter(named).copied().collect();
    match present.first() {
        None => Ok(()),
        Some(first) => {
            let all = present.join(", ");
            let message = format!("Mock testing request params are disabled on this proxy: {all}.");
            Err(Refusal::bad_request(Some(first), message))
        }
    }
}

/// What Anthropic's clients say in headers: which version they speak, and what they want to try.
fn relayed(endpoint: Endpoint, headers: &HeaderMap) -> HeaderMap {
    let names: &[&str] = match endpoint.row().wording {
        // Claude has betas, whoever asks for it.
        Wording::OpenAi if endpoint == Endpoint::Chat => &[wire::anthropic::BETA],
        Wording::OpenAi | Wording::Events | Wording::Google | Wording::Aws => &[],
        Wording::Anthropic => &[wire::anthropic::VERSION, wire::anthropic::BETA],
    };
    let mut relayed = HeaderMap::new();
    for &name in names {
        for value in headers.get_all(name) {
            relayed.append(HeaderName::from_static(name), value.clone());
        }
    }
    relayed
}

/// Understands a body.
fn understood(called: &Called, bytes: Bytes) -> Result<ClientBody, Refusal> {
    let mut head = RequestHead::scan(&bytes).map_err(|error| unreadable(&error))?;
    let row = called.endpoint.row();
    if row.names_model() {
        // The path says what elsewhere the body does.
        head.stream = called.streamed;
    }
    if let (Some(member), None) = (row.required, &head.messages) {
        let message = format!("{member} is required; send a list");
        return Err(Refusal::bad_request(Some(member), message));
    }
    // Elsewhere nearly all of the body is what the model reads.
    let read_by_model = head.messages.clone().and_then(|at| bytes.get(at)).unwrap_or(&bytes);
    let prompt_tokens = estimate::tokens(read_by_model);
    Ok(ClientBody { head, bytes, form: None, prompt_tokens })
}

/// Understands a form. Of what is said in it nobody can tell the tokens.
fn form(headers: &HeaderMap, bytes: Bytes) -> Result<ClientBody, Refusal> {
    let refused = |error: FormError| {
        Refusal::bad_request(Some("request_body"), format!("Invalid request format: {error}"))
    };
    let content_type = headers.get(CONTENT_TYPE).cloned().ok_or(FormError::Boundary);
    let content_type = content_type.map_err(refused)?;
    let form = Form::read(text(headers, "content-type"), &bytes).map_err(refused)?;
    let named = form.part("model").and_then(|part| bytes.get(part.value.clone()));
    let model = named.map(|name| String::from_utf8_lossy(name).into_owned());
    let mut head = RequestHead::default();
    head.model = model;
    Ok(ClientBody { head, bytes, form: Some((form, content_type)), prompt_tokens: 1 })
}

/// The body's members beat the headers, as in LiteLLM.
fn overrides(
    called: &Called,
    headers: &HeaderMap,
    (head, body): (&RequestHead, &Bytes),
) -> Result<Overrides, Refusal> {
    let number = |name: &str| text(headers, name).trim().parse::<f64>().ok();
    let timeout = head.timeout_s.or_else(|| number("x-litellm-timeout"));
    let stream_timeout = head.stream_timeout_s.or_else(|| number("x-litellm-stream-timeout"));
    let retries = text(headers, "x-litellm-num-retries").trim().parse().ok();
    let named = head.fallbacks.clone().and_then(|at| body.get(at)).and_then(named);
    let table =
        |at: &Option<Range<usize>>| at.clone().and_then(|at| body.get(at)).and_then(fallback_table);
    let mut amended = Vec::new();
    let mut fallbacks = Vec::new();
    for Named { model, members } in named.unwrap_or_default() {
        if !members.is_empty() {
            let bytes = amend(body, members).ok_or_else(Refusal::too_large)?;
            amended.push((Arc::clone(&model), understood(called, bytes)?));
        }
        fallbacks.push(model);
    }
    Ok(Overrides {
        timeout: timeout.and_then(seconds),
        stream_timeout: stream_timeout.and_then(seconds),
        num_retries: head.num_retries.or(retries).map(|retries| retries.min(RETRIES_MAX)),
        fallbacks,
        fallbacks_by_class: FallbacksByClass {
            context_window: table(&head.context_window_fallbacks),
            content_policy: table(&head.content_policy_fallbacks),
        },
        amended,
        disable_fallbacks: head.disable_fallbacks,
        drop_params: head.drop_params,
        on_break: OnBreak::named(text(headers, ON_BREAK).trim()),
    })
}

/// The body with other members in the place of its own.
fn amend(body: &[u8], members: Map<String, Value>) -> Option<Bytes> {
    let mut all: Map<String, Value> = serde_json::from_slice(body).ok()?;
    all.extend(members);
    serde_json::to_vec(&all).ok().map(Bytes::from)
}

/// LiteLLM takes the first value that is truthy, so 0 is as good as none.
fn seconds(value: f64) -> Option<Duration> {
    (value > 0.0).then(|| Duration::from_secs_f64(value.min(TIMEOUT_MAX_S)))
}

/// A fallback that a request names, and what it wants said there instead.
struct Named {
    model: Arc<str>,
    members: Map<String, Value>,
}

/// `["a", {"model": "b", "messages": […]}]`, or the config's form `[{"group": ["a"]}]`; the first
/// [`FALLBACKS_MAX`].
fn named(list: &[u8]) -> Option<Vec<Named>> {
    let list: Vec<Value> = serde_json::from_slice(list).ok()?;
    let plain = |name: &str| Named { model: Arc::from(name), members: Map::new() };
    let mut all = Vec::new();
    for entry in list {
        match entry {
            Value::String(name) => all.push(plain(&name)),
            Value::Object(mut members) => match members.remove("model") {
                Some(Value::String(model)) => {
                    all.push(Named { model: Arc::from(model), members });
                }
                Some(_) | None => {
                    let lists = members.values().filter_map(Value::as_array).flatten();
                    all.extend(lists.filter_map(Value::as_str).map(plain));
                }
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
        }
    }
    all.truncate(FALLBACKS_MAX);
    Some(all)
}

/// `[{"group": ["a"]}, …]`, at most [`FALLBACKS_MAX`] names; nothing that has another form.
fn fallback_table(list: &[u8]) -> Option<FallbackTable> {
    let list: Vec<FallbackTable> = serde_json::from_slice(list).ok()?;
    let names: usize = list.iter().flat_map(|entry| entry.values()).map(Vec::len).sum();
    (names <= FALLBACKS_MAX).then(|| list.into_iter().flatten().collect())
}

fn unreadable(error: &HeadError) -> Refusal {
    match error {
        HeadError::TooLarge { .. } => Refusal::too_large(),
        HeadError::Malformed { .. } | HeadError::Repeated { .. } | HeadError::WrongType { .. } => {
            Refusal::bad_request(Some("request_body"), format!("Invalid request format: {error}"))
        }
    }
}

fn unknown_model(endpoint: Endpoint, model: &str) -> String {
    let path = endpoint.row().path;
    format!(
        "{path}: Invalid model name passed in model={model}. Call `/v1/models` to view available \
         models for your key."
    )
}
