//! How one answer unfolds in time: when each token is due, what faults do to it, and where they end
//! the answer.
//!
//! Every due instant is computed from the one before, never from when a timer really fired: timers
//! tick at a millisecond and round up, and fifty tokens would add fifty roundings.

use std::time::Duration;

use vocab::At;

use crate::action::{EndMutation, StreamEnd, TokenMutation};
use crate::attempt_record::AttemptRecord;
use crate::latency::Tempo;
use crate::schedule::ArmedFaults;

/// An answer under way.
#[derive(Debug)]
pub(crate) struct TokenSchedule {
    pub(crate) tempo: Tempo,
    pub(crate) armed: ArmedFaults,
    /// How many times as long gaps take under load.
    pub(crate) slowdown: f64,
    /// What the first token takes from admission; the head leaves when it is due.
    pub(crate) first: Duration,
    /// Planned length, in tokens; 0 where the operation generates none.
    pub(crate) length: u32,
    /// Whether it goes on after its planned end.
    pub(crate) endless: bool,
    /// When the last step was due; at first, when the head is.
    pub(crate) due: At,
    /// Tokens so far.
    pub(crate) sent: u32,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// The next token, and its mutations.
    Token(Vec<TokenMutation>),
    /// The end, as planned, and its mutations.
    Finish(Vec<EndMutation>),
    /// The end, as a fault has it.
    Broken(StreamEnd),
}

/// Shortest gap between the tokens of an answer without end: it must not fill an instant.
const ENDLESS_GAP_MIN: Duration = Duration::from_millis(1);

impl TokenSchedule {
    /// The next step and when it is due.
    pub(crate) fn next(&mut self, record: &AttemptRecord) -> (At, Step) {
        let over = self.sent >= self.length && !self.endless;
        let gap = if self.sent == 0 || over { Duration::ZERO } else { self.gap() };
        if self.armed.is_empty() {
            self.due = self.due.plus(gap);
            let step = if over { Step::Finish(Vec::new()) } else { Step::Token(Vec::new()) };
            return (self.due, step);
        }
        let (delay, step) = if over {
            let effect = self.armed.on_end(record);
            (effect.delay, effect.end.map_or(Step::Finish(effect.mutations), Step::Broken))
        } else {
            let effect = self.armed.before_token(self.sent, record);
            (effect.delay, effect.end.map_or(Step::Token(effect.mutations), Step::Broken))
        };
        let late = if self.sent == 0 {
            // The head has left when the first token would be due: only what is added follows it.
            delay.stretch(self.first).saturating_sub(self.first)
        } else {
            delay.stretch(gap)
        };
        self.due = self.due.plus(late);
        (self.due, step)
    }

    /// Counts a token as sent.
    pub(crate) const fn send(&mut self) {
        self.sent = self.sent.saturating_add(1);
    }

    fn gap(&self) -> Duration {
        let gap = self.tempo.gap(self.sent);
        let gap = if self.slowdown == 1.0 { gap } else { gap.mul_f64(self.slowdown) };
        if self.endless { gap.max(ENDLESS_GAP_MIN) } else { gap }
    }
}
