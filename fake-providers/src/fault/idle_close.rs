//! Connections that were idle for a while are closed under the client's feet, or the next request on
//! them is reset: what connection pools must survive.

use std::time::Duration;

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use vocab::show_duration;

use super::params::Span;
use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "idle_close",
    source: include_str!("idle_close.rs"),
    example: "{ idle_close: { after: 400s, with: rst } }",
    group: Group::Connection,
    parse: |value| Ok(Box::new(IdleClose(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `idle_close`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// How long a connection may be idle; 400s by default, as seen at a provider's edge.
    after: Span,
    /// `fin` (default): it is closed then; `rst`: it stays open, and the next request on it is reset.
    with: With,
}

#[derive(Debug)]
struct IdleClose(Params);

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum With {
    Fin,
    Rst,
}

impl Default for Params {
    fn default() -> Self {
        Self { after: Span(Duration::from_secs(400)), with: With::Fin }
    }
}

impl Fault for IdleClose {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match (moment, self.0.with) {
            (Moment::Reuse { idle }, With::Rst) if idle >= self.0.after.0 => Verdict::Reset,
            _ => Verdict::Pass,
        }
    }

    fn at_connect(&self) -> bool {
        true
    }

    fn idle_limit(&self) -> Option<Duration> {
        match self.0.with {
            With::Fin => Some(self.0.after.0),
            With::Rst => None,
        }
    }

    fn depends_on_load(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        let how = match self.0.with {
            With::Fin => "closed",
            With::Rst => "reset at the next request",
        };
        format!("idle_close (idle connections {how} after {})", show_duration(self.0.after.0))
    }
}
