//! `cost-based-routing`: the cheapest first (litellm 1.106, `router_strategy/lowest_cost.py`).
//!
//! Cost is the price of one token in plus one token out; a deployment whose price nobody knows is
//! taken for the dearest. Deployments over their rpm or tpm of this minute are left out. Wins on the
//! bill while the cheap one works; loses by returning to it after every cooldown.

use serde_json::Value;

use super::minute::MinuteUsage;
use super::{ArgError, Ask, Entry, Learned, Lesson, LimitsFrom, Preference, Strategy, View};
use crate::config::{Deployment, DeploymentIndex};
use crate::keyed_rng::KeyedRng;
use crate::policy::Origin;

pub(super) const ENTRY: Entry = Entry {
    name: "cost-based-routing",
    origin: Origin::LiteLlm,
    summary: "The cheapest deployment within its rpm and tpm; ties go to the first of the list.",
    spreads: false,
    limits: LimitsFrom::AnySection,
    prefers: Preference::Cheapest,
    weighs: &["rpm", "tpm"],
    arguments: &[],
    build,
};

/// What LiteLLM assumes per token, in US dollars, where no price is known.
const UNKNOWN_PRICE_USD: f64 = 5.0;

fn build(_: &Value) -> Result<Box<dyn Strategy>, ArgError> {
    Ok(Box::new(Cost::default()))
}

#[derive(Debug, Default)]
struct Cost {
    usage: MinuteUsage,
}

impl Strategy for Cost {
    fn pick(&mut self, ask: &Ask<'_>, view: &View<'_>, _: &KeyedRng) -> Option<DeploymentIndex> {
        let admits = |index: &DeploymentIndex| {
            let deployment = &view.deployments[*index];
            self.usage.admits(*index, deployment, ask.prompt_tokens, ask.unix_seconds)
        };
        let price = |index: &DeploymentIndex| price_usd(&view.deployments[*index]);
        let within = view.candidates.iter().copied().filter(admits);
        // The first of equals.
        within.min_by(|a, b| price(a).total_cmp(&price(b)))
    }

    fn learn(&mut self, lesson: &Lesson<'_>) {
        match lesson.what {
            Learned::Succeeded(success) => {
                let tokens = success.prompt_tokens.saturating_add(success.completion_tokens);
                self.usage.count(lesson.deployment, lesson.unix_seconds, 1, tokens);
            }
            Learned::Started
            | Learned::FirstToken { .. }
            | Learned::Failed { .. }
            | Learned::Abandoned => {}
        }
    }
}

/// US dollars for one token in and one token out.
fn price_usd(deployment: &Deployment) -> f64 {
    deployment.input_cost_per_token.unwrap_or(UNKNOWN_PRICE_USD)
        + deployment.output_cost_per_token.unwrap_or(UNKNOWN_PRICE_USD)
}
