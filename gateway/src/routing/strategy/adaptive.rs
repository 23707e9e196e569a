//! `adaptive`: shares that grow with time and shrink with trouble (additive increase, multiplicative decrease, as TCP
//! shares a link; Chiu and Jain, 1989).
//!
//! Every deployment has a share, whole in the beginning. It grows by a hundredth each second; a failure takes a fifth of it, at
//! most once a second, and so does a first word that takes three times as long as the best deployment's usual. A request is
//! drawn by the shares, so that even the worst gets a twentieth of a whole one and shows when it is well. Wins where
//! trouble lasts and is not everybody's (`scenarios/strategies/providers-turn-slow`, `token-limits-are-tight`). Loses where
//! one deployment is plainly meant (`the-cheap-one-is-slower`), and in incidents of seconds, which it remembers for a
//! minute or two (`incidents-are-short`).

use std::time::Duration;

use serde_json::Value;
use vocab::At;

use super::{ArgError, Ask, Entry, Learned, Lesson, LimitsFrom, Preference, Strategy, View};
use crate::config::DeploymentIndex;
use crate::keyed_rng::KeyedRng;
use crate::policy::Origin;

pub(super) const ENTRY: Entry = Entry {
    name: "adaptive",
    origin: Origin::Own,
    summary: "Drawn by shares that shrink with failures and slowness, and grow again with time.",
    spreads: true,
    limits: LimitsFrom::AnySection,
    prefers: Preference::Weighted,
    weighs: &[],
    arguments: &[],
    build,
};

/// What a second adds.
const INCREASE: f64 = 0.01;

/// What trouble leaves.
const DECREASE: f64 = 0.8;

/// Smallest share.
const SHARE_MIN: f64 = 0.05;

/// Trouble counts once in this time: what was sent before the first of it was seen says nothing new.
const ONCE_IN: Duration = Duration::from_secs(1);

/// How many times the best deployment's usual time is slow, and the least that is.
const SLOW: f64 = 3.0;
const SLOW_MIN_S: f64 = 0.5;

/// What one more time changes of the usual one.
const LEARNING: f64 = 0.1;

fn build(_: &Value) -> Result<Box<dyn Strategy>, ArgError> {
    Ok(Box::new(Adaptive::default()))
}

#[derive(Debug, Default)]
struct Adaptive {
    standings: Vec<Standing>,
}

#[derive(Clone, Copy, Debug)]
struct Standing {
    /// The share after the newest trouble.
    left: f64,
    /// When that was.
    troubled: Option<At>,
    /// Usual time to the first word, in seconds.
    usual_s: Option<f64>,
}

impl Default for Standing {
    fn default() -> Self {
        Self { left: 1.0, troubled: None, usual_s: None }
    }
}

impl Standing {
    fn share(&self, at: At) -> f64 {
        let since =
            self.troubled.map_or(f64::INFINITY, |troubled| at.since(troubled).as_secs_f64());
        (self.left + INCREASE * since).min(1.0)
    }

    fn trouble(&mut self, at: At) {
        if self.troubled.is_none_or(|before| at.since(before) >= ONCE_IN) {
            self.left = (self.share(at) * DECREASE).max(SHARE_MIN);
            self.troubled = Some(at);
        }
    }

    fn observed(&mut self, seconds: f64) {
        let usual = self.usual_s.unwrap_or(seconds);
        self.usual_s = Some(usual + LEARNING * (seconds - usual));
    }
}

impl Adaptive {
    fn share(&self, deployment: DeploymentIndex, at: At) -> f64 {
        self.standings.get(deployment.get()).map_or(1.0, |standing| standing.share(at))
    }

    /// Seconds from which on a first word is slow.
    fn slow_s(&self) -> f64 {
        let usual = self.standings.iter().filter_map(|standing| standing.usual_s);
        usual.min_by(f64::total_cmp).map_or(f64::INFINITY, |best| (SLOW * best).max(SLOW_MIN_S))
    }
}

impl Strategy for Adaptive {
    fn pick(&mut self, ask: &Ask<'_>, view: &View<'_>, rng: &KeyedRng) -> Option<DeploymentIndex> {
        let all: f64 = view.candidates.iter().map(|index| self.share(*index, ask.at)).sum();
        let mut left = rng.unit("share") * all;
        let drawn = view.candidates.iter().copied().find(|index| {
            left -= self.share(*index, ask.at);
            left < 0.0
        });
        drawn.or_else(|| view.candidates.last().copied())
    }

    fn learn(&mut self, lesson: &Lesson<'_>) {
        let position = lesson.deployment.get();
        if self.standings.len() <= position {
            self.standings.resize(position + 1, Standing::default());
        }
        let slow_s = self.slow_s();
        let standing = &mut self.standings[lesson.deployment];
        match lesson.what {
            Learned::Started | Learned::Abandoned | Learned::Succeeded(_) => {}
            Learned::FirstToken { ttft } => {
                let seconds = ttft.as_secs_f64();
                standing.observed(seconds);
                if seconds > slow_s {
                    standing.trouble(lesson.at);
                }
            }
            Learned::Failed { class, .. } if class.blames_request() => {}
            Learned::Failed { .. } => standing.trouble(lesson.at),
        }
    }
}
