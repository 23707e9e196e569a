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
    /// What is left of the time that the request itself allows, until there is an answer to commit to; `None` where it
    /// allows any.
    pub left: Option<Duration>,
    /// What makes an answer late.
    pub pace: Pace,
}

/// What is known of how long an answer may take, before it is late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// The time in which 95 of 100 answers of this sort came from this deployment, to prompts of this length: to the
    /// first words of a stream, to the end of a whole answer. `None` where too few came, or nobody watches.
    pub usual: Option<Duration>,
    /// Estimated tokens of the prompt.
    pub prompt_tokens: u64,
    /// Whether the model was asked to think first.
    pub thinking: Thinking,
    /// Whether it is known that the deployment answers.
    pub standing: Standing,
}

/// Whether it is known that a deployment answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is held against it.
    #[default]
    Proven,
    /// It was out, and this attempt is to show whether it is back.
    Probed,
}

/// Whether a model was asked to think before it speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Thinking {
    /// It was.
    Asked,
    /// Not by the request.
    #[default]
    Unasked,
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
    /// For a whole answer to its end, counted from the attempt's begin; `None` where the gaps alone bound it.
    pub whole: Option<Duration>,
    /// When somebody else is asked, too, while the attempt goes on; `None` where nobody is.
    pub hedge: Option<Hedge>,
    /// Silence within an answer that the health book hears of, while the answer may still go on.
    pub alarm: Option<Duration>,
    /// What is left of the request's own time until there is an answer to commit to; `None` where it allows any.
    pub left: Option<Duration>,
}

/// When an attempt is late, counted from its begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// Later than usual: another one is asked if the budget for such attempts allows it.
    pub usual: Duration,
    /// So late that another one is asked in any case.
    pub late: Duration,
    /// Whether an attempt beside it before that is taken from the budget.
    pub budget: Budget,
}

/// See [`Hedge::budget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// It is, where something is left.
    Draws,
    /// There is none before that.
    Spares,
}

impl Deadlines {
    /// One limit for everything.
    pub(super) const fn uniform(limit: Duration) -> Self {
        Self {
            head: limit,
            first_word: None,
            silence: limit,
            gap: limit,
            whole: None,
            hedge: None,
            alarm: None,
            left: None,
        }
    }

    /// What becomes of them where the attempt waits for a place before it begins: the request's own time goes on.
    pub(crate) fn after(self, waited: Duration) -> Self {
        let Some(left) = self.left else { return self };
        let left = left.saturating_sub(waited);
        let within = |limit: Duration| limit.min(left);
        let (head, silence) = (within(self.head), within(self.silence));
        let (first_word, whole) = (self.first_word.map(within), self.whole.map(within));
        Self { head, first_word, silence, whole, left: Some(left), ..self }
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
