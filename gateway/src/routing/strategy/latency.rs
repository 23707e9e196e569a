//! `latency-based-routing`: the fastest lately (litellm 1.106, `router_strategy/lowest_latency.py`).
//!
//! Per group, the newest samples of each deployment: seconds per answer token, and for streams the
//! seconds to the first frame, which at most providers names the role and says nothing: a first word
//! that is late goes unseen. Whoever has no sample counts as instant and is tried first. Of the
//! failures only a timeout leaves a trace, a sample of 1000 s. Wins when a deployment turns slow;
//! loses when one fails fast (nothing is recorded), and never goes back to one that timed out until
//! the whole memory of the group expires.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::Value;
use vocab::At;

use super::minute::MinuteUsage;
use super::{
    ArgError, Argument, Ask, Entry, Learned, Lesson, LimitsFrom, Preference, Strategy, Success,
    View, arguments,
};
use crate::config::DeploymentIndex;
use crate::keyed_rng::KeyedRng;
use crate::policy::Origin;
use crate::upstream::failure::ErrorClass;

pub(super) const ENTRY: Entry = Entry {
    name: "latency-based-routing",
    origin: Origin::LiteLlm,
    summary: "The deployment with the lowest average of its newest answers or first tokens.",
    spreads: false,
    limits: LimitsFrom::AnySection,
    prefers: Preference::Fastest,
    weighs: &["rpm", "tpm"],
    arguments: &[
        Argument { name: "ttl", default: "3600", help: "life of a group's samples, in seconds" },
        Argument {
            name: "lowest_latency_buffer",
            default: "0",
            help: "how much slower than the fastest still counts as fast, as a fraction of it",
        },
        Argument {
            name: "max_latency_list_size",
            default: "10",
            help: "samples that are kept per deployment, 1 to 1000",
        },
        Argument {
            name: "ttft_percentile",
            default: "none",
            help: "judge first tokens by this percentile, 0 to 100, instead of the average",
        },
    ],
    build,
};

/// What a timeout counts, in seconds (LiteLLM's constant).
const TIMEOUT_SAMPLE: f64 = 1000.0;

/// Largest list of samples; LiteLLM sets no bound.
const SAMPLES_MAX: f64 = 1000.0;

fn build(given: &Value) -> Result<Box<dyn Strategy>, ArgError> {
    let ttl = arguments::number(given, "ttl", 0.0)?.unwrap_or(3600.0);
    let buffer = arguments::number(given, "lowest_latency_buffer", 0.0)?.unwrap_or(0.0);
    let samples = arguments::number(given, "max_latency_list_size", 1.0)?.unwrap_or(10.0);
    let percentile = arguments::number(given, "ttft_percentile", 0.0)?;
    Ok(Box::new(Latency {
        ttl: Duration::try_from_secs_f64(ttl).unwrap_or(Duration::MAX),
        buffer,
        samples_max: samples.min(SAMPLES_MAX) as usize,
        ttft_percentile: percentile.map(|percentile| percentile.min(100.0)),
        groups: BTreeMap::new(),
        usage: MinuteUsage::default(),
    }))
}

#[derive(Debug)]
struct Latency {
    ttl: Duration,
    buffer: f64,
    samples_max: usize,
    ttft_percentile: Option<f64>,
    /// By model group; as many as the config names.
    groups: BTreeMap<Box<str>, Memory>,
    usage: MinuteUsage,
}

/// What is known of one group. It expires as a whole, counted from its first entry.
#[derive(Debug)]
struct Memory {
    expires: At,
    by_deployment: BTreeMap<DeploymentIndex, Samples>,
}

/// Newest samples of one deployment, in seconds, oldest first.
#[derive(Debug, Default)]
struct Samples {
    latency: VecDeque<f64>,
    ttft: VecDeque<f64>,
}

impl Strategy for Latency {
    fn pick(&mut self, ask: &Ask<'_>, view: &View<'_>, rng: &KeyedRng) -> Option<DeploymentIndex> {
        let memory = self.groups.get(ask.group).filter(|memory| ask.at < memory.expires);
        let mut scored: Vec<(f64, DeploymentIndex)> = Vec::with_capacity(view.candidates.len());
        for &index in view.candidates {
            let limits = &view.deployments[index];
            if self.usage.admits(index, limits, ask.prompt_tokens, ask.unix_seconds) {
                let samples = memory.and_then(|memory| memory.by_deployment.get(&index));
                scored.push((samples.map_or(0.0, |s| self.score(s, ask.stream)), index));
            }
        }
        scored.sort_by(|a, b| a.0.total_cmp(&b.0));
        let &(lowest, _) = scored.first()?;
        let bound = lowest * (1.0 + self.buffer);
        let fast = scored.iter().take_while(|(score, _)| *score <= bound).count();
        let drawn = rng.below("latency", fast as u64) as usize;
        scored.get(drawn).map(|&(_, index)| index)
    }

    fn learn(&mut self, lesson: &Lesson<'_>) {
        match lesson.what {
            Learned::Succeeded(success) => {
                let tokens = success.prompt_tokens.saturating_add(success.completion_tokens);
                self.usage.count(lesson.deployment, lesson.unix_seconds, 1, tokens);
                let first = success.first_frame.map(|d| d.as_secs_f64());
                self.remember(lesson, per_token(&success), first);
            }
            Learned::Failed { class: ErrorClass::Timeout, .. } => {
                self.remember(lesson, TIMEOUT_SAMPLE, None);
            }
            Learned::Started
            | Learned::FirstToken { .. }
            | Learned::Failed { .. }
            | Learned::Abandoned => {}
        }
    }
}

impl Latency {
    /// Seconds by which a deployment is judged: of its first tokens for a stream, if any are known.
    fn score(&self, samples: &Samples, stream: bool) -> f64 {
        if !stream || samples.ttft.is_empty() {
            return average(&samples.latency);
        }
        match self.ttft_percentile {
            Some(percentile) => nearest_rank(&samples.ttft, percentile),
            None => average(&samples.ttft),
        }
    }

    fn remember(&mut self, lesson: &Lesson<'_>, latency: f64, ttft: Option<f64>) {
        let fresh = || Memory { expires: lesson.at.plus(self.ttl), by_deployment: BTreeMap::new() };
        if !self.groups.contains_key(lesson.group) {
            self.groups.insert(Box::from(lesson.group), fresh());
        }
        let Some(memory) = self.groups.get_mut(lesson.group) else { return };
        if lesson.at >= memory.expires {
            *memory = fresh();
        }
        let samples = memory.by_deployment.entry(lesson.deployment).or_default();
        push(&mut samples.latency, latency, self.samples_max);
        if let Some(ttft) = ttft {
            push(&mut samples.ttft, ttft, self.samples_max);
        }
    }
}

/// Seconds per token of the answer, or seconds where nobody counted tokens.
fn per_token(success: &Success) -> f64 {
    success.elapsed.as_secs_f64() / success.completion_tokens.max(1) as f64
}

fn push(list: &mut VecDeque<f64>, sample: f64, most: usize) {
    while list.len() >= most {
        list.pop_front();
    }
    list.push_back(sample);
}

fn average(list: &VecDeque<f64>) -> f64 {
    if list.is_empty() { 0.0 } else { list.iter().sum::<f64>() / list.len() as f64 }
}

fn nearest_rank(list: &VecDeque<f64>, percentile: f64) -> f64 {
    let mut sorted: Vec<f64> = list.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let rank = (percentile / 100.0 * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied().unwrap_or_default()
}
