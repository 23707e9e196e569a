//! How one answer unfolds in time: when each token is due, what faults do to it, and where they end
//! the answer.
//!
//! Every due instant is computed from the one before, never from when a timer really fired: timers
//! tick at a millisecond and round up, and fifty tokens would add fifty roundings.

use std::time::Duration;

use vocab::At;

use crate::action::{EndMutation, StreamEnd, TokenMutation};
use crate::latency::Tempo;
use crate::ledger::Entry;
use crate::schedule::Met;

/// An answer under way.
#[derive(Debug)]
pub(crate) struct Course {
    pub(crate) tempo: Tempo,
    pub(crate) met: Met,
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
    pub(crate) said: u32,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// The next token, and what is odd about it.
    Token(Vec<TokenMutation>),
    /// The end, as planned, and what is odd about it.
    Finish(Vec<EndMutation>),
    /// The end, as a fault has it.
    Broken(StreamEnd),
}

/// Shortest gap between the tokens of an answer without end: it must not fill an instant.
const ENDLESS_GAP_MIN: Duration = Duration::from_millis(1);

impl Course {
    /// The next step and when it is due.
    pub(crate) fn next(&mut self, entry: &Entry) -> (At, Step) {
        let over = self.said >= self.length && !self.endless;
        let gap = if self.said == 0 || over { Duration::ZERO } else { self.gap() };
        if self.met.is_empty() {
            self.due = self.due.plus(gap);
            let step = if over { Step::Finish(Vec::new()) } else { Step::Token(Vec::new()) };
            return (self.due, step);
        }
        let (delay, step) = if over {
            let effect = self.met.on_end(entry);
            (effect.delay, effect.end.map_or(Step::Finish(effect.mutations), Step::Broken))
        } else {
            let effect = self.met.before_token(self.said, entry);
            (effect.delay, effect.end.map_or(Step::Token(effect.mutations), Step::Broken))
        };
        let late = if self.said == 0 {
            // The head has left when the first token would be due: only what is added follows it.
            delay.stretch(self.first).saturating_sub(self.first)
        } else {
            delay.stretch(gap)
        };
        self.due = self.due.plus(late);
        (self.due, step)
    }

    /// Counts a token as said.
    pub(crate) const fn say(&mut self) {
        self.said = self.said.saturating_add(1);
    }

    fn gap(&self) -> Duration {
        let gap = self.tempo.gap(self.said);
        let gap = if self.slowdown == 1.0 { gap } else { gap.mul_f64(self.slowdown) };
        if self.endless { gap.max(ENDLESS_GAP_MIN) } else { gap }
    }
}
