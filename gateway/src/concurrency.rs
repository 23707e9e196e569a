//! How many requests a deployment answers at a time: a limit, and the permits that are taken of it.
//!
//! A permit is held from before a request is sent until its answer is whole, its stream has ended, or nobody wants
//! either any more; it is given back by dropping it. What becomes of a request that finds none is the policy's.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limit of one deployment (`max_parallel_requests`, or what stands for it).
#[derive(Debug)]
pub(crate) struct ConcurrencyLimit {
    permits: Arc<Semaphore>,
    most: u32,
}

/// The right to one request at a deployment with a limit.
#[derive(Debug)]
pub(crate) struct Permit(
    #[expect(dead_code, reason = "dropping it gives it back")] OwnedSemaphorePermit,
);

impl ConcurrencyLimit {
    /// A limit of `most` requests at a time. One of 0 would block for ever and stands for 1; a semaphore holds no
    /// more than 2^28.
    pub(crate) fn new(most: u32) -> Self {
        let most = most.clamp(1, u32::MAX >> 4);
        Self { permits: Arc::new(Semaphore::new(most as usize)), most }
    }

    /// Requests at a time.
    pub(crate) const fn most(&self) -> u32 {
        self.most
    }

    /// Requests that have a permit now.
    pub(crate) fn taken(&self) -> u32 {
        let left = u32::try_from(self.permits.available_permits()).unwrap_or(u32::MAX);
        self.most.saturating_sub(left)
    }

    /// A permit, if one is left and nobody waits for it.
    pub(crate) fn try_acquire(&self) -> Option<Permit> {
        Arc::clone(&self.permits).try_acquire_owned().ok().map(Permit)
    }

    /// A permit, as soon as one is left; whoever asks first gets one first.
    pub(crate) async fn acquire(&self) -> Option<Permit> {
        Arc::clone(&self.permits).acquire_owned().await.ok().map(Permit)
    }
}
