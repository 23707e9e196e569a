//! Our deadlines. What the user set is how long an answer may take; nothing here is shorter than that, because an
//! answer that is late may still come. What is ours is when somebody else is asked beside it: later than usual for
//! this deployment and such a prompt, if the budget allows it, and in any case when it is very late, or may not be back.

use std::time::Duration;

use super::super::deadlines::{
    Alternative, Answer, Budget, Deadlines, Hedge, Limits, Pace, Standing, Thinking,
};

/// When a first word is late at a deployment that nobody has watched yet: several times the p99 of hosted models for
/// short prompts (2 to 4 s).
const FIRST_WORD: Duration = Duration::from_secs(10);

/// When a whole answer is late there: 2,000 tokens at 50 tokens per second, and half as much again.
const WHOLE_ANSWER: Duration = Duration::from_secs(60);

/// What a token of the prompt adds to both: 240 s for a million, as gateways allow that scale their deadlines with the
/// prompt.
const PER_PROMPT_TOKEN: Duration = Duration::from_micros(240);

/// How many times longer a model may take that was asked to think first.
const THINKING: u32 = 6;

/// How much later than usual is late: providers whose answers all take the same time would else be late half of the
/// time; and the least that is, below which networks are not on time either.
const MARGIN: f64 = 1.1;
const USUAL_MIN: Duration = Duration::from_millis(50);

/// How many times the usual time is very late, and the least that is.
const LATE: u32 = 4;
const LATE_MIN: Duration = Duration::from_secs(2);

/// Longest that a deployment which may not be back is waited for alone: what is very late at the least. One attempt at a
/// time is a probe, so it costs little.
const PROBE: Duration = LATE_MIN;

/// Parts of an attempt's limit after which a whole answer of which nobody knows is late, and after which any is very late:
/// somebody else has the rest of it. Nothing of a whole answer tells a long one from one that never comes.
const LATE_PART: (u32, u32) = (1, 2);
const VERY_LATE_PART: (u32, u32) = (3, 4);

/// Silence within a stream that counts against a deployment while it lasts: fifty times the p99 gap between tokens of
/// hosted models.
const SILENT: Duration = Duration::from_secs(10);

/// The deadlines within the configured limits.
pub(super) fn of(limits: Limits, alternative: Alternative) -> Deadlines {
    let limit = limits.limit();
    let bound = limits.left.map_or(limit, |left| left.min(limit));
    let hedge = match alternative {
        Alternative::Left => Some(hedge(limits)),
        Alternative::None => None,
    };
    // Of a request's own time half is left for somebody else.
    let half = |at: Duration| limits.left.map_or(at, |left| at.min(left / 2));
    let hedge = hedge.map(|Hedge { usual, late, budget }| Hedge {
        usual: half(usual),
        late: half(late),
        budget,
    });
    let (first_word, whole, alarm) = match limits.answer {
        // From the first byte on content counts, not comments.
        Answer::Stream => (Some(bound), None, Some(SILENT)),
        Answer::Whole => (None, limits.left, None),
    };
    let (head, silence, gap, left) = (bound, bound, limit, limits.left);
    Deadlines { head, first_word, silence, gap, whole, hedge, alarm, left }
}

/// When an answer is late: sooner where nobody knows whether the deployment is back.
fn hedge(limits: Limits) -> Hedge {
    let hedge = usually(limits);
    match limits.pace.standing {
        Standing::Proven => within_limit(hedge, limits),
        Standing::Probed => {
            let late = hedge.usual.min(PROBE);
            Hedge { usual: late, late, budget: Budget::Spares }
        }
    }
}

/// A whole answer is late while its attempt has time left: what is given up at its limit would else be asked for again
/// only then.
fn within_limit(hedge: Hedge, limits: Limits) -> Hedge {
    let part = |(of, all): (u32, u32)| limits.limit() / all * of;
    let late = part(match limits.pace.usual {
        None => LATE_PART,
        Some(_) => VERY_LATE_PART,
    });
    match limits.answer {
        Answer::Stream => hedge,
        Answer::Whole => Hedge {
            usual: hedge.usual.min(late),
            late: hedge.late.min(part(VERY_LATE_PART)),
            budget: hedge.budget,
        },
    }
}

fn usually(limits: Limits) -> Hedge {
    let Pace { usual, prompt_tokens, thinking, standing: _ } = limits.pace;
    let unwatched = match limits.answer {
        Answer::Stream => FIRST_WORD,
        Answer::Whole => WHOLE_ANSWER,
    };
    let prompt = u32::try_from(prompt_tokens).unwrap_or(u32::MAX);
    let unwatched = unwatched + PER_PROMPT_TOKEN.saturating_mul(prompt);
    let unwatched = match thinking {
        Thinking::Asked => unwatched * THINKING,
        Thinking::Unasked => unwatched,
    };
    match usual {
        None => Hedge { usual: unwatched, late: unwatched, budget: Budget::Draws },
        Some(usual) => {
            let usual = usual.mul_f64(MARGIN).max(USUAL_MIN);
            let late = (usual * LATE).max(LATE_MIN).min(unwatched.max(usual));
            Hedge { usual, late, budget: Budget::Draws }
        }
    }
}
