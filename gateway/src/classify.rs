//! Names failures: an upstream's refusal, or the way in which a connection broke, becomes one
//! [`Failure`] that retries, cooldowns, fallbacks and the client's error all look at.
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

/// Longest text that is searched or quoted from an upstream's error, in bytes.
pub const TEXT_MAX: usize = 8 * 1024;

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
    let waits = Waits::read(headers, now_unix);
    let said = if detail.message.is_empty() {
        format!("the provider answered with status {status}")
    } else {
        shortened(&detail.message).to_owned()
    };
    Failure {
        class,
        status: client_status(class, status),
        upstream_status: Some(status),
        retry_after: waits.exact,
        retry_after_whole: waits.whole,
        message: said,
        kind: detail.kind.map(|kind| Box::from(shortened(&kind))),
        param: detail.param.map(|param| Box::from(shortened(&param))),
        reason: reason(class, status),
    }
}

/// A failed attempt, or the reason why none could be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure.
    pub class: ErrorClass,
    /// HTTP status that the client gets for it.
    pub status: u16,
    /// Status of the upstream's answer; `None` if none came.
    pub upstream_status: Option<u16>,
    /// Wait that the upstream asked for, exactly: `retry-after-ms`, or `retry-after` in seconds, with
    /// fraction, or as a date. Not capped.
    pub retry_after: Option<Duration>,
    /// The same as LiteLLM reads it: only `retry-after`, only whole seconds or a date.
    pub retry_after_whole: Option<Duration>,
    /// For people: the upstream's own words where it had any. At most [`TEXT_MAX`] bytes.
    pub message: String,
    /// The upstream's `error.type`.
    pub kind: Option<Box<str>>,
    /// The upstream's `error.param`.
    pub param: Option<Box<str>>,
    /// A word for decisions and metrics, from a closed set: `connect`, `rate_limited`, `stalled`, …
    pub reason: &'static str,
}

impl Failure {
    /// A connection that broke in `trouble`; `detail` says how, without secrets.
    pub fn broken(trouble: Trouble, detail: &str) -> Self {
        let (class, reason) = match trouble {
            Trouble::Connect => (ErrorClass::ApiConnection, "connect"),
            Trouble::Timeout => (ErrorClass::Timeout, "timeout"),
            Trouble::Stalled => (ErrorClass::ApiConnection, "stalled"),
            Trouble::Reset => (ErrorClass::ApiConnection, "reset"),
            Trouble::Cut => (ErrorClass::ApiConnection, "cut"),
            Trouble::Truncated => (ErrorClass::ApiConnection, "truncated"),
            Trouble::Malformed => (ErrorClass::ApiConnection, "malformed"),
            Trouble::ErrorEvent => (ErrorClass::ApiConnection, "error_event"),
        };
        Self {
            class,
            status: class.status(),
            upstream_status: None,
            retry_after: None,
            retry_after_whole: None,
            message: shortened(detail).to_owned(),
            kind: None,
            param: None,
            reason,
        }
    }
}

/// How a connection can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It could not be made.
    Connect,
    /// No answer began in time.
    Timeout,
    /// An answer began and then fell silent.
    Stalled,
    /// It was closed before an answer began.
    Reset,
    /// It was closed within an answer.
    Cut,
    /// The answer ended properly, but before it was complete.
    Truncated,
    /// What came cannot be understood.
    Malformed,
    /// A stream said that it failed.
    ErrorEvent,
}

/// Kinds of failure, in LiteLLM's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorClass {
    /// 400, and other refusals of the request itself.
    BadRequest,
    /// The prompt does not fit.
    ContextWindow,
    /// A policy refused the prompt or the answer.
    ContentPolicy,
    /// 401.
    Authentication,
    /// 403.
    PermissionDenied,
    /// 404: the model or the Azure deployment.
    NotFound,
    /// 408, 504, or silence.
    Timeout,
    /// 422.
    UnprocessableEntity,
    /// 429.
    RateLimit,
    /// 500, or overloaded.
    InternalServer,
    /// 502.
    BadGateway,
    /// 503.
    ServiceUnavailable,
    /// No usable answer: the connection failed or broke, or its content did.
    ApiConnection,
    /// Any other status.
    Api,
}

impl ErrorClass {
    /// Name of LiteLLM's exception.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequestError",
            Self::ContextWindow => "ContextWindowExceededError",
            Self::ContentPolicy => "ContentPolicyViolationError",
            Self::Authentication => "AuthenticationError",
            Self::PermissionDenied => "PermissionDeniedError",
            Self::NotFound => "NotFoundError",
            Self::Timeout => "Timeout",
            Self::UnprocessableEntity => "UnprocessableEntityError",
            Self::RateLimit => "RateLimitError",
            Self::InternalServer => "InternalServerError",
            Self::BadGateway => "BadGatewayError",
            Self::ServiceUnavailable => "ServiceUnavailableError",
            Self::ApiConnection => "APIConnectionError",
            Self::Api => "APIError",
        }
    }

    /// HTTP status that goes with the class where the upstream gave none.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::ContextWindow | Self::ContentPolicy => 400,
            Self::Authentication => 401,
            Self::PermissionDenied => 403,
            Self::NotFound => 404,
            Self::Timeout => 408,
            Self::UnprocessableEntity => 422,
            Self::RateLimit => 429,
            Self::BadGateway => 502,
            Self::ServiceUnavailable => 503,
            Self::InternalServer | Self::ApiConnection | Self::Api => 500,
        }
    }

    /// Whether the request itself is at fault, so that the deployment's health is not in question.
    pub const fn blames_request(self) -> bool {
        match self {
            Self::BadRequest
            | Self::ContextWindow
            | Self::ContentPolicy
            | Self::UnprocessableEntity => true,
            Self::Authentication
            | Self::PermissionDenied
            | Self::NotFound
            | Self::Timeout
            | Self::RateLimit
            | Self::InternalServer
            | Self::BadGateway
            | Self::ServiceUnavailable
            | Self::ApiConnection
            | Self::Api => false,
        }
    }
}

fn by_status(status: u16) -> ErrorClass {
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

/// Mostly the upstream's own status; the classes that are recognised by words bring theirs.
fn client_status(class: ErrorClass, upstream: u16) -> u16 {
    match class {
        ErrorClass::RateLimit | ErrorClass::ContextWindow | ErrorClass::ContentPolicy => {
            class.status()
        }
        ErrorClass::BadRequest
        | ErrorClass::Authentication
        | ErrorClass::PermissionDenied
        | ErrorClass::NotFound
        | ErrorClass::Timeout
        | ErrorClass::UnprocessableEntity
        | ErrorClass::InternalServer
        | ErrorClass::BadGateway
        | ErrorClass::ServiceUnavailable
        | ErrorClass::ApiConnection
        | ErrorClass::Api => {
            // A redirect is no answer to a chat completion.
            if (400..600).contains(&upstream) { upstream } else { class.status() }
        }
    }
}

fn reason(class: ErrorClass, status: u16) -> &'static str {
    match class {
        ErrorClass::BadRequest => "bad_request",
        ErrorClass::ContextWindow => "context_window",
        ErrorClass::ContentPolicy => "content_policy",
        ErrorClass::Authentication => "unauthorized",
        ErrorClass::PermissionDenied => "forbidden",
        ErrorClass::NotFound => "not_found",
        ErrorClass::Timeout => "timeout",
        ErrorClass::UnprocessableEntity => "unprocessable",
        ErrorClass::RateLimit => "rate_limited",
        ErrorClass::InternalServer if status == 529 => "overloaded",
        ErrorClass::InternalServer => "server_error",
        ErrorClass::BadGateway => "bad_gateway",
        ErrorClass::ServiceUnavailable => "unavailable",
        ErrorClass::ApiConnection => "connect",
        ErrorClass::Api => "error",
    }
}

/// The wait that headers ask for, twice read.
struct Waits {
    exact: Option<Duration>,
    whole: Option<Duration>,
}

impl Waits {
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
            Err(_) => until(value),
        });
        Self { exact, whole }
    }
}

/// At most [`TEXT_MAX`] bytes, cut between characters.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_MAX)]
}
