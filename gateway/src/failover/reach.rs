//! Which deployments requests for a model can reach: what failover would follow if everything failed, whichever way.
//!
//! It asks the policy as the loop does, once per class of error, and so knows no table of fallbacks itself. It must never
//! know health, time or a request's own wishes.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use vocab::DeploymentId;

use crate::config::fleet::{Fleet, Target};
use crate::config::{Config, DeploymentIndex};
use crate::failover::fallback::{RequestedFallbacks, fallback_targets};
use crate::upstream::failure::{ErrorClass, Failure, Trouble};

/// Every deployment that a request for `model` can be sent to, its own group first, then what fallbacks add, those of
/// fewer hops first; empty for a model that nobody knows.
///
/// A bound, not a forecast: which class of error is met decides which of the hops a request takes.
pub fn reachable(config: &Config, model: &str) -> Vec<DeploymentId> {
    let fleet = Fleet::new(Arc::new(config.clone()));
    let mut reached: Vec<DeploymentIndex> = Vec::new();
    for target in targets(&fleet, model) {
        for index in members(&fleet, &target) {
            if !reached.contains(&index) {
                reached.push(index);
            }
        }
    }
    reached.into_iter().map(|index| config.deployments[index].id.clone()).collect()
}

/// The targets within the depth of fallbacks, nearest first. Ends: none is visited twice, and a fleet has only so many.
fn targets(fleet: &Fleet, model: &str) -> Vec<Target> {
    let Some(first) = fleet.resolve(model) else { return Vec::new() };
    let mut visited = BTreeSet::from([first.clone()]);
    let mut ahead = VecDeque::from([(0, first)]);
    let mut found = Vec::new();
    while let Some((depth, target)) = ahead.pop_front() {
        if depth < fleet.config().router.max_fallbacks {
            for next in fallbacks(fleet, &target) {
                if visited.insert(next.clone()) {
                    ahead.push_back((depth + 1, next));
                }
            }
        }
        found.push(target);
    }
    found
}

/// Fallbacks of a target after any class of error.
fn fallbacks(fleet: &Fleet, from: &Target) -> Vec<Target> {
    let after = |class: ErrorClass| {
        let failure = Failure { class, ..Failure::broken(Trouble::Reset, "") };
        fallback_targets(fleet, from, &failure, RequestedFallbacks::default())
    };
    ErrorClass::ALL.into_iter().filter_map(|class| after(class).ok()).flatten().collect()
}

/// Whom a target means. A level of `order` is no bound: where everybody at it cools, the next one is asked.
fn members(fleet: &Fleet, target: &Target) -> Vec<DeploymentIndex> {
    match target.only {
        Some(only) => vec![only],
        None => fleet.members(&target.group).to_vec(),
    }
}
