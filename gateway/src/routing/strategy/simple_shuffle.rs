//! `simple-shuffle`: weighted chance, LiteLLM's default (litellm 1.106, `router_strategy/simple_shuffle.py`).
//!
//! The first of weight, rpm and tpm that any candidate sets (to a positive value) decides the odds;
//! candidates without it get none. Nothing set: all alike. Wins by having no memory that could be
//! wrong; loses a share of requests to a sick deployment until a cooldown takes it away.

use serde_json::Value;

use super::{ArgError, Ask, Entry, Lesson, LimitsFrom, Preference, Strategy, View};
use crate::config::{Deployment, DeploymentIndex};
use crate::keyed_rng::KeyedRng;
use crate::policy::Origin;

pub(super) const ENTRY: Entry = Entry {
    name: "simple-shuffle",
    origin: Origin::LiteLlm,
    summary: "A random deployment, weighted by weight, rpm or tpm where set (LiteLLM's default).",
    spreads: true,
    limits: LimitsFrom::LitellmParams,
    prefers: Preference::Weighted,
    weighs: &["weight", "rpm", "tpm"],
    arguments: &[],
    build,
};

fn build(_: &Value) -> Result<Box<dyn Strategy>, ArgError> {
    Ok(Box::new(SimpleShuffle))
}

#[derive(Debug)]
struct SimpleShuffle;

impl Strategy for SimpleShuffle {
    fn pick(&mut self, _: &Ask<'_>, view: &View<'_>, rng: &KeyedRng) -> Option<DeploymentIndex> {
        draw(view, rng)
    }

    fn learn(&mut self, _: &Lesson<'_>) {}
}

/// Metrics in the order in which LiteLLM looks for one that is set.
const METRICS: [fn(&Deployment) -> f64; 3] = [
    |deployment| deployment.weight.unwrap_or(0.0),
    |deployment| deployment.rpm.unwrap_or(0) as f64,
    |deployment| deployment.tpm.unwrap_or(0) as f64,
];

fn draw(view: &View<'_>, rng: &KeyedRng) -> Option<DeploymentIndex> {
    for metric in METRICS {
        let weights =
            view.candidates.iter().map(|&index| metric(&view.deployments[index]).max(0.0));
        let sum: f64 = weights.clone().sum();
        if sum <= 0.0 {
            continue;
        }
        let mut left = rng.unit("shuffle") * sum;
        let mut last = None;
        for (&index, weight) in view.candidates.iter().zip(weights) {
            if weight > 0.0 {
                if left < weight {
                    return Some(index);
                }
                last = Some(index);
            }
            left -= weight;
        }
        // Rounding can leave a crumb; it belongs to the last that had a weight.
        return last;
    }
    let position = rng.below("shuffle", view.candidates.len() as u64) as usize;
    view.candidates.get(position).copied()
}
