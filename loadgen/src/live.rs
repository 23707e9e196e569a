//! What a progress line shows while the load runs, readable from any thread at any time.
//!
//! Counters only go up (but `in_flight`), and each is exact; read together while the load runs they
//! may be one request apart. When it has ended they are the load's books, from which `Summary` is
//! taken.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of a load under way.
#[derive(Debug, Default)]
pub struct Live {
    pub(crate) offered: AtomicU64,
    pub(crate) succeeded: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) cancelled: AtomicU64,
    pub(crate) never_sent: AtomicU64,
    pub(crate) in_flight: AtomicU64,
    pub(crate) in_flight_max: AtomicU64,
    pub(crate) now_ns: AtomicU64,
}

/// [`Live`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests whose instant has come.
    pub offered: u64,
    /// Of these: whole and right.
    pub succeeded: u64,
    /// Of these: failed.
    pub failed: u64,
    /// Of these: open when the run was interrupted.
    pub cancelled: u64,
    /// Of these: not sent, because too many were open.
    pub never_sent: u64,
    /// Of these: not yet ended.
    pub in_flight: u64,
    /// Most that were open at a time.
    pub in_flight_max: u64,
    /// The run's clock at the last arrival or poll, in nanoseconds since the run's start.
    pub now_ns: u64,
}

impl Live {
    /// The counts now.
    pub fn counts(&self) -> Counts {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            offered: load(&self.offered),
            succeeded: load(&self.succeeded),
            failed: load(&self.failed),
            cancelled: load(&self.cancelled),
            never_sent: load(&self.never_sent),
            in_flight: load(&self.in_flight),
            in_flight_max: load(&self.in_flight_max),
            now_ns: load(&self.now_ns),
        }
    }
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
