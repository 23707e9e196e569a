//! `usage-based-routing-v2`: the fewest tokens used this minute (litellm 1.106,
//! `router_strategy/lowest_tpm_rpm_v2.py`).
//!
//! Requests count when they start, tokens when they succeed, both per UTC minute; a deployment is
//! left out when the next request would *reach* its rpm or pass its tpm. Ties are drawn. Tokens of
//! streams count nowhere: LiteLLM books them under a name that it never reads, so that streams are
//! spread at random and pass every tpm. Wins at filling several quotas evenly with plain answers; loses
//! under failure, because who fails uses no tokens and so looks idle.

use std::time::Duration;

use serde_json::Value;

use super::minute::MinuteUsage;
use super::{ArgError, Ask, Entry, Learned, Lesson, LimitsFrom, Preference, Strategy, View};
use crate::config::DeploymentIndex;
use crate::keyed_rng::KeyedRng;
use crate::policy::Origin;

pub(super) const ENTRY: Entry = Entry {
    name: "usage-based-routing-v2",
    origin: Origin::LiteLlm,
    summary: "The deployment with the fewest tokens used this minute, within its rpm and tpm.",
    spreads: true,
    limits: LimitsFrom::AnySection,
    prefers: Preference::LeastUsed,
    weighs: &["rpm", "tpm"],
    arguments: &[],
    build,
};

/// What a client is told to wait when requests or tokens per minute are used up
/// (litellm: LITELLM_RATE_LIMIT_WINDOW_SIZE).
const LIMIT_WINDOW: Duration = Duration::from_secs(60);

fn build(_: &Value) -> Result<Box<dyn Strategy>, ArgError> {
    Ok(Box::new(LeastUsed::default()))
}

#[derive(Debug, Default)]
struct LeastUsed {
    usage: MinuteUsage,
}

impl Strategy for LeastUsed {
    fn pick(&mut self, ask: &Ask<'_>, view: &View<'_>, rng: &KeyedRng) -> Option<DeploymentIndex> {
        let mut within: Vec<(u64, DeploymentIndex)> = Vec::with_capacity(view.candidates.len());
        for &index in view.candidates {
            let (used, limits) = (self.usage.of(index, ask.unix_seconds), &view.deployments[index]);
            let tokens_fit = limits.tpm.is_none_or(|tpm| used.tokens + ask.prompt_tokens <= tpm);
            let requests_fit = limits.rpm.is_none_or(|rpm| used.requests + 1 < rpm);
            if tokens_fit && requests_fit {
                within.push((used.tokens, index));
            }
        }
        let fewest = within.iter().map(|&(tokens, _)| tokens).min()?;
        within.retain(|&(tokens, _)| tokens == fewest);
        let drawn = match within.len() as u64 {
            1 => 0,
            ties => rng.below("usage/tie", ties) as usize,
        };
        within.get(drawn).map(|&(_, index)| index)
    }

    /// LiteLLM's usage-based routing is the only one whose refusal carries a Retry-After.
    fn wait_when_over_limit(&self) -> Option<Duration> {
        Some(LIMIT_WINDOW)
    }

    fn learn(&mut self, lesson: &Lesson<'_>) {
        match lesson.what {
            Learned::Started => self.usage.count(lesson.deployment, lesson.unix_seconds, 1, 0),
            Learned::Succeeded(success) if success.stream => {}
            Learned::Succeeded(success) => {
                let tokens = success.prompt_tokens.saturating_add(success.completion_tokens);
                self.usage.count(lesson.deployment, lesson.unix_seconds, 0, tokens);
            }
            Learned::FirstToken { .. } | Learned::Failed { .. } | Learned::Abandoned => {}
        }
    }
}
