//! How many attempts may have a second one beside them: a share of all, so that slowness everywhere does not double
//! the load. A token bucket, counted in attempts and not in time.

/// Hedges that may come at once, after calm.
const BURST: f64 = 10.0;

/// What sums of shares may lack of a whole: twenty times 5 % are one hedge.
const ROUNDING: f64 = 1e-9;

/// The budget of one instance.
#[derive(Debug)]
pub(crate) struct HedgeBudget {
    /// What an attempt pays in.
    share: f64,
    /// Hedges that nobody has used up.
    hedges: f64,
}

impl HedgeBudget {
    /// A budget of this share of all attempts, with a burst in it.
    pub(crate) fn new(share: f64) -> Self {
        Self { share, hedges: BURST }
    }

    /// An attempt is made that may be hedged.
    pub(crate) fn pay_in(&mut self) {
        self.hedges = (self.hedges + self.share).min(BURST);
    }

    /// Takes one, if one is left.
    pub(crate) fn take(&mut self) -> bool {
        let left = self.hedges >= 1.0 - ROUNDING;
        if left {
            self.hedges = (self.hedges - 1.0).max(0.0);
        }
        left
    }
}
