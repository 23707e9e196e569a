//! One clock: tokio's, with an epoch. Paused tokio *is* the virtual clock, so there is no trait.

use std::time::Duration;

use tokio::time::Instant;
use vocab::{At, EPOCH_UNIX_NS};

/// Tells the time of a run, and what date that is.
///
/// Cheap to copy; all copies of one run share its start.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    epoch_unix_ns: u64,
    simulated: bool,
}

impl Clock {
    /// A virtual clock that starts now, at [`EPOCH_UNIX_NS`]. Only meaningful on a paused runtime.
    pub fn simulated() -> Self {
        Self { start: Instant::now(), epoch_unix_ns: EPOCH_UNIX_NS, simulated: true }
    }

    /// The machine's clock, starting now at the machine's date.
    pub fn wall() -> Self {
        Self::wall_in(Duration::ZERO)
    }

    /// The machine's clock, starting `ahead` of now: until then it stands at zero, so that servers
    /// can be set up before the run begins.
    #[expect(clippy::disallowed_types, reason = "the one place where the machine's date enters")]
    pub fn wall_in(ahead: Duration) -> Self {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let epoch = since.saturating_add(ahead);
        let epoch_unix_ns = u64::try_from(epoch.as_nanos()).unwrap_or(EPOCH_UNIX_NS);
        Self { start: Instant::now() + ahead, epoch_unix_ns, simulated: false }
    }

    /// Whether this clock is virtual.
    pub const fn is_simulated(self) -> bool {
        self.simulated
    }

    /// Now, on the run's time line.
    pub fn now(self) -> At {
        At::after_start(Instant::now().saturating_duration_since(self.start))
    }

    /// Nanoseconds since 1970 at instant `at`.
    pub const fn unix_ns(self, at: At) -> u64 {
        self.epoch_unix_ns.saturating_add(at.0)
    }

    /// Seconds since 1970, now.
    pub fn unix_seconds(self) -> u64 {
        self.unix_ns(self.now()) / 1_000_000_000
    }

    /// The tokio instant of `at`, for `tokio::time::{sleep_until, timeout_at}`.
    pub fn instant(self, at: At) -> Instant {
        self.start + Duration::from_nanos(at.0.min(FAR_NS))
    }

    /// Sleeps until `at`; returns at once if it has passed. Tokio timers tick at 1 ms and round up.
    pub async fn sleep_until(self, at: At) {
        if at > self.now() {
            tokio::time::sleep_until(self.instant(at)).await;
        }
    }

    /// Sleeps for `d`.
    pub async fn sleep(self, d: Duration) {
        self.sleep_until(self.now().plus(d)).await;
    }
}

/// Ten years in nanoseconds: tokio's timer wheel saturates a little beyond two, instants overflow
/// much later, and no run lasts so long.
const FAR_NS: u64 = 10 * 365 * 24 * 3600 * 1_000_000_000;
