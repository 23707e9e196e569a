//! What only this gateway can be told (`brownout_settings`): LiteLLM reads no such section, so a config that has one is
//! still LiteLLM's.

use std::time::Duration;

use super::health_check::HealthChecks;

/// Share of all attempts that may have a second one beside them, where nobody says: 5 %, the share at which hedging was
/// found to pay (Dean and Barroso, "The Tail at Scale", 2013).
const HEDGING: f64 = 0.05;

/// Retries that a group's requests may cause, as a share of them, where nobody says: what Finagle and Linkerd allow.
const RETRY_BUDGET: f64 = 0.2;

/// How long a deployment that is back takes to get its whole share, where nobody says.
const SLOW_START: Duration = Duration::from_secs(10);

/// `brownout_settings`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnSettings {
    /// What becomes of a stream that breaks after its first word.
    pub on_break: OnBreak,
    /// Share of all attempts that may have a second one beside them, 0 to 1; none at 0.
    pub hedging: f64,
    /// Share of a group's requests that may be retried within it, 0 to 1; `None` where nothing bounds it.
    pub retry_budget: Option<f64>,
    /// How long the share of a deployment that is back grows to its whole; nothing at zero.
    pub slow_start: Duration,
    /// Whether the choice goes by what providers say is left of their limits.
    pub rate_limit_headers: RateLimitHeaders,
    /// Which deployments are checked beside the requests of clients.
    pub health_checks: HealthChecks,
}

/// See [`OwnSettings::rate_limit_headers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimitHeaders {
    /// Who has too little left is asked if nobody else is there.
    Heeded,
    /// Nobody reads them.
    Ignored,
}

/// See [`OwnSettings::on_break`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBreak {
    /// The client gets an error event.
    #[default]
    Error,
    /// Another deployment goes on with what was said, and the stream says so.
    Resume,
    /// Clients that ask for it by a header get the answer anew from another deployment, and the stream says so;
    /// others get the error.
    Restart,
}

impl OwnSettings {
    /// Nothing of what only this gateway has.
    pub const NONE: Self = Self {
        on_break: OnBreak::Error,
        hedging: 0.0,
        retry_budget: None,
        slow_start: Duration::ZERO,
        rate_limit_headers: RateLimitHeaders::Ignored,
        health_checks: HealthChecks::Off,
    };
}

impl OnBreak {
    /// All of them, by the names that users write.
    pub const ALL: &[(&str, Self)] =
        &[("error", Self::Error), ("resume", Self::Resume), ("restart", Self::Restart)];

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, which)| *which)
    }
}

impl Default for OwnSettings {
    fn default() -> Self {
        Self {
            on_break: OnBreak::Error,
            hedging: HEDGING,
            retry_budget: Some(RETRY_BUDGET),
            slow_start: SLOW_START,
            rate_limit_headers: RateLimitHeaders::Heeded,
            health_checks: HealthChecks::Off,
        }
    }
}
