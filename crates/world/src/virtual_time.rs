//! Running a world in virtual time: a paused current-thread runtime, whose clock jumps to the next
//! timer as soon as every task is idle. Same inputs, same order of events, bit for bit.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Builder;

/// How often, in virtual time, the world shows that it lives.
const HEARTBEAT: Duration = Duration::from_millis(250);

/// Runs `main` to its end in virtual time on this thread. `progress` counts up as virtual time
/// passes, for a [`crate::Watchdog`] and a progress display on another thread.
///
/// # Errors
/// If the operating system refuses to make a runtime.
pub fn run_virtual<T>(
    progress: &Arc<AtomicU64>,
    main: impl Future<Output = T>,
) -> std::io::Result<T> {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let beat = Arc::clone(progress);
    let value = runtime.block_on(async move {
        let start = tokio::time::Instant::now();
        let heart = tokio::spawn(async move {
            loop {
                tokio::time::sleep(HEARTBEAT).await;
                let passed = start.elapsed().as_millis();
                beat.store(u64::try_from(passed).unwrap_or(u64::MAX), Ordering::Relaxed);
            }
        });
        let value = main.await;
        heart.abort();
        value
    });
    Ok(value)
}
