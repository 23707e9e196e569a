//! Ends a virtual world that stands still: a task that never waits stops virtual time for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Watches a progress counter from its own thread until dropped.
#[derive(Debug)]
pub struct Watchdog {
    done: Arc<AtomicBool>,
}

/// How often the counter is looked at.
const LOOK: Duration = Duration::from_millis(200);

impl Watchdog {
    /// Calls `stuck` once if `progress` does not change for `limit` of real time.
    pub fn watch(
        progress: Arc<AtomicU64>,
        limit: Duration,
        stuck: impl FnOnce() + Send + 'static,
    ) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&done);
        std::thread::spawn(move || {
            let looks = limit.as_millis() / LOOK.as_millis().max(1);
            let (mut last, mut same) = (progress.load(Ordering::Relaxed), 0u128);
            while !seen.load(Ordering::Relaxed) {
                std::thread::park_timeout(LOOK);
                let now = progress.load(Ordering::Relaxed);
                same = if now == last { same + 1 } else { 0 };
                last = now;
                if same >= looks && !seen.load(Ordering::Relaxed) {
                    stuck();
                    return;
                }
            }
        });
        Self { done }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
    }
}
