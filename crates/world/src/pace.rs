//! Waking at an exact instant. Tokio's timers tick at 1 ms; a load generator on the wall clock
//! needs better, so the last stretch is slept on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::sync::Notify;
use vocab::At;

use crate::Clock;

/// How far ahead of a deadline the thread takes over from tokio's timer: two ticks.
const HANDOVER: Duration = Duration::from_millis(2);

/// A deadline this near is waited for among the other tasks: by the time the thread had been woken
/// and had woken us, it would have passed (two context switches, and Linux' timer slack of 50 µs).
const NEAR: Duration = Duration::from_micros(50);

/// No deadline: the thread sleeps until there is one.
const NEVER: u64 = u64::MAX;

/// The pacer is gone, and its thread goes. No deadline in the future is 0.
const OVER: u64 = 0;

/// Waits for instants within about 0.1 ms on the wall clock, never waking early; exact in virtual
/// time (to the timer's tick of 1 ms). A wait that is dropped leaves nothing behind.
#[derive(Debug)]
pub struct Pacer {
    clock: Clock,
    alarm: Option<Alarm>,
}

/// The thread that sleeps, seen from outside.
#[derive(Debug)]
struct Alarm {
    bell: Arc<Bell>,
    thread: Thread,
}

/// When it rings next. It may have rung for a wait that was dropped: whoever hears it looks at the
/// clock.
#[derive(Debug)]
struct Bell {
    at_ns: AtomicU64,
    rang: Notify,
}

impl Pacer {
    /// A pacer for `clock`; on the wall clock it owns one thread, which ends with it.
    pub fn new(clock: Clock) -> Self {
        let alarm = (!clock.is_simulated()).then(|| Alarm::new(clock));
        Self { clock, alarm }
    }

    /// Returns at `at`, or at once if it has passed.
    pub async fn until(&mut self, at: At) {
        let Some(alarm) = &self.alarm else {
            return self.clock.sleep_until(at).await;
        };
        if at.since(self.clock.now()) > HANDOVER {
            self.clock.sleep_until(at.minus(HANDOVER)).await;
        }
        if at.since(self.clock.now()) > NEAR {
            alarm.set(at);
        }
        loop {
            let left = at.since(self.clock.now());
            if left.is_zero() {
                return;
            }
            if left > NEAR {
                alarm.bell.rang.notified().await;
            } else {
                tokio::task::yield_now().await;
            }
        }
    }
}

impl Alarm {
    fn new(clock: Clock) -> Self {
        let bell = Arc::new(Bell { at_ns: AtomicU64::new(NEVER), rang: Notify::new() });
        let inside = Arc::clone(&bell);
        let thread = thread::spawn(move || inside.ring(clock)).thread().clone();
        Self { bell, thread }
    }

    /// Rings at `at`, and no longer at what was asked for before.
    fn set(&self, at: At) {
        self.bell.at_ns.store(at.ns(), Ordering::Release);
        self.thread.unpark();
    }
}

impl Bell {
    fn ring(&self, clock: Clock) {
        loop {
            match self.at_ns.load(Ordering::Acquire) {
                OVER => return,
                NEVER => thread::park(),
                // Parked threads may wake early; the loop looks again.
                at_ns => match At(at_ns).since(clock.now()) {
                    Duration::ZERO => self.rung(at_ns),
                    left => thread::park_timeout(left),
                },
            }
        }
    }

    fn rung(&self, at_ns: u64) {
        let (done, lost) = (Ordering::AcqRel, Ordering::Relaxed);
        // Somebody may have asked for another deadline meanwhile: then this one is of no interest.
        if self.at_ns.compare_exchange(at_ns, NEVER, done, lost).is_ok() {
            self.rang.notify_one();
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.bell.at_ns.store(OVER, Ordering::Release);
        self.thread.unpark();
    }
}
