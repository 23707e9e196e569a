//! `connection_cap`: keeps or turns away dials beyond a number of open connections.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, DialEnd, OnDial, Strength, TurnAway};

pub(super) const ENTRY: Entry = Entry {
    name: "connection_cap",
    example: "{ connection_cap: { max: 100, then: wait } }",
    group: Group::Connection,
    parse: |value| {
        params::parse_checked(value, |cap: &ConnectionCap| {
            params::not_zero("max", cap.max, "a cap of 0 is `refuse`; use 1 or more")
        })
    },
    document: params::document::<ConnectionCap>,
};

/// The host keeps at most n connections open; further dials are left waiting until one closes, or
/// refused.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ConnectionCap {
    /// Most connections at a time; 100 by default.
    #[schemars(range(min = 1))]
    max: u32,
    /// What happens to further dials: `wait` (default) or `refuse`.
    then: Then,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Then {
    Wait,
    Refuse,
}

impl Default for ConnectionCap {
    fn default() -> Self {
        Self { max: 100, then: Then::Wait }
    }
}

impl Fault for ConnectionCap {
    fn on_dial(&self, open: usize, _: Strength) -> OnDial {
        if open < self.max as usize {
            return Action::Pass;
        }
        Action::End(match self.then {
            Then::Wait => DialEnd::Wait,
            Then::Refuse => DialEnd::TurnAway(TurnAway::Refuse),
        })
    }

    fn describe(&self) -> String {
        let then = match self.then {
            Then::Wait => "further ones wait",
            Then::Refuse => "further ones are refused",
        };
        format!("at most {} connections, {then}", self.max)
    }
}
