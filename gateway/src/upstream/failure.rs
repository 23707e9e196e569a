//! What went wrong with an attempt: one [`Failure`] that retries, cooldowns, fallbacks and the client's
//! error all look at. Nouns only; who makes one of an upstream's answer is `classify`.

use std::fmt;
use std::time::Duration;

/// Longest text that is searched or quoted from an upstream's error, in bytes.
pub const TEXT_MAX: usize = 8 * 1024;

/// A failed attempt, or the reason why none could be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure.
    pub class: ErrorClass,
    /// HTTP status that the client gets for it.
    pub status: u16,
    /// Status that cooldowns go by, where it is not that of the client.
    pub counts_as: Option<u16>,
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
    /// What was observed, for decisions and metrics.
    pub reason: Reason,
}

impl Failure {
    /// A connection that broke in `trouble`; `detail` says how, without secrets.
    pub fn broken(trouble: Trouble, detail: &str) -> Self {
        let (class, reason) = match trouble {
            Trouble::Connect => (ErrorClass::ApiConnection, Reason::Connect),
            Trouble::Timeout => (ErrorClass::Timeout, Reason::Timeout),
            Trouble::Stalled => (ErrorClass::ApiConnection, Reason::Stalled),
            Trouble::Reset => (ErrorClass::ApiConnection, Reason::Reset),
            Trouble::Cut => (ErrorClass::ApiConnection, Reason::Cut),
            Trouble::Truncated => (ErrorClass::ApiConnection, Reason::Truncated),
            Trouble::Malformed => (ErrorClass::ApiConnection, Reason::Malformed),
            Trouble::ErrorEvent => (ErrorClass::ApiConnection, Reason::ErrorEvent),
        };
        Self {
            class,
            status: class.status(),
            counts_as: None,
            upstream_status: None,
            retry_after: None,
            retry_after_whole: None,
            message: shortened(detail).to_owned(),
            kind: None,
            param: None,
            reason,
        }
    }

    /// An answer that the provider's filter stopped.
    pub fn filtered() -> Self {
        let (class, reason) = (ErrorClass::ContentPolicy, Reason::ContentPolicy);
        let broken = Self::broken(Trouble::Malformed, "Response output was blocked.");
        Self { class, status: class.status(), reason, ..broken }
    }

    /// A request that the provider cannot be asked, because of `param`.
    pub fn unsupported(message: &str, param: &str) -> Self {
        let (class, reason) = (ErrorClass::BadRequest, Reason::Unsupported);
        let kind = Some(Box::from("invalid_request_error"));
        let param = Some(Box::from(param));
        let broken = Self::broken(Trouble::Malformed, message);
        Self { class, status: class.status(), reason, kind, param, ..broken }
    }

    /// A deployment without credentials: nothing was sent. `why` says of whom they were asked, and no secret.
    pub fn without_credentials(why: &str) -> Self {
        let (class, reason) = (ErrorClass::Authentication, Reason::Unauthorized);
        let broken = Self::broken(Trouble::Malformed, why);
        Self { class, status: class.status(), reason, ..broken }
    }

    /// Nobody of `most` requests at a deployment ended while another waited as long as it may.
    pub fn full(most: u32, waited: Duration) -> Self {
        let (class, reason) = (ErrorClass::RateLimit, Reason::ConcurrencyLimit);
        let detail = format!(
            "it answers {most} requests at a time, and none ended within {:.1} s",
            waited.as_secs_f64()
        );
        let broken = Self::broken(Trouble::Malformed, &detail);
        Self { class, status: class.status(), reason, ..broken }
    }

    /// The gateway itself could not dial.
    pub fn no_descriptors() -> Self {
        let (class, reason) = (ErrorClass::ServiceUnavailable, Reason::NoDescriptors);
        let text =
            "The gateway has no file descriptor left for a connection; raise its limit (ulimit -n)";
        let broken = Self::broken(Trouble::Connect, text);
        Self { class, status: class.status(), reason, ..broken }
    }

    /// The gateway itself had no room for a whole answer.
    pub fn no_memory() -> Self {
        let (class, reason) = (ErrorClass::ServiceUnavailable, Reason::NoMemory);
        let text = "The gateway has no memory left for the answer; come back in a moment";
        let broken = Self::broken(Trouble::Malformed, text);
        let (retry_after, kind) =
            (Some(Duration::from_secs(1)), Some(Box::from("overloaded_error")));
        Self { class, status: class.status(), reason, retry_after, kind, ..broken }
    }

    /// Whether the gateway itself is to blame, and nobody that it asked.
    pub const fn is_our_own(&self) -> bool {
        matches!(self.reason, Reason::NoDescriptors | Reason::NoMemory)
    }

    /// Nothing came within `limit`, in LiteLLM's words.
    pub fn timed_out(limit: Duration) -> Self {
        let limit = limit.as_secs_f64();
        let text = format!(
            "APITimeoutError - Request timed out. Error_str: Request timed out. - timeout \
             value={limit:?}, time taken={limit:?} seconds"
        );
        Self::broken(Trouble::Timeout, &text)
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

/// What was observed, finer than [`ErrorClass`]: one word each in decisions and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// 400.
    BadRequest,
    /// What is asked for cannot be put into the words of any provider of the group: nothing was sent.
    Unsupported,
    /// The prompt does not fit.
    ContextWindow,
    /// A policy refused the prompt or the answer.
    ContentPolicy,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// No answer began in time, or the provider says so (408, 504).
    Timeout,
    /// 422.
    Unprocessable,
    /// 429.
    RateLimited,
    /// The provider wants to be paid first.
    CreditExhausted,
    /// 529.
    Overloaded,
    /// 500.
    ServerError,
    /// 502.
    BadGateway,
    /// 503.
    Unavailable,
    /// Any other status.
    Error,
    /// No connection could be made.
    Connect,
    /// An answer began and then fell silent.
    Stalled,
    /// Closed before an answer began.
    Reset,
    /// Closed within an answer.
    Cut,
    /// Ended properly, but before it was complete.
    Truncated,
    /// What came cannot be understood.
    Malformed,
    /// A stream said that it failed.
    ErrorEvent,
    /// The whole group is out of the rotation.
    AllCooling,
    /// The whole group is over a request or token limit.
    OverLimit,
    /// The deployment answers as many requests as it takes at a time: nothing was sent.
    ConcurrencyLimit,
    /// The request's tags admit nobody of the group: nothing was sent.
    NoTagMatches,
    /// The gateway has no file descriptor left: nothing was sent.
    NoDescriptors,
    /// The gateway has no memory left for an answer, which came and was not read to its end.
    NoMemory,
    /// The gateway itself is shutting down.
    ShuttingDown,
}

impl Reason {
    /// The word in decisions and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unsupported => "unsupported",
            Self::ContextWindow => "context_window",
            Self::ContentPolicy => "content_policy",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Timeout => "timeout",
            Self::Unprocessable => "unprocessable",
            Self::RateLimited => "rate_limited",
            Self::CreditExhausted => "credit_exhausted",
            Self::Overloaded => "overloaded",
            Self::ServerError => "server_error",
            Self::BadGateway => "bad_gateway",
            Self::Unavailable => "unavailable",
            Self::Error => "error",
            Self::Connect => "connect",
            Self::Stalled => "stalled",
            Self::Reset => "reset",
            Self::Cut => "cut",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::ErrorEvent => "error_event",
            Self::AllCooling => "all_cooling",
            Self::OverLimit => "over_limit",
            Self::ConcurrencyLimit => "concurrency_limit",
            Self::NoTagMatches => "no_tag_matches",
            Self::NoDescriptors => "no_descriptors",
            Self::NoMemory => "no_memory",
            Self::ShuttingDown => "shutting_down",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
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
    /// An answer by which the gateway itself comes to grief. Only LiteLLM has it, as an error of Python's.
    Unexpected,
}

impl ErrorClass {
    /// Every class, in the order of their declaration.
    pub const ALL: [Self; 15] = [
        Self::BadRequest,
        Self::ContextWindow,
        Self::ContentPolicy,
        Self::Authentication,
        Self::PermissionDenied,
        Self::NotFound,
        Self::Timeout,
        Self::UnprocessableEntity,
        Self::RateLimit,
        Self::InternalServer,
        Self::BadGateway,
        Self::ServiceUnavailable,
        Self::ApiConnection,
        Self::Api,
        Self::Unexpected,
    ];

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
            Self::Unexpected => "Exception",
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
            Self::InternalServer | Self::ApiConnection | Self::Api | Self::Unexpected => 500,
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
            | Self::Api
            | Self::Unexpected => false,
        }
    }
}

/// At most [`TEXT_MAX`] bytes, cut between characters.
pub(super) fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_MAX)]
}
