//! What is left of each deployment's limits, by what its provider said last and by what was sent since.
//!
//! A provider counts a request when it takes it, so what an answer's head says holds as of the attempt's begin; what this
//! instance sent after that is taken off, and what has come back since is added: evenly, up to the time at which the
//! provider says that all of it is there. Where it says no such time, its word holds for [`UNTOLD`]. It says who is short
//! of what, never what follows from it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use vocab::At;

use crate::config::DeploymentIndex;
use crate::upstream::announced::{Counted, Left, Need};

/// How long a word holds that says no time: Azure, which says none, counts requests over ten seconds.
const UNTOLD: Duration = Duration::from_secs(10);

/// How long any word holds: a limit of a day may have been raised, and asking every two minutes costs little.
const HOLDS_MAX: Duration = Duration::from_secs(120);

/// Attempts that are remembered of a deployment since its last word; of more the oldest are forgotten.
const SINCE_MAX: usize = 4_096;

/// What the providers of one instance said.
#[derive(Debug, Default)]
pub(crate) struct Remaining {
    told: BTreeMap<DeploymentIndex, Told>,
}

/// The last word of one.
#[derive(Debug)]
struct Told {
    as_of: At,
    limits: Vec<Left>,
    /// What was sent to it since.
    since: VecDeque<(At, Need)>,
}

/// A deployment whose limit leaves less than a request takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    /// What the limit counts.
    pub counted: Counted,
    /// What is left of it.
    pub left: u64,
    /// What the request takes.
    pub needs: u64,
}

impl Remaining {
    /// A request is sent to a deployment.
    pub(crate) fn spend(&mut self, deployment: DeploymentIndex, need: Need, at: At) {
        // What a deployment that says nothing was sent is nobody's business.
        let Some(told) = self.told.get_mut(&deployment) else { return };
        if told.since.len() >= SINCE_MAX {
            told.since.pop_front();
        }
        told.since.push_back((at, need));
    }

    /// The head of an answer told of these limits; its attempt had begun at `as_of`.
    pub(crate) fn told(&mut self, deployment: DeploymentIndex, as_of: At, limits: Vec<Left>) {
        match self.told.get_mut(&deployment) {
            // An attempt that began earlier was answered later: it knows less.
            Some(told) if told.as_of > as_of => {}
            Some(told) => {
                told.since.retain(|(at, _)| *at > as_of);
                (told.as_of, told.limits) = (as_of, limits);
            }
            None => {
                let since = VecDeque::new();
                self.told.insert(deployment, Told { as_of, limits, since });
            }
        }
    }

    /// The limit of a deployment that leaves less than a request takes, if one does for all that is known.
    pub(crate) fn short(&self, deployment: DeploymentIndex, need: Need, at: At) -> Option<Short> {
        let told = self.told.get(&deployment)?;
        let passed = at.since(told.as_of);
        told.limits.iter().find_map(|limit| told.is_short(limit, need, passed))
    }
}

impl Told {
    fn is_short(&self, limit: &Left, need: Need, passed: Duration) -> Option<Short> {
        let &Left { counted, limit: all, remaining, full_in } = limit;
        if passed >= full_in.unwrap_or(UNTOLD).min(HOLDS_MAX) {
            return None;
        }
        let back = match (all, full_in) {
            (Some(all), Some(full_in)) => share(all.saturating_sub(remaining), passed, full_in),
            (Some(_) | None, _) => 0,
        };
        let spent = self.since.iter().map(|(_, need)| need.of(counted));
        let spent = spent.fold(0, u64::saturating_add);
        let left = remaining.saturating_add(back).saturating_sub(spent);
        // What is more than all of it by an estimate may still fit.
        let needs = need.of(counted).min(all.unwrap_or(u64::MAX));
        (left < needs).then_some(Short { counted, left, needs })
    }
}

/// Of `units` that come back evenly in `all_in`, those that are there after `passed`.
fn share(units: u64, passed: Duration, all_in: Duration) -> u64 {
    let back = u128::from(units) * passed.as_nanos() / all_in.as_nanos().max(1);
    u64::try_from(back).unwrap_or(u64::MAX)
}
