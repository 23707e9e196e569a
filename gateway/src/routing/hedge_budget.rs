//! How many attempts may have a second one beside them: a share of all, so that slowness everywhere does not double
//! the load. A token bucket, counted in attempts and not in time.

/// Hedges per attempt: 5 %, the share at which hedging was found to pay (Dean and Barroso, "The Tail at Scale", 2013).
const SHARE: f64 = 0.05;

/// Hedges that may come at once, after calm.
const BURST: f64 = 10.0;

/// The budget of one instance.
#[derive(Debug)]
pub(crate) struct HedgeBudget {
    left: f64,
}

impl Default for HedgeBudget {
    fn default() -> Self {
        Self { left: BURST }
    }
}

impl HedgeBudget {
    /// An attempt is made that may be hedged.
    pub(crate) fn pay_in(&mut self) {
        self.left = (self.left + SHARE).min(BURST);
    }

    /// Takes one, if one is left.
    pub(crate) fn take(&mut self) -> bool {
        let enough = self.left >= 1.0;
        if enough {
            self.left -= 1.0;
        }
        enough
    }
}
