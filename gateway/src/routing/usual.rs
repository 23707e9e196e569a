//! What is usual of each deployment: how long its first words and whole answers take, as observed.
//!
//! Answers are kept apart by their sort and by the length of the prompt, in steps of four times, since a prompt of
//! 100,000 tokens is not late where one of 100 is; whole answers also by how many tokens they may have, where their
//! request says so, since ten take no time of what ten thousand do. It says a time, never what follows from it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::config::DeploymentIndex;
use crate::policy::deadlines::Answer;

/// Newest observations that are kept of each sort.
const KEPT: usize = 64;

/// Fewest observations that make something usual: fewer have no 95th percentile.
const ENOUGH: usize = 20;

/// New observations after which the percentile is looked for anew.
const STALE: u32 = 8;

/// The share of answers that come in the usual time.
const SHARE: f64 = 0.95;

/// What answers are kept apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sort {
    deployment: DeploymentIndex,
    stream: bool,
    /// Prompts of 4^n tokens and more.
    prompt: u32,
    /// Whole answers of 4^n tokens at most and more; `None` for those of any length together.
    answer: Option<u32>,
}

/// What is known of an answer before it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its sort.
    pub answer: Answer,
    /// Estimated tokens of its prompt.
    pub prompt_tokens: u64,
    /// Tokens that it may have at most, where its request bounds them.
    pub answer_max: Option<u64>,
}

/// Observations of one sort.
#[derive(Debug, Default)]
struct Observed {
    newest: VecDeque<Duration>,
    usual: Option<Duration>,
    since: u32,
}

/// The observations of one instance.
#[derive(Debug, Default)]
pub(crate) struct Usual {
    observed: BTreeMap<Sort, Observed>,
}

impl Usual {
    /// The first words of a stream, or a whole answer, took `time`.
    pub(crate) fn observe(
        &mut self,
        deployment: DeploymentIndex,
        expected: Expected,
        time: Duration,
    ) {
        let any = sort(deployment, Expected { answer_max: None, ..expected });
        let own = sort(deployment, expected);
        self.observed.entry(any).or_default().observe(time);
        if own != any {
            self.observed.entry(own).or_default().observe(time);
        }
    }

    /// The time in which 95 of 100 such answers came; where too few were bounded alike, those of any length. None where
    /// too few came at all.
    pub(crate) fn of(&self, deployment: DeploymentIndex, expected: Expected) -> Option<Duration> {
        let of = |expected| self.observed.get(&sort(deployment, expected))?.usual;
        of(expected).or_else(|| of(Expected { answer_max: None, ..expected }))
    }
}

impl Observed {
    fn observe(&mut self, time: Duration) {
        if self.newest.len() >= KEPT {
            self.newest.pop_front();
        }
        self.newest.push_back(time);
        self.since += 1;
        if self.newest.len() >= ENOUGH && (self.usual.is_none() || self.since >= STALE) {
            self.since = 0;
            self.usual = percentile(&self.newest);
        }
    }
}

fn sort(deployment: DeploymentIndex, expected: Expected) -> Sort {
    let Expected { answer, prompt_tokens, answer_max } = expected;
    let step = |tokens: u64| tokens.max(1).ilog2() / 2;
    let (stream, answer) = match answer {
        // Its length says nothing of its first words.
        Answer::Stream => (true, None),
        Answer::Whole => (false, answer_max.map(step)),
    };
    Sort { deployment, stream, prompt: step(prompt_tokens), answer }
}

/// The nearest rank.
fn percentile(times: &VecDeque<Duration>) -> Option<Duration> {
    let mut sorted: Vec<Duration> = times.iter().copied().collect();
    sorted.sort_unstable();
    let rank = (sorted.len() as f64 * SHARE).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}
