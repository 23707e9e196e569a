//! Many independent pieces of work on a few threads. It must never know what they are.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Does pieces `0..number` of work on at most `at_a_time` threads, and returns what came of them in order; `None` if `stop`
/// was set before all were begun. `done` is told after each how many are done.
pub(crate) fn in_parallel<T: Send>(
    number: usize,
    at_a_time: usize,
    (stop, done): (&AtomicBool, &(dyn Fn(usize) + Sync)),
    work: impl Fn(usize) -> T + Sync,
) -> Option<Vec<T>> {
    let results = Mutex::new(Vec::with_capacity(number));
    let (next, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..at_a_time.clamp(1, number.max(1)) {
            scope.spawn(|| {
                // Each turn takes the next piece; ends when there is none.
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= number || stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let result = work(at);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                    done(finished.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(at, _)| *at);
    (results.len() == number).then(|| results.into_iter().map(|(_, result)| result).collect())
}
