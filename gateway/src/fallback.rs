//! Where a request goes when its group has given up: other priority levels, other groups, other
//! deployments, in LiteLLM's order (litellm 1.106, `router_utils/fallback_event_handlers.py`).
//!
//! [`Itinerary`] walks them: each hop may have fallbacks of its own. No target is visited twice and
//! the depth is bounded, so a config that points at itself ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::classify::{ErrorClass, Failure};
use crate::config::Personality;
use crate::fleet::{Fleet, Target};

/// What the client has to say about fallbacks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes<'a> {
    /// `disable_fallbacks` of the request.
    pub disabled: bool,
    /// `fallbacks` of the request as a list of models; replaces the config's for every class of
    /// error. Empty: none given.
    pub models: &'a [Arc<str>],
}

/// Fallbacks after `from` failed with `failure`, in order. Names that nobody knows are left out, and
/// so is `from` itself.
pub fn fallback_groups(
    fleet: &Fleet,
    from: &Target,
    failure: &Failure,
    wishes: Wishes<'_>,
) -> Vec<Target> {
    if wishes.disabled {
        return Vec::new();
    }
    let router = &fleet.config().router;
    let named = match (wishes.models, failure.class) {
        ([], ErrorClass::ContextWindow) if !router.context_window_fallbacks.is_empty() => {
            entry(&router.context_window_fallbacks, &from.group)
        }
        ([], ErrorClass::ContentPolicy) if !router.content_policy_fallbacks.is_empty() => {
            entry(&router.content_policy_fallbacks, &from.group)
        }
        ([], ErrorClass::BadRequest | ErrorClass::UnprocessableEntity)
            if fleet.config().personality == Personality::Brownout =>
        {
            // Another group would refuse the same request again, and be paid for it.
            &[]
        }
        ([], _) => entry(&router.fallbacks, &from.group),
        (models, _) => models,
    };
    let mut targets = Vec::new();
    let another_window =
        matches!(failure.class, ErrorClass::ContextWindow | ErrorClass::ContentPolicy);
    if !another_window && fleet.config().personality == Personality::Litellm1106 {
        targets.extend(other_levels(fleet, from));
    }
    targets.extend(named.iter().filter_map(|name| fleet.resolve(name)));
    targets.retain(|target| target != from);
    targets
}

/// The hops of one request beyond its first target.
#[derive(Debug)]
pub struct Itinerary {
    /// Still to visit, next one last, each with its depth.
    ahead: Vec<(u32, Target)>,
    visited: BTreeSet<Target>,
    depth: u32,
    depth_max: u32,
}

impl Itinerary {
    /// Starts at `first`, at depth 0; no target deeper than `depth_max` is visited.
    pub fn new(first: &Target, depth_max: u32) -> Self {
        let visited = BTreeSet::from([first.clone()]);
        Self { ahead: Vec::new(), visited, depth: 0, depth_max }
    }

    /// The current target failed, and these are its fallbacks: says where to go next. A target's own
    /// fallbacks come before its siblings.
    pub fn next(&mut self, fallbacks: Vec<Target>) -> Option<Target> {
        let depth = self.depth + 1;
        if depth <= self.depth_max {
            self.ahead.extend(fallbacks.into_iter().rev().map(|target| (depth, target)));
        }
        // Ends: each turn takes one away.
        while let Some((depth, target)) = self.ahead.pop() {
            if self.visited.insert(target.clone()) {
                self.depth = depth;
                return Some(target);
            }
        }
        None
    }

    /// Whether [`Itinerary::next`] would find a target, given these fallbacks of the current one.
    pub fn has_next(&self, fallbacks: &[Target]) -> bool {
        let ahead = self.ahead.iter().map(|(_, target)| target);
        let deeper = if self.depth < self.depth_max { fallbacks } else { &[] };
        ahead.chain(deeper).any(|target| !self.visited.contains(target))
    }
}

/// The entry of a group: under its name, under its name without provider, or `*`.
fn entry<'a>(fallbacks: &'a BTreeMap<Arc<str>, Vec<Arc<str>>>, group: &str) -> &'a [Arc<str>] {
    let stripped = || group.split_once('/').and_then(|(_, name)| fallbacks.get(name));
    fallbacks.get(group).or_else(stripped).or_else(|| fallbacks.get("*")).map_or(&[], Vec::as_slice)
}

/// The higher levels of `order` within the group that failed.
fn other_levels<'a>(fleet: &'a Fleet, from: &'a Target) -> impl Iterator<Item = Target> + 'a {
    let levels = if from.only.is_none() { fleet.order_levels(&from.group) } else { Vec::new() };
    let current = from.order.or(levels.first().copied());
    let higher = levels.into_iter().filter(move |&level| current.is_some_and(|now| level > now));
    higher.map(|level| Target { order: Some(level), ..from.clone() })
}
