//! `least-tokens`: the fewest tokens under way, prompt and answer.
//!
//! Requests of language models differ a hundredfold in work, so counting them says little about load: a long document
//! counts here as much as the many short questions that take the same time. An attempt counts its prompt's estimate and the
//! average answer so far until it ends; attempts of one deployment are taken to end in the order in which they began.
//! Wins over `least-busy` where lengths differ much and tokens are what is limited (`scenarios/strategies/token-limits-are-tight`).
//! Loses where everybody is short of tokens (`token-limits-are-too-small`); where all requests are alike it is `least-busy`.
//! Ties go to the first of the list.

use serde_json::Value;

use super::in_flight::InFlight;
use super::{ArgError, Ask, Entry, Learned, Lesson, LimitsFrom, Preference, Strategy, View};
use crate::config::DeploymentIndex;
use crate::keyed_rng::KeyedRng;
use crate::policy::Origin;

pub(super) const ENTRY: Entry = Entry {
    name: "least-tokens",
    origin: Origin::Own,
    summary: "The deployment with the fewest tokens under way, of prompts and of answers to come.",
    spreads: true,
    limits: LimitsFrom::AnySection,
    prefers: Preference::LeastBusy,
    weighs: &[],
    arguments: &[],
    build,
};

/// Tokens of an answer before any was seen: a short chat answer.
const ANSWER: f64 = 200.0;

/// What one more answer changes of the average.
const LEARNING: f64 = 0.05;

fn build(_: &Value) -> Result<Box<dyn Strategy>, ArgError> {
    Ok(Box::new(LeastTokens { in_flight: InFlight::default(), answer: ANSWER, picked: 0 }))
}

#[derive(Debug)]
struct LeastTokens {
    in_flight: InFlight,
    /// Average answer so far, in tokens.
    answer: f64,
    /// Tokens that the newest pick is thought to take.
    picked: u64,
}

impl Strategy for LeastTokens {
    fn pick(&mut self, ask: &Ask<'_>, view: &View<'_>, _: &KeyedRng) -> Option<DeploymentIndex> {
        self.picked = ask.prompt_tokens.saturating_add(self.answer as u64);
        // The first of equals.
        view.candidates.iter().copied().min_by_key(|index| self.in_flight.tokens(*index))
    }

    fn learn(&mut self, lesson: &Lesson<'_>) {
        self.in_flight.learn(lesson, self.picked);
        if let Learned::Succeeded(success) = lesson.what
            && success.completion_tokens > 0
        {
            self.answer += LEARNING * (success.completion_tokens as f64 - self.answer);
        }
    }
}
