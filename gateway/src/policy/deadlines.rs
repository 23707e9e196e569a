//! How long an attempt may be silent: the configured limits, and the deadlines that a policy makes of
//! them.

use std::time::Duration;

/// What request, deployment and router allow, in LiteLLM's order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Which sort of answer is awaited.
    pub answer: Answer,
    /// Largest gap without bytes.
    pub timeout: Duration,
    /// Largest gap without bytes in a stream, where somebody set one.
    pub stream_timeout: Option<Duration>,
}

/// Sorts of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All at once.
    Whole,
    /// Word by word.
    Stream,
}

impl Answer {
    /// The sort that a request asks for whose `stream` is this.
    pub(crate) const fn of(stream: bool) -> Self {
        if stream { Self::Stream } else { Self::Whole }
    }
}

impl Limits {
    /// The limit that counts for this answer.
    pub(super) fn limit(&self) -> Duration {
        match self.answer {
            Answer::Whole => self.timeout,
            Answer::Stream => self.stream_timeout.unwrap_or(self.timeout),
        }
    }
}

/// Limits of one attempt, each counted from the last sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// For the response head, dial included.
    pub head: Duration,
    /// For the first word of a stream, counted from the attempt's begin.
    pub first_word: Option<Duration>,
    /// Between two arrivals before the first word.
    pub silence: Duration,
    /// Between two arrivals afterwards.
    pub gap: Duration,
}

impl Deadlines {
    /// One limit for everything.
    pub(super) const fn uniform(limit: Duration) -> Self {
        Self { head: limit, first_word: None, silence: limit, gap: limit }
    }
}

/// Whether somebody else could answer if an attempt is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// Another deployment or group is left.
    Left,
    /// This is the last hope.
    None,
}
