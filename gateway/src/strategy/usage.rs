//! `usage-based-routing-v2`: the fewest tokens used this minute (litellm 1.106,
//! `router_strategy/lowest_tpm_rpm_v2.py`).
//!
//! Requests count when they start, tokens when they succeed, both per UTC minute; a deployment is
//! left out when the next request would *reach* its rpm or pass its tpm. Ties are drawn. Wins at
//! filling several quotas evenly; loses under failure, because who fails uses no tokens and so
//! looks idle.

use serde_json::Value;

use super::minute::MinuteUsage;
use super::{ArgError, Ask, Entry, Learned, Lesson, Ranking, Strategy, View};
use crate::config::Personality;
use crate::luck::Luck;

pub(super) const ENTRY: Entry = Entry {
    name: "usage-based-routing-v2",
    personality: Personality::Litellm1106,
    summary: "The deployment with the fewest tokens used this minute, within its rpm and tpm.",
    spreads: true,
    arguments: &[],
    build,
};

fn build(_: &Value) -> Result<Box<dyn Strategy>, ArgError> {
    Ok(Box::new(LeastUsed::default()))
}

#[derive(Debug, Default)]
struct LeastUsed {
    usage: MinuteUsage,
}

impl Strategy for LeastUsed {
    fn rank(&mut self, ask: &Ask<'_>, view: &View<'_>, luck: &Luck) -> Ranking {
        let mut within: Vec<(u64, usize)> = Vec::with_capacity(view.candidates.len());
        for &index in view.candidates {
            let (used, limits) = (self.usage.of(index, ask.unix_seconds), &view.deployments[index]);
            let tokens_fit = limits.tpm.is_none_or(|tpm| used.tokens + ask.prompt_tokens <= tpm);
            let requests_fit = limits.rpm.is_none_or(|rpm| used.requests + 1 < rpm);
            if tokens_fit && requests_fit {
                within.push((used.tokens, index));
            }
        }
        within.sort_by_key(|&(tokens, _)| tokens);
        let ties = within.iter().take_while(|(tokens, _)| *tokens == within[0].0).count();
        if ties > 1 {
            within[..ties].rotate_left(luck.below("usage/tie", ties as u64) as usize);
        }
        within.into_iter().map(|(_, index)| index).collect()
    }

    fn learn(&mut self, lesson: &Lesson<'_>) {
        match lesson.what {
            Learned::Started => self.usage.count(lesson.deployment, lesson.unix_seconds, 1, 0),
            Learned::Succeeded(success) => {
                let tokens = success.prompt_tokens.saturating_add(success.completion_tokens);
                self.usage.count(lesson.deployment, lesson.unix_seconds, 0, tokens);
            }
            Learned::Failed { .. } | Learned::Abandoned => {}
        }
    }
}
