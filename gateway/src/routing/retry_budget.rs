//! How many retries the requests of a group may cause: a share of them, over a window, so that an outage does not
//! multiply the load on whoever is left. Each group of an instance has a budget of its own.

use std::collections::VecDeque;

use vocab::At;

/// Over so many seconds requests and retries are counted (Linkerd: `ttl`).
const WINDOW_SECONDS: u64 = 10;

/// Retries per second that are allowed whatever the traffic (Linkerd: `minRetriesPerSecond`): a share of next to nothing
/// would be no retry at all.
const RESERVE_PER_SECOND: u64 = 10;

/// The budget of one group.
#[derive(Debug, Default)]
pub(crate) struct RetryBudget {
    /// One entry per second in which anything happened, the newest last; at most [`WINDOW_SECONDS`].
    seconds: VecDeque<Second>,
}

#[derive(Clone, Copy, Debug)]
struct Second {
    number: u64,
    requests: u64,
    retries: u64,
}

impl RetryBudget {
    /// A request has come.
    pub(crate) fn pay_in(&mut self, at: At) {
        if let Some(second) = self.now(at) {
            second.requests += 1;
        }
    }

    /// Takes one retry, if `share` of the requests leaves one.
    pub(crate) fn take(&mut self, share: f64, at: At) -> bool {
        let Some(_) = self.now(at) else { return true };
        let sum = |of: fn(&Second) -> u64| self.seconds.iter().map(of).sum::<u64>();
        let allowed = sum(|second| second.requests) as f64 * share
            + (RESERVE_PER_SECOND * WINDOW_SECONDS) as f64;
        let left = (sum(|second| second.retries) as f64) < allowed;
        if left && let Some(second) = self.seconds.back_mut() {
            second.retries += 1;
        }
        left
    }

    fn now(&mut self, at: At) -> Option<&mut Second> {
        let number = at.since(At::START).as_secs();
        if self.seconds.back().is_none_or(|newest| newest.number < number) {
            self.seconds.push_back(Second { number, requests: 0, retries: 0 });
        }
        while self.seconds.front().is_some_and(|old| old.number + WINDOW_SECONDS <= number) {
            self.seconds.pop_front();
        }
        self.seconds.back_mut()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vocab::At;

    use super::RetryBudget;

    fn at(seconds: u64) -> At {
        At::START.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn a_share_of_the_newest_requests_may_be_retried_and_a_reserve() {
        let mut budget = RetryBudget::default();
        for _ in 0..1000 {
            budget.pay_in(at(3));
        }
        let granted = (0..1000).filter(|_| budget.take(0.2, at(4))).count();
        assert_eq!(granted, 200 + 100);
        assert!(!budget.take(0.2, at(12)), "the requests still count, and so do the retries");
        let granted = (0..1000).filter(|_| budget.take(0.2, at(14))).count();
        assert_eq!(granted, 100, "what is older than the window counts for nothing");
    }
}
