//! Checks of health that the gateway makes of itself: which deployments are checked and when, and what each of them is
//! asked. Nothing here sends anything, or knows what follows from a check.

use std::sync::Arc;
use std::time::Duration;

use super::{Deployment, Mode};

/// Longest that a check waits for its answer where nobody says: when a first word is late at a deployment that nobody has
/// watched. LiteLLM waits for a minute; one that takes that long for one token is not back.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Tokens that a check asks for where nobody says.
const TOKENS: u32 = 1;

/// Which deployments are checked, beside the requests of clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HealthChecks {
    /// None: clients' requests show whether a deployment is back.
    #[default]
    Off,
    /// Those whose cooldown is over and that have not shown yet that they are back.
    HalfOpen,
    /// Those, and each one every so often, whatever its health.
    All {
        /// Time from one check of a deployment to its next.
        every: Duration,
    },
}

impl HealthChecks {
    /// The values that users write.
    pub const NAMES: [&str; 3] = ["off", "half_open", "all"];

    /// Time from one check of a healthy deployment to its next; `None` where none is checked.
    pub const fn every(self) -> Option<Duration> {
        match self {
            Self::Off | Self::HalfOpen => None,
            Self::All { every } => Some(every),
        }
    }
}

/// How one deployment is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthCheck {
    /// What it is asked for.
    pub asks: CheckAsks,
    /// The provider's model that is asked in the place of its own (`health_check_model`): what stands for a wildcard.
    pub model: Option<Arc<str>>,
    /// Longest wait for the whole answer (`health_check_timeout`); 10 s where none is set.
    pub timeout: Option<Duration>,
    /// Tokens that a chat is asked for (`health_check_max_tokens`); 1 where none are set.
    pub max_tokens: Option<u32>,
}

/// What a check asks a deployment for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckAsks {
    /// A chat completion.
    #[default]
    Chat,
    /// The embedding of a word.
    Embedding,
    /// Nothing: nobody knows a request to it that costs next to nothing, or the config does not want one.
    Nothing,
}

impl HealthCheck {
    /// Longest wait for the whole answer.
    pub fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(TIMEOUT)
    }

    /// Tokens that a chat is asked for.
    pub fn max_tokens(&self) -> u32 {
        self.max_tokens.unwrap_or(TOKENS)
    }
}

impl Deployment {
    /// What a check asks this deployment for. One whose model the clients name is asked only for the model that the
    /// config names in its place, and one that answers by itself has no provider to be checked.
    pub fn checked_by(&self) -> CheckAsks {
        let unnamed = self.model.contains('*') && self.health_check.model.is_none();
        if unnamed || self.mock.is_some() { CheckAsks::Nothing } else { self.health_check.asks }
    }
}

impl CheckAsks {
    /// What a model of this mode is asked for, where the config says no more.
    pub(crate) const fn of(mode: Mode, embeds: bool) -> Self {
        match (mode, embeds) {
            (Mode::Chat, _) => Self::Chat,
            (Mode::Other, true) => Self::Embedding,
            (Mode::Other, false) => Self::Nothing,
        }
    }
}
