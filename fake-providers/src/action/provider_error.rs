//! An error answer, not yet in any provider's words.

use std::time::Duration;

/// An error answer that a fault asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProviderError {
    /// HTTP status.
    pub(crate) status: u16,
    /// Value of `retry-after`.
    pub(crate) retry_after: Option<Duration>,
    /// How it is written.
    pub(crate) form: RetryForm,
    /// Value of `retry-after-ms`.
    pub(crate) retry_after_ms: Option<Duration>,
    /// Value of `x-should-retry`, which the SDKs of OpenAI and Anthropic obey before all else.
    pub(crate) should_retry: Option<bool>,
    /// Who writes the body.
    pub(crate) body: ErrorBody,
    /// Which of the errors under that status it is.
    pub(crate) kind: ProviderErrorKind,
}

/// How a `retry-after` header is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum RetryForm {
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
pub(crate) enum ProviderErrorKind {
    /// The status's usual error.
    #[default]
    Plain,
    /// 429: too many requests per time.
    Rate,
    /// 429: too many tokens per time.
    Tokens,
    /// 400, 402 or 429: nothing left to spend; waiting does not help.
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

/// Who writes the body of an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ErrorBody {
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

impl ProviderError {
    /// The provider's own error of this status, without a word on when to try again.
    pub(crate) const fn of_status(status: u16) -> Self {
        Self::of_kind(status, ProviderErrorKind::Plain)
    }

    /// The same, of one kind.
    pub(crate) const fn of_kind(status: u16, kind: ProviderErrorKind) -> Self {
        Self {
            status,
            retry_after: None,
            form: RetryForm::Seconds,
            retry_after_ms: None,
            should_retry: None,
            body: ErrorBody::Provider,
            kind,
        }
    }
}

impl ProviderErrorKind {
    /// The statuses under which some provider says it; nothing where it is any.
    pub(crate) const fn statuses(self) -> &'static [u16] {
        match self {
            Self::Plain => &[],
            Self::Rate | Self::Tokens | Self::Ramp | Self::Ptu | Self::Never24h => &[429],
            Self::Quota => &[400, 402, 429],
            Self::HighDemand => &[429, 503, 529],
            Self::ContextLength | Self::ContentPolicy => &[400],
            Self::KeyRevoked => &[400, 401, 403],
            Self::ModelRemoved => &[404],
            Self::Permission => &[403],
        }
    }

    /// Its word in a report; nothing for the usual error.
    pub(crate) const fn word(self) -> Option<&'static str> {
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
