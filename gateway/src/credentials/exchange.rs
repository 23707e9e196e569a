//! Asking for credentials over HTTP: one request, one bounded answer, and in words what went wrong with it. Whatever an
//! answer says is shortened and made visible before anybody reads it.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use http_body_util::Full;
use serde::de::DeserializeOwned;
use serde_json::Value;
use world::pool::Pool;
use world::{Clock, collect_body};

use super::ANSWER_WITHIN;
use crate::config::{TokenEndpoint, TokenText};

/// Largest answer, in bytes: tokens have a few thousand.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Largest file with a token, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Most characters of an answer that says why not.
const WHY_CHARS_MAX: usize = 300;

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange<'a> {
    pool: &'a Pool,
    clock: Clock,
}

impl<'a> Exchange<'a> {
    pub(super) const fn new(pool: &'a Pool, clock: Clock) -> Self {
        Self { pool, clock }
    }

    /// Now, in unix seconds.
    pub(super) fn now(&self) -> u64 {
        self.clock.unix_seconds()
    }

    /// Posts a form, and reads JSON.
    pub(super) async fn form<T: DeserializeOwned>(
        &self,
        at: &TokenEndpoint,
        fields: &[(&str, &str)],
    ) -> Result<T, String> {
        let answer = self.send(at, form(at, fields)).await?;
        read(at, &answer)
    }

    /// Sends a request, and reads the body of an answer that says yes.
    pub(super) async fn send(
        &self,
        at: &TokenEndpoint,
        request: Request<Full<Bytes>>,
    ) -> Result<Bytes, String> {
        let asked = async {
            let response = self.pool.send(&at.authority, request, "").await;
            let response = response.map_err(|error| format!("{at}: {error}"))?;
            let (head, body) = response.into_parts();
            let body = collect_body(body, ANSWER_BYTES_MAX, ANSWER_WITHIN).await;
            let body = body.map_err(|_| format!("{at}: its answer broke off, or has no end"))?;
            match head.status.is_success() {
                true => Ok(body),
                false => Err(format!("{at} says {}: {}", head.status.as_u16(), why(&body))),
            }
        };
        let within = tokio::time::timeout(ANSWER_WITHIN, asked);
        within.await.map_err(|_| format!("{at}: no answer within {ANSWER_WITHIN:?}"))?
    }
}

/// A form for an endpoint.
pub(super) fn form(at: &TokenEndpoint, fields: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let mut request = asking(Method::POST, at, Bytes::from(form_body(fields)));
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    request
}

/// The body of a form.
pub(super) fn form_body(fields: &[(&str, &str)]) -> String {
    let encoded = |(name, value): &(&str, &str)| {
        format!("{}={}", wire::percent::segment(name), wire::percent::segment(value))
    };
    fields.iter().map(encoded).collect::<Vec<_>>().join("&")
}

/// A request to an endpoint.
pub(super) fn asking(method: Method, at: &TokenEndpoint, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    // Both were read from a URL.
    *request.uri_mut() = at.path.parse().unwrap_or_default();
    if let Ok(host) = HeaderValue::try_from(crate::upstream::host_of(&at.authority)) {
        request.headers_mut().insert(header::HOST, host);
    }
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    request.headers_mut().insert(header::USER_AGENT, crate::upstream::USER_AGENT);
    request
}

/// Reads JSON.
pub(super) fn read<T: DeserializeOwned>(at: &TokenEndpoint, answer: &[u8]) -> Result<T, String> {
    // What is wrong with it may quote it.
    serde_json::from_slice(answer).map_err(|_| format!("{at}: its answer holds no credentials"))
}

/// A token that stands somewhere.
pub(super) fn text_of(token: &TokenText) -> Result<String, String> {
    match token {
        TokenText::Given(token) => Ok(token.reveal().to_owned()),
        TokenText::File(path) => {
            let size = std::fs::metadata(&**path).map(|about| about.len());
            match size {
                Ok(size) if size <= FILE_BYTES_MAX => {}
                Ok(_) => return Err(format!("{path} is larger than a token")),
                Err(error) => return Err(format!("cannot read {path}: {}", error.kind())),
            }
            let text = std::fs::read_to_string(&**path);
            let text = text.map_err(|error| format!("cannot read {path}: {}", error.kind()))?;
            Ok(text.trim().to_owned())
        }
    }
}

/// Why an answer says no: OAuth's `error` and `error_description`, AWS's `Code` and `Message`, or its beginning.
fn why(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let said = match serde_json::from_slice::<Value>(body) {
        Ok(answer) => {
            let member = |name: &str| answer.get(name).and_then(Value::as_str);
            let both = [member("error"), member("error_description")];
            let both: Vec<&str> = both.into_iter().flatten().collect();
            (!both.is_empty()).then(|| both.join(": "))
        }
        Err(_) => {
            let both = [super::aws::tag(&text, "Code"), super::aws::tag(&text, "Message")];
            let both: Vec<&str> = both.into_iter().flatten().collect();
            (!both.is_empty()).then(|| both.join(": "))
        }
    };
    let said = said.unwrap_or_else(|| text.trim().to_owned());
    let short: String = said.chars().take(WHY_CHARS_MAX).collect();
    vocab::visible_line(&short).into_owned()
}
