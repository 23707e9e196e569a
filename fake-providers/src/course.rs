//! How one answer unfolds in time: when each token is due, and where faults end it.
//!
//! Every due instant is computed from the one before, never from when a timer really fired: timers
//! tick at a millisecond and round up, and fifty tokens would add fifty roundings.

use vocab::At;

use crate::fault::{Moment, Verdict};
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
    /// Planned length, in tokens; 0 where the operation generates none.
    pub(crate) length: u32,
    /// When the last step was due; at first, when the head is.
    pub(crate) due: At,
    /// Tokens so far.
    pub(crate) said: u32,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// The next token.
    Token {
        /// Whether its frame is malformed.
        garbled: bool,
    },
    /// The end, as planned.
    Finish,
    /// The end, as a fault has it.
    Broken(Verdict),
}

impl Course {
    /// The next step and when it is due.
    pub(crate) fn next(&mut self, entry: &Entry) -> (At, Step) {
        let over = self.said >= self.length;
        let gap = if self.said == 0 || over {
            std::time::Duration::ZERO
        } else {
            let gap = self.tempo.gap(self.said);
            if self.slowdown == 1.0 { gap } else { gap.mul_f64(self.slowdown) }
        };
        let planned = if over { Step::Finish } else { Step::Token { garbled: false } };
        if self.met.is_empty() {
            self.due = self.due.plus(gap);
            return (self.due, planned);
        }
        let moment = if over { Moment::End } else { Moment::BetweenTokens(self.said) };
        let weight = self.met.at(moment, entry);
        self.due = self.due.plus(weight.stretch(gap));
        let step = match weight.end {
            None => planned,
            Some(Verdict::Garble { goes_on: true }) if !over => Step::Token { garbled: true },
            Some(verdict) => Step::Broken(verdict),
        };
        (self.due, step)
    }

    /// Counts a token as said.
    pub(crate) const fn say(&mut self) {
        self.said += 1;
    }
}
