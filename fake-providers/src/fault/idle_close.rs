//! `idle_close`: closes idle connections, or resets them when they are used again.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;

use super::params::Span;
use super::{Entry, Fault, Group, params};
use crate::action::Break;

pub(super) const ENTRY: Entry = Entry {
    name: "idle_close",
    example: "{ idle_close: { after: 400s, with: rst } }",
    group: Group::Connection,
    parse: params::parse::<IdleClose>,
    document: params::document::<IdleClose>,
};

/// Connections that were idle for a while are closed under the client's feet, or the next request on
/// them is reset: what connection pools must survive.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct IdleClose {
    /// How long a connection may be idle; 400s by default, as seen at a provider's edge.
    after: Span,
    /// `fin` (default): it is closed then; `rst`: it stays open, and the next request on it is reset.
    with: With,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum With {
    Fin,
    Rst,
}

impl Default for IdleClose {
    fn default() -> Self {
        Self { after: Span(Duration::from_secs(400)), with: With::Fin }
    }
}

impl Fault for IdleClose {
    fn on_reuse(&self, idle: Duration) -> Option<Break> {
        match self.with {
            With::Fin => None,
            With::Rst => (idle >= self.after.0).then_some(Break::Reset),
        }
    }

    fn idle_limit(&self) -> Option<Duration> {
        match self.with {
            With::Fin => Some(self.after.0),
            With::Rst => None,
        }
    }

    fn describe(&self) -> String {
        let how = match self.with {
            With::Fin => "closed",
            With::Rst => "reset at the next request",
        };
        format!("idle connections {how} after {}", show_duration(self.after.0))
    }
}
