//! Clock, pacer, virtual runtime and watchdog.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use vocab::{At, EPOCH_UNIX_NS};
use world::{Clock, Pacer, Watchdog, run_virtual};

#[test]
fn ten_virtual_minutes_take_no_time_and_show_their_progress() {
    let progress = Arc::new(AtomicU64::new(0));
    let end = run_virtual(&progress, async {
        let clock = Clock::simulated();
        clock.sleep(Duration::from_secs(600)).await;
        clock.now()
    });
    assert_eq!(end.expect("a runtime"), At(600_000_000_000));
    assert!(progress.load(Ordering::Relaxed) >= 599_000);
}

#[tokio::test(start_paused = true)]
async fn a_simulated_date_starts_at_the_epoch() {
    let clock = Clock::simulated();
    assert_eq!(clock.unix_ns(clock.now()), EPOCH_UNIX_NS);
    clock.sleep(Duration::from_secs(43)).await;
    assert_eq!(clock.unix_seconds() % 60, 0, "17 s past the minute, plus 43");
}

#[tokio::test(start_paused = true)]
async fn a_simulated_pacer_is_exact_to_the_tick() {
    let clock = Clock::simulated();
    let mut pacer = Pacer::new(clock);
    for ms in [3, 3, 10, 250] {
        pacer.until(At(ms * 1_000_000)).await;
        assert_eq!(clock.now(), At(ms * 1_000_000));
    }
}

#[tokio::test]
async fn a_wall_pacer_never_wakes_early() {
    let clock = Clock::wall();
    let mut pacer = Pacer::new(clock);
    for step in 1..20u64 {
        let at = At(step * 700_000);
        pacer.until(at).await;
        assert!(clock.now() >= at);
    }
}

#[tokio::test]
async fn a_wait_that_is_dropped_does_not_wake_the_next_one() {
    let clock = Clock::wall();
    let mut pacer = Pacer::new(clock);
    for _ in 0..20 {
        let now = clock.now();
        let soon = now.plus(Duration::from_micros(900));
        let dropped = tokio::time::timeout(Duration::ZERO, pacer.until(soon)).await;
        assert!(dropped.is_err() || clock.now() >= soon);
        let at = now.plus(Duration::from_micros(1_800));
        pacer.until(at).await;
        assert!(clock.now() >= at);
    }
}

#[test]
fn a_watchdog_barks_only_when_nothing_moves() {
    let barked = Arc::new(AtomicBool::new(false));
    let progress = Arc::new(AtomicU64::new(0));
    let (heard, done) = (Arc::clone(&barked), std::sync::mpsc::channel());
    let _watchdog = Watchdog::watch(progress, Duration::from_millis(400), move || {
        heard.store(true, Ordering::Relaxed);
        let _ = done.0.send(());
    });
    done.1.recv_timeout(Duration::from_secs(30)).expect("barked");
    assert!(barked.load(Ordering::Relaxed));
}
