//! Moments at which faults are asked, what they may answer, and how several answers become one.

use std::time::Duration;

/// When in the life of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A client dials.
    Accept,
    /// A request was read and is well formed.
    Request,
    /// It was admitted; nothing of the answer has been sent.
    BeforeFirstToken,
    /// The head and so many tokens were sent; 0 is between the head and the first token.
    BetweenTokens(u32),
    /// Every token was sent, the end of the answer was not.
    End,
}

/// What a fault does at a moment. The first four let it go on; all others end the attempt's normal
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
    /// The dial is turned away.
    Refuse,
    /// The connection becomes a black hole: nothing arrives, nothing comes back.
    Blackhole,
    /// The connection is reset before a response head.
    Reset,
    /// An error instead of an answer.
    Fail(Failure),
    /// Silence on a connection that stays open.
    Stall,
    /// The connection is reset in the middle of the answer.
    Cut,
    /// The answer ends in order, but early and without its terminator.
    Truncate,
    /// The provider's own error inside the 2xx answer, and then the end. It is the error of this
    /// status; without one, whatever the provider says when it is overloaded.
    ErrorEvent(Option<u16>),
    /// A malformed piece in place of the next token.
    Garble {
        /// Whether the answer goes on after it; otherwise it ends there.
        goes_on: bool,
    },
}

/// An error answer, not yet in any provider's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// HTTP status.
    pub status: u16,
    /// Value of `retry-after`, rounded up to seconds.
    pub retry_after: Option<Duration>,
    /// Value of `retry-after-ms`.
    pub retry_after_ms: Option<Duration>,
    /// Who writes the body.
    pub body: ErrorBody,
    /// Which of the errors under that status it is.
    pub kind: FailureKind,
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

/// What several faults at one moment amount to.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// Product of all factors.
    pub factor: f64,
    /// Sum of all delays.
    pub delay: Duration,
    /// The first verdict that ends the normal course; later ones were not asked.
    pub end: Option<Verdict>,
}

/// Adds verdicts up: delays add, factors multiply, and only the first one that ends the attempt's
/// course stops the asking. `verdicts` is lazy, so that nothing after it is asked.
pub fn weigh(verdicts: impl IntoIterator<Item = Verdict>) -> Weight {
    let mut weight = Weight { factor: 1.0, delay: Duration::ZERO, end: None };
    for verdict in verdicts {
        match verdict {
            Verdict::Pass => {}
            Verdict::Delay(delay) => weight.delay = weight.delay.saturating_add(delay),
            Verdict::Scale(factor) => weight.factor *= factor,
            Verdict::Stretch { factor, add } => {
                weight.factor *= factor;
                weight.delay = weight.delay.saturating_add(add);
            }
            Verdict::Refuse
            | Verdict::Blackhole
            | Verdict::Reset
            | Verdict::Fail(_)
            | Verdict::Stall
            | Verdict::Cut
            | Verdict::Truncate
            | Verdict::ErrorEvent(_)
            | Verdict::Garble { .. } => {
                weight.end = Some(verdict);
                break;
            }
        }
    }
    weight
}

impl Weight {
    /// How long something takes that would take `base`.
    pub fn stretch(&self, base: Duration) -> Duration {
        // Both signs of trouble (negative, not finite) are excluded when parameters are read.
        let scaled =
            if self.factor == 1.0 { base } else { base.mul_f64(self.factor.min(FACTOR_MAX)) };
        scaled.saturating_add(self.delay)
    }
}

/// Upper bound of the product of all factors: a millisecond becomes a quarter of an hour. Keeps
/// durations far from overflow.
const FACTOR_MAX: f64 = 1e6;
