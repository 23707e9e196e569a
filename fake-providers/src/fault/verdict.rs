//! Moments at which faults are asked, and what they may answer.

use std::time::Duration;

use super::twist::Twist;

/// When in the life of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A client looks up the host's name.
    Resolve,
    /// A client dials.
    Accept {
        /// Connections that are open to the host.
        open: usize,
    },
    /// The fault begins, or has risen to its height, while a connection is open.
    Onset,
    /// A request was read on a connection that carried one before; asked before [`Self::Request`].
    Reuse {
        /// For how long the connection was idle.
        idle: Duration,
    },
    /// A request was read and is well formed.
    Request,
    /// It was admitted; the head of the answer comes next.
    Head,
    /// The head and so many tokens were sent; 0 is between the head and all else.
    AfterTokens(u32),
    /// Every token was sent, the end of the answer was not.
    End,
}

/// What a fault does at a moment. The first five let it go on; all others end the attempt's normal
/// course.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Nothing.
    Pass,
    /// What comes next comes so much later.
    Delay(Duration),
    /// What comes next takes so many times as long.
    Scale(f64),
    /// Both: first the factor, then the amount.
    Stretch {
        /// See [`Verdict::Scale`].
        factor: f64,
        /// See [`Verdict::Delay`].
        add: Duration,
    },
    /// It goes on, but looks different.
    Twist(Twist),
    /// The name does not resolve.
    NoName {
        /// What the resolver says.
        error: NameError,
        /// And after how long.
        after: Duration,
    },
    /// The dial is turned away.
    Refuse,
    /// The dial is left standing until the host has fewer connections.
    Wait,
    /// The connection is closed in order (FIN) before a response head.
    Close,
    /// The connection is answered with a fatal TLS alert of this code, and closed.
    Alert(u8),
    /// The connection becomes a black hole: nothing arrives, nothing comes back.
    Blackhole,
    /// The connection is reset before a response head.
    Reset,
    /// An error instead of an answer.
    Fail(Failure),
    /// Another body than the one asked for, under the head of an answer.
    Instead(Instead),
    /// Silence on a connection that stays open.
    Stall,
    /// Nothing but heartbeats, one each so often, on a connection that stays open.
    Heartbeats(Duration),
    /// The connection is reset in the middle of the answer.
    Cut,
    /// The connection is closed in the middle of the answer, without the end of its framing.
    Unframed(Unframed),
    /// The answer ends in order, but early and without its terminator.
    Truncate(Inside),
    /// An error inside the 2xx answer, and then the end.
    ErrorEvent(Slip),
    /// A malformed piece in place of the next token, and then the end.
    Garble,
}

/// How a name fails to resolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// There is no such name.
    Nxdomain,
    /// The resolver failed.
    Servfail,
    /// The resolver did not answer.
    Timeout,
}

/// What stands in the place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// An HTML page, under 200.
    Html,
    /// The first half of the answer, framed as if it were whole.
    HalfJson,
    /// Less than the head's `content-length` promises, and then the end of the connection.
    Short,
    /// The answer, padded with so many bytes of white space.
    Oversize(u64),
}

/// How the framing of a body breaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Unframed {
    /// The connection is closed (FIN) without the last chunk.
    #[default]
    Fin,
    /// A chunk size that is no number, and then FIN.
    Garbage,
}

/// Where a clean but early end falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Inside {
    /// Between two frames.
    #[default]
    Nothing,
    /// In the middle of a frame.
    Frame,
    /// In the middle of a character of several bytes.
    Utf8,
}

/// An error inside an answer that began with 200.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slip {
    /// Status whose error it is; without one, whatever the provider says when it is overloaded.
    pub status: Option<u16>,
    /// How it looks.
    pub shape: Shape,
    /// Whether the terminator follows, as if all were well.
    pub terminated: bool,
}

/// How an error inside an answer looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Shape {
    /// As the provider itself says it.
    #[default]
    Native,
    /// As another provider would.
    Foreign,
    /// As a bare string: `{"error": "…"}`.
    String,
    /// As a member of an otherwise empty chunk.
    Chunk,
    /// As the whole body, a JSON document under the content type of a stream.
    Envelope,
}

/// An error answer, not yet in any provider's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// HTTP status.
    pub status: u16,
    /// Value of `retry-after`.
    pub retry_after: Option<Duration>,
    /// How it is written.
    pub form: RetryForm,
    /// Value of `retry-after-ms`.
    pub retry_after_ms: Option<Duration>,
    /// Value of `x-should-retry`, which the SDKs of OpenAI and Anthropic obey before all else.
    pub should_retry: Option<bool>,
    /// Who writes the body.
    pub body: ErrorBody,
    /// Which of the errors under that status it is.
    pub kind: FailureKind,
}

/// How a `retry-after` header is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum RetryForm {
    /// Whole seconds, rounded up.
    #[default]
    Seconds,
    /// Seconds with a fraction.
    Float,
    /// An HTTP date.
    Date,
}

/// Which of the errors that a provider knows under one status. A provider that does not know the
/// kind says what it says under the bare status.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum FailureKind {
    /// The status's usual error.
    #[default]
    Plain,
    /// 429: too many requests per time.
    Rate,
    /// 429: too many tokens per time.
    Tokens,
    /// 429 (Anthropic 402 or 429): nothing left to spend; waiting does not help.
    Quota,
    /// 429: traffic grew too fast, though within the limits.
    Ramp,
    /// 429 or 503: the region is full, whatever the quota.
    HighDemand,
    /// 429: provisioned throughput is fully used; comes with a small `retry-after-ms`.
    Ptu,
    /// 429: larger than the whole quota; the wait is a day.
    Never24h,
    /// 400: the prompt does not fit the model's window.
    ContextLength,
    /// 400: a content policy objects.
    ContentPolicy,
    /// 401 (Gemini 400, Bedrock 403): the key was revoked.
    KeyRevoked,
    /// 404: the model was removed.
    ModelRemoved,
    /// 403: the key may not do this.
    Permission,
}

impl Failure {
    /// The provider's own error of this status, without a word on when to try again.
    pub(crate) const fn of_status(status: u16) -> Self {
        Self {
            status,
            retry_after: None,
            form: RetryForm::Seconds,
            retry_after_ms: None,
            should_retry: None,
            body: ErrorBody::Provider,
            kind: FailureKind::Plain,
        }
    }
}

impl FailureKind {
    /// Its word in a report; nothing for the usual error.
    pub(super) const fn word(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Rate => Some("rate"),
            Self::Tokens => Some("tokens"),
            Self::Quota => Some("quota"),
            Self::Ramp => Some("ramp"),
            Self::HighDemand => Some("high demand"),
            Self::Ptu => Some("PTU"),
            Self::Never24h => Some("never fits"),
            Self::ContextLength => Some("context length"),
            Self::ContentPolicy => Some("content policy"),
            Self::KeyRevoked => Some("key revoked"),
            Self::ModelRemoved => Some("model removed"),
            Self::Permission => Some("permission"),
        }
    }
}

impl Shape {
    /// Its word in a scenario.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Foreign => "foreign",
            Self::String => "string",
            Self::Chunk => "chunk",
            Self::Envelope => "envelope",
        }
    }
}

/// Who writes the body of an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ErrorBody {
    /// The provider, in its JSON.
    #[default]
    Provider,
    /// An edge in front of it, as an HTML page.
    Html,
    /// A proxy in front of it, in plain text.
    Text,
    /// Nobody.
    Empty,
}
