//! Where a request goes when its group has given up: the policy names the targets, [`Itinerary`] walks
//! them.
//!
//! Each hop may have fallbacks of its own. No target is visited twice and the depth is bounded, so a
//! config that points at itself ends.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::fleet::{Fleet, Target};
use crate::policy::fallbacks::{FallbackQuery, FallbacksByClass, NoFallback};
use crate::upstream::failure::Failure;

/// What the client has to say about fallbacks.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestedFallbacks<'a> {
    /// `disable_fallbacks` of the request.
    pub disabled: bool,
    /// `fallbacks` of the request as a list of models; replaces the config's for every class of
    /// error. Empty: none given.
    pub models: &'a [Arc<str>],
    /// The same for single classes of errors, by the name that failed.
    pub by_class: Option<&'a FallbacksByClass>,
}

/// Fallbacks after `from` failed with `failure`, in order, without `from` itself.
///
/// # Errors
/// Why there is none.
pub fn fallback_targets(
    fleet: &Fleet,
    from: &Target,
    failure: &Failure,
    requested: RequestedFallbacks<'_>,
) -> Result<Vec<Target>, NoFallback> {
    if requested.disabled {
        return Err(NoFallback::Disabled);
    }
    let RequestedFallbacks { models, by_class, .. } = requested;
    let query = FallbackQuery { fleet, from, failure, requested: models, by_class };
    let mut targets = fleet.config().personality.policy.fallbacks(&query)?;
    targets.retain(|target| target != from);
    if targets.is_empty() { Err(NoFallback::NoneNamed) } else { Ok(targets) }
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
    ///
    /// # Errors
    /// Why there is nowhere to go.
    pub fn next(
        &mut self,
        fallbacks: Result<Vec<Target>, NoFallback>,
    ) -> Result<Target, NoFallback> {
        let depth = self.depth + 1;
        let mut why = match fallbacks.as_deref() {
            Ok(_) if depth > self.depth_max => NoFallback::DepthMax { depth: self.depth_max },
            Ok(_) => self.all_tried(),
            Err(&why) => why,
        };
        if depth <= self.depth_max {
            let fallbacks = fallbacks.unwrap_or_default();
            self.ahead.extend(fallbacks.into_iter().rev().map(|target| (depth, target)));
        }
        // Ends: each turn takes one away.
        while let Some((depth, target)) = self.ahead.pop() {
            if self.visited.insert(target.clone()) {
                self.depth = depth;
                return Ok(target);
            }
        }
        // What the last of several fallbacks lacks is not why there is none left.
        if why == NoFallback::NoneNamed && self.depth > 0 {
            why = self.all_tried();
        }
        Err(why)
    }

    /// What [`Itinerary::next`] would find, given these fallbacks of the current one.
    pub fn peek(&self, fallbacks: &[Target]) -> Option<Target> {
        let deeper = if self.depth < self.depth_max { fallbacks } else { &[] };
        let ahead = self.ahead.iter().rev().map(|(_, target)| target);
        deeper.iter().chain(ahead).find(|target| !self.visited.contains(*target)).cloned()
    }

    fn all_tried(&self) -> NoFallback {
        let tried = u32::try_from(self.visited.len() - 1).unwrap_or(u32::MAX);
        NoFallback::AllTried { tried }
    }

    /// Whether [`Itinerary::next`] would find a target, given these fallbacks of the current one.
    pub fn has_next(&self, fallbacks: &[Target]) -> bool {
        let ahead = self.ahead.iter().map(|(_, target)| target);
        let deeper = if self.depth < self.depth_max { fallbacks } else { &[] };
        ahead.chain(deeper).any(|target| !self.visited.contains(target))
    }
}
