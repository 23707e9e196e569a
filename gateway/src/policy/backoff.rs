//! Arithmetic of waits that personalities share.

use std::time::Duration;

use crate::config::Config;

/// First backoff (litellm: INITIAL_RETRY_DELAY).
const DELAY_FIRST: Duration = Duration::from_millis(500);

/// Longest backoff (litellm: MAX_RETRY_DELAY).
const DELAY_MAX: Duration = Duration::from_secs(8);

/// Longest Retry-After that a waiting request obeys (litellm); longer than a minute, and the client is
/// better off with the error.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// Doubles from the first delay, between the config's `retry_after` and the longest.
pub(super) fn doubling(config: &Config, exponent: u32) -> Duration {
    let doubled = DELAY_FIRST.saturating_mul(1 << exponent.min(16));
    doubled.max(config.router.retry_after).min(DELAY_MAX)
}
