//! `events:` as written: what happens on purpose while a scenario runs.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Instant;
use super::contender::Overlay;
use crate::text::quantity::Time;
use crate::text::read::Spot;

/// One event: exactly one of `apply`, `rollout` and `mark`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    /// When: an instant from the start of the run (`60s`), or of a phase (`main+20s`).
    pub at: Spot<Instant>,
    /// A config change, at once at all instances of every contender; what was applied stays.
    pub apply: Option<Change>,
    /// A config change, one instance after the other; `{}` changes nothing but who restarts.
    pub rollout: Option<Change>,
    /// A text on the timeline.
    pub mark: Option<Spot<String>>,
    /// Time from one instance of a rollout to the next. Default 20s.
    pub every: Option<Spot<Time>>,
    /// How an instance takes part in a rollout. Default reload.
    pub by: Option<Spot<ByWord>>,
    /// How long a restarting instance of a rollout is away. Default 0s.
    pub down: Option<Spot<Time>>,
    /// An event after the end of the traffic is then left out with a note instead of an error. Default
    /// false.
    #[serde(default)]
    pub optional: bool,
}

/// Sections of a LiteLLM config that lie over what held before.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// Laid over `router_settings`.
    pub router_settings: Option<Overlay>,
    /// Laid over `litellm_settings`.
    pub litellm_settings: Option<Overlay>,
    /// Laid over `general_settings`.
    pub general_settings: Option<Overlay>,
    /// Laid over `brownout_settings`.
    pub brownout_settings: Option<Overlay>,
    /// Replaces `model_list`; every deployment in it must be one of the config's.
    pub model_list: Option<Vec<Overlay>>,
}

impl Change {
    /// Whether it changes nothing.
    pub(crate) fn is_empty(&self) -> bool {
        let Self {
            router_settings,
            litellm_settings,
            general_settings,
            brownout_settings,
            model_list,
        } = self;
        let sections = [router_settings, litellm_settings, general_settings, brownout_settings];
        sections.iter().all(|section| section.is_none()) && model_list.is_none()
    }
}

/// How an instance gets its new config.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ByWord {
    /// It takes it on while it serves.
    #[default]
    Reload,
    /// Its process is replaced, which cuts its connections.
    Restart,
}
