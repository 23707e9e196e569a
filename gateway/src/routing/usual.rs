//! What is usual of each deployment: how long its first words and whole answers take, as observed.
//!
//! Answers are kept apart by their sort and by the length of the prompt, in steps of four times, since a prompt of
//! 100,000 tokens is not late where one of 100 is. It says a time, never what follows from it.

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
        (answer, prompt_tokens): (Answer, u64),
        time: Duration,
    ) {
        let observed = self.observed.entry(sort(deployment, answer, prompt_tokens)).or_default();
        if observed.newest.len() >= KEPT {
            observed.newest.pop_front();
        }
        observed.newest.push_back(time);
        observed.since += 1;
        if observed.newest.len() >= ENOUGH && (observed.usual.is_none() || observed.since >= STALE)
        {
            observed.since = 0;
            observed.usual = percentile(&observed.newest);
        }
    }

    /// The time in which 95 of 100 such answers came; none where too few did.
    pub(crate) fn of(
        &self,
        deployment: DeploymentIndex,
        answer: Answer,
        prompt_tokens: u64,
    ) -> Option<Duration> {
        self.observed.get(&sort(deployment, answer, prompt_tokens))?.usual
    }
}

fn sort(deployment: DeploymentIndex, answer: Answer, prompt_tokens: u64) -> Sort {
    let stream = match answer {
        Answer::Stream => true,
        Answer::Whole => false,
    };
    Sort { deployment, stream, prompt: prompt_tokens.max(1).ilog2() / 2 }
}

/// The nearest rank.
fn percentile(times: &VecDeque<Duration>) -> Option<Duration> {
    let mut sorted: Vec<Duration> = times.iter().copied().collect();
    sorted.sort_unstable();
    let rank = (sorted.len() as f64 * SHARE).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}
