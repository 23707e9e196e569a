//! Whom a strategy may pick from: what a policy is asked, and what it may find lacking.

use std::sync::Arc;

use vocab::At;

use super::cooldown::CooldownBook;
use crate::config::{Config, DeploymentIndex};
use crate::keyed_rng::KeyedRng;

/// The group from which the next attempt's deployment is to be picked.
#[derive(Clone, Copy)]
pub struct CandidateQuery<'a> {
    /// The gateway's config.
    pub config: &'a Config,
    /// Deployments of the group, in list order.
    pub members: &'a [DeploymentIndex],
    /// Level of `order` to which the request is bound.
    pub order: Option<i64>,
    /// Estimated tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tags of the request.
    pub tags: &'a [Arc<str>],
    /// How the client named itself.
    pub user_agent: Option<&'a str>,
    /// Now.
    pub at: At,
    /// Deployments that the request tried in this group, in order.
    pub tried: &'a [DeploymentIndex],
    /// Those of them that refused it for good, by [`Policy::refusal`](super::Policy::refusal).
    pub refused: &'a [DeploymentIndex],
    /// Who cools.
    pub cooldowns: &'a dyn CooldownBook,
    /// What may become of them.
    pub cooling: Cooling,
    /// Requests sent to a deployment in the current UTC minute.
    pub requests_this_minute: &'a dyn Fn(DeploymentIndex) -> u64,
    /// Whether a deployment says that less is left of its limits than the request takes.
    pub short: &'a dyn Fn(DeploymentIndex) -> bool,
    /// Draws of this try.
    pub rng: &'a KeyedRng,
}

/// Whether deployments that cool may be asked where nobody else is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cooling {
    /// No: the request has somewhere else to go.
    #[default]
    LeftOut,
    /// If the policy likes: there is nowhere else.
    LastHope,
}

/// Why there is no candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// Everybody cools.
    AllCooling,
    /// Everybody healthy is over a request or token limit.
    OverLimit,
    /// The same, found by the checks before a strategy was asked.
    OverCheckedLimit,
    /// The prompt is too long for everybody healthy.
    PromptTooLong,
    /// The request's tags admit nobody healthy.
    NoTagMatches,
}

impl CandidateQuery<'_> {
    /// Members that do not cool.
    pub(super) fn admitted(&self) -> Vec<DeploymentIndex> {
        let mut admitted = Vec::with_capacity(self.members.len());
        let admits = |index: &&DeploymentIndex| self.cooldowns.admits(**index, self.at);
        admitted.extend(self.members.iter().filter(admits));
        admitted
    }

    /// Keeps the lowest level of `order`, or the level to which the request is bound. Deployments
    /// without a level are dropped as soon as one has one.
    pub(super) fn keep_level(&self, candidates: &mut Vec<DeploymentIndex>) {
        let order = |index: &DeploymentIndex| self.config.deployments[*index].order;
        if let Some(level) = self.order.or_else(|| candidates.iter().filter_map(order).min()) {
            candidates.retain(|index| order(index) == Some(level));
        }
    }
}

impl std::fmt::Debug for CandidateQuery<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CandidateQuery")
            .field("members", &self.members)
            .field("order", &self.order)
            .field("at", &self.at)
            .field("tried", &self.tried)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}
