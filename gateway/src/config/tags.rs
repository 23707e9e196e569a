//! Tags, by which deployments of a group are told apart: what a config says of them. Who may be chosen for a
//! request is the policy's.

use std::sync::Arc;

/// What a deployment says about tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// Its own; `default` has it serve requests without tags.
    pub own: Vec<Arc<str>>,
    /// Whether its group looks at tags, where it says so itself.
    pub filtering: Option<bool>,
    /// Whether its group answers requests that it has no deployment for as if they had no tags.
    pub allow_fail_open: bool,
}

/// What the router says about tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagSettings {
    /// Whether groups look at tags that do not say so themselves.
    pub filtering: bool,
    /// Whether one tag in common is enough; else a deployment must have all of a request's.
    pub match_any: bool,
    /// Begins tags of a request that are meant for routing and nothing else; may be empty.
    pub routing_prefix: Arc<str>,
}

impl Default for TagSettings {
    /// LiteLLM's own defaults.
    fn default() -> Self {
        Self { filtering: false, match_any: true, routing_prefix: Arc::from("") }
    }
}

/// The tag of deployments that serve requests without tags.
pub const DEFAULT: &str = "default";
