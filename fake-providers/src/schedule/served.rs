//! Who answered of late, for rules whose target is the favourite of whoever calls.
//!
//! It counts endings by their instants, so that who asks later gets the answer of the moment that it
//! asks about. It must never know a rule, or what an answer said.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use record::AttemptEnd;
use vocab::{At, DeploymentId};

use crate::index::DeploymentIndex;

/// How far back a favourite is looked for.
const LATELY: Duration = Duration::from_secs(60);

/// Most endings that are kept, 10,000 a second; beyond it the oldest are forgotten.
const ENDINGS_MAX: usize = 600_000;

/// Endings of the last minute, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Served(Mutex<VecDeque<Ending>>);

#[derive(Debug)]
struct Ending {
    at: At,
    deployment: DeploymentId,
    complete: bool,
}

impl Served {
    /// An attempt at a model ended.
    pub(crate) fn ended(&self, at: At, deployment: &DeploymentId, end: AttemptEnd) {
        let mut endings = self.endings();
        // Ends with what is young enough.
        while endings.len() >= ENDINGS_MAX
            || endings.front().is_some_and(|oldest| at.since(oldest.at) > LATELY)
        {
            endings.pop_front();
        }
        let complete = end == AttemptEnd::Complete;
        endings.push_back(Ending { at, deployment: deployment.clone(), complete });
    }

    /// Which of these deployments gave most of the complete answers in the minute before `at`; who had
    /// most attempts that ended then, where there were none. The first among equals.
    pub(crate) fn favourite<'d>(
        &self,
        at: At,
        deployments: impl Iterator<Item = &'d DeploymentId>,
    ) -> Option<DeploymentIndex> {
        let endings = self.endings();
        let lately = |ending: &&Ending| ending.at < at && at.since(ending.at) <= LATELY;
        let counts: Vec<(usize, usize)> = deployments
            .map(|id| {
                let its = endings.iter().filter(lately).filter(|ending| ending.deployment == *id);
                its.fold((0, 0), |(complete, all), ending| {
                    (complete + usize::from(ending.complete), all + 1)
                })
            })
            .collect();
        let most = counts.iter().max().filter(|(_, all)| *all > 0)?;
        let answered = most.0 > 0;
        let count = |counts: &(usize, usize)| if answered { counts.0 } else { counts.1 };
        counts.iter().position(|of| count(of) == count(most)).map(DeploymentIndex)
    }

    /// Forgets everybody.
    pub(crate) fn forget(&self) {
        self.endings().clear();
    }

    fn endings(&self) -> MutexGuard<'_, VecDeque<Ending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use record::AttemptEnd::{Complete, Error};
    use vocab::{At, DeploymentId};

    use super::Served;

    #[test]
    fn the_favourite_answered_most_in_the_minute_before() {
        let second = |s: u64| At::after_start(Duration::from_secs(s));
        let ids = ["a", "b", "c"].map(DeploymentId::from);
        let favourite = |endings: &[(u64, usize, record::AttemptEnd)], at: u64| {
            let served = Served::default();
            for (at, who, end) in endings {
                served.ended(second(*at), &ids[*who], *end);
            }
            served.favourite(second(at), ids.iter()).map(|index| index.0)
        };
        let most = [(1, 2, Complete), (61, 1, Complete), (62, 1, Complete), (63, 0, Complete)];
        assert_eq!(favourite(&most, 100), Some(1));
        assert_eq!(
            favourite(&[(5, 1, Complete), (5, 2, Complete)], 9),
            Some(1),
            "the first of equals"
        );
        assert_eq!(favourite(&[(5, 1, Error), (6, 1, Error), (7, 2, Complete)], 9), Some(2));
        assert_eq!(favourite(&[(5, 0, Error), (6, 1, Error), (7, 1, Error)], 9), Some(1));
        assert_eq!(
            favourite(&[(9, 1, Complete)], 9),
            None,
            "the window's own instant is not before it"
        );
        assert_eq!(favourite(&[(0, 1, Complete)], 61), None, "more than a minute ago");
    }
}
