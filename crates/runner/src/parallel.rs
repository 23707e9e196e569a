//! Jobs side by side, as many at a time as there are cores. It must never know what a job does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::machine::cores;

/// Does jobs 0 to `jobs` − 1, begun in this order; what each came to, in the same order. `None` for
/// one that panicked, and for those that its thread would have done.
pub(crate) fn all<T: Send>(jobs: usize, job: impl Fn(usize) -> T + Sync) -> Vec<Option<T>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new((0..jobs).map(|_| None).collect::<Vec<Option<T>>>());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores().min(jobs))
            .map(|_| {
                scope.spawn(|| {
                    // Each turn takes the next job; ends when there is none.
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= jobs {
                            return;
                        }
                        let result = job(index);
                        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                        if let Some(place) = results.get_mut(index) {
                            *place = Some(result);
                        }
                    }
                })
            })
            .collect();
        for worker in workers {
            // A panic shows in the place that its job left empty.
            let _ = worker.join();
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_stand_in_the_order_of_the_jobs() {
        let squares = super::all(50, |n| n * n);
        assert_eq!(squares.len(), 50);
        assert!(squares.iter().enumerate().all(|(n, square)| *square == Some(n * n)));
        assert!(super::all(0, |n| n).is_empty());
    }
}
