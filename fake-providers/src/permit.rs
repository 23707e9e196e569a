//! What an admitted request holds until its answer is over: a slot, and a reservation of output
//! tokens. Dropped, both are given back. It must never know what is done with it.

use std::sync::Arc;

use world::Clock;

use crate::attempt_record::AttemptRecord;
use crate::capacity::Slot;
use crate::limits::Throttle;

/// A slot and a reservation.
#[derive(Debug)]
pub(crate) struct Permit {
    /// `None` where the deployment has no end of slots.
    pub(crate) slot: Option<Slot>,
    pub(crate) throttle: Option<Arc<Throttle>>,
    pub(crate) clock: Clock,
    /// Tells how many tokens were generated.
    pub(crate) record: Arc<AttemptRecord>,
    /// Output tokens.
    pub(crate) reserved: u64,
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(throttle) = &self.throttle {
            let unix_ns = self.clock.unix_ns(self.clock.now());
            throttle.settle(self.reserved, self.record.tokens(), unix_ns);
        }
    }
}
