//! Waking at an exact instant. Tokio's timers tick at 1 ms; a load generator on the wall clock
//! needs better, so the last stretch is slept on a thread of its own.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use vocab::At;

use crate::Clock;

/// How far ahead of a deadline the thread takes over from tokio's timer: two ticks.
const HANDOVER: Duration = Duration::from_millis(2);

/// Waits for instants, in order, within about 0.1 ms on the wall clock; exact in virtual time (to
/// the timer's tick of 1 ms).
#[derive(Debug)]
pub struct Pacer {
    clock: Clock,
    thread: Option<Thread>,
}

#[derive(Debug)]
struct Thread {
    ask: std::sync::mpsc::SyncSender<Instant>,
    answer: mpsc::Receiver<()>,
}

impl Pacer {
    /// A pacer for `clock`; on the wall clock it owns one thread, which ends with it.
    pub fn new(clock: Clock) -> Self {
        let thread = (!clock.is_simulated()).then(|| {
            let (ask, deadlines) = std::sync::mpsc::sync_channel::<Instant>(1);
            let (reply, answer) = mpsc::channel(1);
            std::thread::spawn(move || {
                while let Ok(deadline) = deadlines.recv() {
                    // `park_timeout` may wake early; the loop holds until the instant has come.
                    while let Some(left) = deadline.checked_duration_since(Instant::now()) {
                        if left.is_zero() {
                            break;
                        }
                        std::thread::park_timeout(left);
                    }
                    if reply.blocking_send(()).is_err() {
                        return;
                    }
                }
            });
            Thread { ask, answer }
        });
        Self { clock, thread }
    }

    /// Returns at `at`, or at once if it has passed.
    pub async fn until(&mut self, at: At) {
        let now = self.clock.now();
        if at <= now {
            return;
        }
        let Some(thread) = &mut self.thread else {
            return self.clock.sleep_until(at).await;
        };
        if at.since(now) > HANDOVER {
            self.clock.sleep_until(at.minus(HANDOVER)).await;
        }
        if thread.ask.try_send(self.clock.instant(at)).is_ok() {
            // `None` only if the thread ended, which it does not while we hold `ask`.
            let _ = thread.answer.recv().await;
        } else {
            self.clock.sleep_until(at).await;
        }
    }
}
