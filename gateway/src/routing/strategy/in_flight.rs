//! What is under way at each deployment: attempts, and the tokens that they will take. Shared by strategies that look at
//! load; it decides nothing.

use std::collections::VecDeque;

use super::{Learned, Lesson};
use crate::config::DeploymentIndex;

/// Attempts of one deployment that are remembered; whoever has more under way has no order any more.
const REMEMBERED_MAX: usize = 16 * 1024;

/// What is under way, by deployment.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    deployments: Vec<UnderWay>,
}

#[derive(Debug, Default)]
struct UnderWay {
    attempts: u64,
    tokens: u64,
    /// Tokens that each of them was thought to take, oldest first: which of them ends is not told, and over many it does
    /// not matter.
    each: VecDeque<u64>,
}

impl InFlight {
    /// Attempts under way.
    pub(super) fn attempts(&self, deployment: DeploymentIndex) -> u64 {
        self.deployments.get(deployment.get()).map_or(0, |under_way| under_way.attempts)
    }

    /// Tokens that the attempts under way were thought to take.
    pub(super) fn tokens(&self, deployment: DeploymentIndex) -> u64 {
        self.deployments.get(deployment.get()).map_or(0, |under_way| under_way.tokens)
    }

    /// The attempt that was picked for last is thought to take so many tokens.
    pub(super) fn learn(&mut self, lesson: &Lesson<'_>, tokens: u64) {
        let position = lesson.deployment.get();
        if self.deployments.len() <= position {
            self.deployments.resize_with(position + 1, UnderWay::default);
        }
        let under_way = &mut self.deployments[lesson.deployment];
        match lesson.what {
            Learned::Started => {
                under_way.attempts += 1;
                under_way.tokens = under_way.tokens.saturating_add(tokens);
                if under_way.each.len() < REMEMBERED_MAX {
                    under_way.each.push_back(tokens);
                }
            }
            Learned::FirstToken { .. } => {}
            Learned::Succeeded(_) | Learned::Failed { .. } | Learned::Abandoned => {
                under_way.attempts = under_way.attempts.saturating_sub(1);
                let taken = under_way.each.pop_front().unwrap_or_default();
                under_way.tokens = under_way.tokens.saturating_sub(taken);
                if under_way.attempts == 0 {
                    (under_way.tokens, under_way.each) = (0, VecDeque::new());
                }
            }
        }
    }
}
