//! `least-busy`: the fewest requests under way (litellm 1.106, `router_strategy/least_busy.py`).
//!
//! One counter per deployment, never below zero, forgotten an hour after its first increment; ties
//! go to the first of the list. Wins when slowness shows as a queue. What it makes of failures is the
//! personality's: where every failure is told, a deployment that refuses at once is never busy and draws
//! the traffic; LiteLLM tells it the first of a request only, so that every retry at the sick one stays
//! counted as under way for an hour, and traffic keeps away from it long after it is well.

use std::time::Duration;

use serde_json::Value;
use vocab::At;

use super::{ArgError, Ask, Entry, Learned, Lesson, LimitsFrom, Preference, Strategy, View};
use crate::config::DeploymentIndex;
use crate::keyed_rng::KeyedRng;
use crate::policy::Origin;

pub(super) const ENTRY: Entry = Entry {
    name: "least-busy",
    origin: Origin::LiteLlm,
    summary: "The deployment with the fewest requests under way; ties go to the first of the list.",
    spreads: true,
    limits: LimitsFrom::AnySection,
    prefers: Preference::LeastBusy,
    weighs: &[],
    arguments: &[],
    build,
};

/// Life of a counter from its first increment (LiteLLM's TTL of the shared counters).
const COUNTER_TTL: Duration = Duration::from_secs(3600);

fn build(_: &Value) -> Result<Box<dyn Strategy>, ArgError> {
    Ok(Box::new(LeastBusy::default()))
}

/// Counters by deployment index.
#[derive(Debug, Default)]
struct LeastBusy {
    under_way: Vec<Counter>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    requests: u64,
    expires: At,
}

impl Counter {
    fn read(self, at: At) -> u64 {
        if at < self.expires { self.requests } else { 0 }
    }
}

impl Strategy for LeastBusy {
    fn pick(&mut self, ask: &Ask<'_>, view: &View<'_>, _: &KeyedRng) -> Option<DeploymentIndex> {
        let busy = |index: &DeploymentIndex| {
            self.under_way.get(index.get()).map_or(0, |counter| counter.read(ask.at))
        };
        // The first of equals.
        view.candidates.iter().copied().min_by_key(busy)
    }

    fn learn(&mut self, lesson: &Lesson<'_>) {
        let position = lesson.deployment.get();
        if self.under_way.len() <= position {
            self.under_way.resize(position + 1, Counter::default());
        }
        let counter = &mut self.under_way[lesson.deployment];
        match lesson.what {
            Learned::Started => {
                if lesson.at >= counter.expires {
                    *counter = Counter { requests: 0, expires: lesson.at.plus(COUNTER_TTL) };
                }
                counter.requests += 1;
            }
            Learned::FirstToken { .. } => {}
            Learned::Succeeded(_) | Learned::Failed { .. } | Learned::Abandoned => {
                counter.requests = counter.read(lesson.at).saturating_sub(1);
            }
        }
    }
}
