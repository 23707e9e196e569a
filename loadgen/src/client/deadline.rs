//! The client's patience and its total time, in one timer per request. Both count from the intended
//! instant, so that a generator that was late does not give the gateway more time.

use std::pin::Pin;

use tokio::time::{Instant, Sleep};
use vocab::At;
use world::Clock;

use crate::config::ClientConfig;
use crate::verdict::End;

/// Patience until the first token, then the total time.
#[derive(Debug)]
pub(super) struct Deadline {
    timer: Pin<Box<Sleep>>,
    total: Instant,
    impatient: bool,
}

impl Deadline {
    pub(super) fn new(clock: Clock, limits: &ClientConfig, intended: At) -> Self {
        let total = intended.plus(limits.timeout);
        let first = limits.patience.map_or(At::NEVER, |patience| intended.plus(patience));
        let instant = |at| clock.instant(at);
        Self {
            timer: Box::pin(tokio::time::sleep_until(instant(first.min(total)))),
            total: instant(total),
            impatient: first < total,
        }
    }

    /// The first token came: from now on only the total time counts.
    pub(super) fn served(&mut self) {
        if self.impatient {
            self.impatient = false;
            self.timer.as_mut().reset(self.total);
        }
    }

    /// Waits until one of the two has passed.
    pub(super) async fn passed(&mut self) -> End {
        self.timer.as_mut().await;
        if self.impatient { End::OutOfPatience } else { End::OutOfTime }
    }
}
