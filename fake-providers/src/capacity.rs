//! Finite slots and a bounded queue: what makes failover traffic slow the survivor.
//!
//! An answer holds a slot from its admission to its end, also while it is stalled: a worker that
//! hangs is a worker less. Waiting is first come, first served. It must never know what an answer
//! says, or that a fault is armed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Capacity;

/// The slots of one deployment.
#[derive(Debug)]
pub(crate) struct Slots {
    capacity: Capacity,
    free: Arc<Semaphore>,
    waiting: Arc<AtomicU32>,
}

/// A slot, held until dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
    /// How many times as long everything takes, as busy as the fake was when the slot was taken.
    pub(crate) slowdown: f64,
}

/// Upper bound of the slowdown at full load; keeps durations far from overflow.
const SLOWDOWN_MAX: f64 = 1e6;

/// Slots and queue are full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Slots {
    pub(crate) fn new(capacity: Capacity) -> Self {
        // A fake without a single slot could never answer; `plan` refuses it, one slot is the floor.
        let slots = usize::try_from(capacity.slots.max(1)).unwrap_or(usize::MAX);
        let free = Arc::new(Semaphore::new(slots.min(Semaphore::MAX_PERMITS)));
        Self { capacity, free, waiting: Arc::default() }
    }

    /// Waits for a slot.
    ///
    /// # Errors
    /// [`Full`] at once, if as many as the queue holds are waiting already.
    pub(crate) async fn take(&self) -> Result<Slot, Full> {
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(self.slot(permit));
        }
        let _place = Place::take(&self.waiting, self.capacity.queue)?;
        // The semaphore is fair and never closed.
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(|_| Full)?;
        Ok(self.slot(permit))
    }

    /// Slots in use, and requests that wait for one.
    pub(crate) fn levels(&self) -> (u32, u32) {
        let free = u32::try_from(self.free.available_permits()).unwrap_or(u32::MAX);
        let busy = self.capacity.slots.max(1).saturating_sub(free);
        (busy, self.waiting.load(Ordering::Relaxed))
    }

    fn slot(&self, permit: OwnedSemaphorePermit) -> Slot {
        let slots = self.capacity.slots.max(1);
        let free = u32::try_from(self.free.available_permits()).unwrap_or(slots);
        let busy = f64::from(slots.saturating_sub(free)) / f64::from(slots);
        let slowdown = 1.0 + self.capacity.slowdown.clamp(0.0, SLOWDOWN_MAX) * busy;
        Slot { _permit: permit, slowdown }
    }
}

/// A place in the queue, given back when dropped: also when the client stops waiting.
#[derive(Debug)]
struct Place(Arc<AtomicU32>);

impl Place {
    fn take(waiting: &Arc<AtomicU32>, queue: u32) -> Result<Self, Full> {
        let taken = waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
            (waiting < queue).then_some(waiting + 1)
        });
        taken.map(|_| Self(Arc::clone(waiting))).map_err(|_| Full)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
