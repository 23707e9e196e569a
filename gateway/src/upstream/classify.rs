//! Names failures: an upstream's refusal becomes a [`Failure`].
//!
//! The classes and the order in which they are tried are LiteLLM's (litellm 1.106,
//! `litellm_core_utils/exception_mapping_utils.py`): words first, status second. What follows from a
//! class is decided elsewhere; nothing here knows attempts or deployments.

mod words;

use std::time::Duration;

use http::HeaderMap;
use vocab::Protocol;
use wire::RetryAfter;
use wire::openai::ErrorDetail;

use super::failure::{ErrorClass, Failure, Reason, TEXT_MAX, shortened};

/// Reads an upstream's refusal (`status` is 300 or more). `now_unix` is the Unix time in seconds, for
/// a Retry-After that names a date.
pub fn classify(
    protocol: Protocol,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now_unix: u64,
) -> Failure {
    let text = String::from_utf8_lossy(&body[..body.len().min(TEXT_MAX)]).to_lowercase();
    let class = words::class(protocol, status, &text).unwrap_or_else(|| by_status(status));
    let detail = ErrorDetail::read(body).unwrap_or_default();
    let waits = Waits::read(headers, now_unix).or_else(|| in_body(protocol, body));
    let said = if detail.message.is_empty() {
        format!("the provider answered with status {status}")
    } else {
        shortened(&detail.message).to_owned()
    };
    Failure {
        class,
        status: client_status(class, status),
        counts_as: None,
        upstream_status: Some(status),
        retry_after: waits.exact,
        retry_after_whole: waits.whole,
        message: said,
        kind: detail.kind.map(|kind| Box::from(shortened(&kind))),
        param: detail.param.map(|param| Box::from(shortened(&param))),
        reason: reason(class, status),
    }
}

/// The class that the words of an error give away, whatever its status; `text` is in lower case.
pub(crate) fn by_words(protocol: Protocol, status: u16, text: &str) -> Option<ErrorClass> {
    words::class(protocol, status, text)
}

/// The class of a refusal that its words do not give away.
pub(crate) fn by_status(status: u16) -> ErrorClass {
    match status {
        401 => ErrorClass::Authentication,
        403 => ErrorClass::PermissionDenied,
        404 => ErrorClass::NotFound,
        408 | 504 => ErrorClass::Timeout,
        422 => ErrorClass::UnprocessableEntity,
        429 => ErrorClass::RateLimit,
        500 | 529 => ErrorClass::InternalServer,
        502 => ErrorClass::BadGateway,
        503 => ErrorClass::ServiceUnavailable,
        400 => ErrorClass::BadRequest,
        _ => ErrorClass::Api,
    }
}

/// The same failure as another class, met with `status`.
pub(crate) fn renamed(failure: Failure, class: ErrorClass, status: u16) -> Failure {
    Failure {
        class,
        status: client_status(class, status),
        reason: reason(class, status),
        ..failure
    }
}

/// Mostly the upstream's own status; the classes that are recognised by words bring theirs.
fn client_status(class: ErrorClass, upstream: u16) -> u16 {
    match class {
        // AWS says 403 of a key that it does not know, Google 400.
        ErrorClass::RateLimit
        | ErrorClass::ContextWindow
        | ErrorClass::ContentPolicy
        | ErrorClass::Authentication => class.status(),
        ErrorClass::BadRequest
        | ErrorClass::PermissionDenied
        | ErrorClass::NotFound
        | ErrorClass::Timeout
        | ErrorClass::UnprocessableEntity
        | ErrorClass::InternalServer
        | ErrorClass::BadGateway
        | ErrorClass::ServiceUnavailable
        | ErrorClass::ApiConnection
        | ErrorClass::Api
        | ErrorClass::Unexpected => {
            // A redirect is no answer to a chat completion.
            if (400..600).contains(&upstream) { upstream } else { class.status() }
        }
    }
}

/// What was observed where a failure has that class and that status.
pub(super) fn reason(class: ErrorClass, status: u16) -> Reason {
    match class {
        ErrorClass::BadRequest => Reason::BadRequest,
        ErrorClass::ContextWindow => Reason::ContextWindow,
        ErrorClass::ContentPolicy => Reason::ContentPolicy,
        ErrorClass::Authentication => Reason::Unauthorized,
        ErrorClass::PermissionDenied => Reason::Forbidden,
        ErrorClass::NotFound => Reason::NotFound,
        ErrorClass::Timeout => Reason::Timeout,
        ErrorClass::UnprocessableEntity => Reason::Unprocessable,
        ErrorClass::RateLimit => Reason::RateLimited,
        ErrorClass::InternalServer if status == 529 => Reason::Overloaded,
        ErrorClass::InternalServer => Reason::ServerError,
        ErrorClass::BadGateway => Reason::BadGateway,
        ErrorClass::ServiceUnavailable => Reason::Unavailable,
        ErrorClass::ApiConnection => Reason::Connect,
        ErrorClass::Api | ErrorClass::Unexpected => Reason::Error,
    }
}

/// The wait that headers ask for, twice read.
struct Waits {
    exact: Option<Duration>,
    whole: Option<Duration>,
}

/// The wait that Gemini asks for in the particulars of its error, not in a header.
fn in_body(protocol: Protocol, body: &[u8]) -> Option<Duration> {
    match protocol {
        Protocol::Gemini => wire::gemini::RpcStatus::read(body)?.retry_delay(),
        Protocol::OpenAi
        | Protocol::Azure
        | Protocol::Anthropic
        | Protocol::Bedrock
        | Protocol::Ollama => None,
    }
}

impl Waits {
    /// The same, or what else says it exactly.
    fn or_else(self, other: impl FnOnce() -> Option<Duration>) -> Self {
        Self { exact: self.exact.or_else(other), ..self }
    }

    fn read(headers: &HeaderMap, now_unix: u64) -> Self {
        let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let until = |date: &str| {
            let at = httpdate::parse_http_date(date.trim()).ok()?;
            let epoch = httpdate::parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT").ok()?;
            let unix = at.duration_since(epoch).ok()?;
            unix.checked_sub(Duration::from_secs(now_unix))
        };
        let exact = RetryAfter::read(get).and_then(|wait| match wait {
            RetryAfter::After(wait) => Some(wait),
            RetryAfter::At(date) => until(&date),
        });
        let whole = get("retry-after").and_then(|value| match value.trim().parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            // LiteLLM drops the fraction of what is left, and the present second has one.
            Err(_) => until(value).map(|wait| wait.saturating_sub(Duration::from_secs(1))),
        });
        Self { exact, whole }
    }
}
