//! How many attempts may have a second one beside them: a share of all, so that slowness everywhere does not double
//! the load. A token bucket, counted in attempts and not in time.

/// One hedge in so many attempts: 5 %, the share at which hedging was found to pay (Dean and Barroso, "The Tail at
/// Scale", 2013).
const ATTEMPTS_PER_HEDGE: u32 = 20;

/// Hedges that may come at once, after calm.
const BURST: u32 = 10;

/// The budget of one instance.
#[derive(Debug)]
pub(crate) struct HedgeBudget {
    /// Attempts that no hedge has used up.
    attempts: u32,
}

impl Default for HedgeBudget {
    fn default() -> Self {
        Self { attempts: BURST * ATTEMPTS_PER_HEDGE }
    }
}

impl HedgeBudget {
    /// An attempt is made that may be hedged.
    pub(crate) fn pay_in(&mut self) {
        self.attempts = (self.attempts + 1).min(BURST * ATTEMPTS_PER_HEDGE);
    }

    /// Takes one, if one is left.
    pub(crate) fn take(&mut self) -> bool {
        let left = self.attempts.checked_sub(ATTEMPTS_PER_HEDGE);
        self.attempts = left.unwrap_or(self.attempts);
        left.is_some()
    }
}
