//! Our deadlines. A late first word is given up only while somebody else could still answer: giving
//! up on the last hope helps nobody.

use std::time::Duration;

use super::super::deadlines::{Alternative, Answer, Deadlines, Limits};

/// Our deadline for the first word of a stream: several times the p99 of hosted models (2 to 4 s).
const FIRST_WORD: Duration = Duration::from_secs(10);

/// Our deadline for the head of a whole answer, which comes when everything is said: 1,000 tokens at
/// 50 tokens per second, and half as much again.
const WHOLE_ANSWER: Duration = Duration::from_secs(30);

/// Our largest gap within a stream: fifty times the p99 gap between tokens of hosted models.
const BETWEEN_WORDS: Duration = Duration::from_secs(10);

/// The deadlines within the configured limits.
pub(super) fn of(limits: Limits, alternative: Alternative) -> Deadlines {
    let limit = limits.limit();
    let gap = limits.stream_timeout.unwrap_or(limits.timeout.min(BETWEEN_WORDS));
    match (limits.answer, alternative) {
        (Answer::Stream, Alternative::Left) => {
            let first = limit.min(FIRST_WORD);
            Deadlines { head: first, first_word: Some(first), silence: first, gap }
        }
        (Answer::Stream, Alternative::None) => {
            Deadlines { head: limit, first_word: None, silence: limit, gap }
        }
        (Answer::Whole, Alternative::Left) => Deadlines::uniform(limit.min(WHOLE_ANSWER)),
        (Answer::Whole, Alternative::None) => Deadlines::uniform(limit),
    }
}
