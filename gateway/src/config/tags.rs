//! Tags, by which deployments of a group are told apart: what a config says of them. Who may be chosen for a
//! request is the policy's.

use std::sync::Arc;

use fancy_regex::{Regex, RegexBuilder};

/// Steps back that a pattern may take through one text: one that needs more matches nothing.
const BACKTRACKS_MAX: usize = 10_000;

/// A pattern of `tag_regex`, in the words of Python's `re` (look-around and references back included).
#[derive(Clone, Debug)]
pub struct TagPattern(Regex);

impl TagPattern {
    /// Reads a pattern; `None` if it is no regular expression.
    pub fn new(text: &str) -> Option<Self> {
        RegexBuilder::new(text).backtrack_limit(BACKTRACKS_MAX).build().ok().map(Self)
    }

    /// Whether it occurs in a header, written `User-Agent: claude-code/1.2`.
    pub fn occurs_in(&self, header: &str) -> bool {
        self.0.is_match(header).unwrap_or(false)
    }
}

impl PartialEq for TagPattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for TagPattern {}

/// What a deployment says about tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// Its own; `default` has it serve requests without tags.
    pub own: Vec<Arc<str>>,
    /// Patterns by which it serves clients that name themselves so in `user-agent`, whatever their tags.
    pub patterns: Vec<TagPattern>,
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
