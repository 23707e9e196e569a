//! `reset`: resets a connection once its request was read, or at its first bytes.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, DialEnd, OnDial, OnRequest, RequestEnd, Strength, TurnAway};

pub(super) const ENTRY: Entry = Entry {
    name: "reset",
    example: "{ reset: { before_request: true } }",
    group: Group::Connection,
    parse: params::parse::<Reset>,
    document: params::document::<Reset>,
};

/// The connection is reset after the request was read and before any answer, as when a worker crashes;
/// or before the request.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Reset {
    /// Resets new connections at their first bytes, before a request is read. Acts on the whole host.
    before_request: bool,
}

impl Fault for Reset {
    fn on_dial(&self, _: usize, _: Strength) -> OnDial {
        match self.before_request {
            true => Action::End(DialEnd::TurnAway(TurnAway::Reset)),
            false => Action::Pass,
        }
    }

    fn on_request(&self, _: Strength) -> OnRequest {
        Action::End(RequestEnd::Reset)
    }

    fn describe(&self) -> String {
        let when = if self.before_request { "before" } else { "after" };
        format!("{when} the request was read")
    }
}
