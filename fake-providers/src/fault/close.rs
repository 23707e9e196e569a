//! `close`: closes dials and requests in order.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, DialEnd, OnDial, OnRequest, RequestEnd, Strength, TurnAway};

pub(super) const ENTRY: Entry = Entry {
    name: "close",
    example: "close",
    group: Group::Connection,
    parse: params::parse::<Close>,
    document: params::document::<Close>,
};

/// Connections are accepted and closed at once (FIN), as by a load balancer without healthy backends.
///
/// A request that arrives on a connection that was open before is answered the same way.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Close {}

impl Fault for Close {
    fn on_dial(&self, _: usize, _: Strength) -> OnDial {
        Action::End(DialEnd::TurnAway(TurnAway::Close))
    }

    fn on_request(&self, _: Strength) -> OnRequest {
        Action::End(RequestEnd::Close)
    }

    fn describe(&self) -> String {
        "accepted, then closed".to_owned()
    }
}
