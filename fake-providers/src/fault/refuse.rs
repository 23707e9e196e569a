//! `refuse`: dials are turned away, open connections and requests are reset.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, Break, DialEnd, OnDial, OnRequest, RequestEnd, Strength, TurnAway};

pub(super) const ENTRY: Entry = Entry {
    name: "refuse",
    example: "refuse",
    group: Group::Connection,
    parse: params::parse::<Refuse>,
    document: params::document::<Refuse>,
};

/// Connections are refused and open ones reset, pooled ones included, as when a region's front end is
/// down.
///
/// On sockets a dial is accepted and reset, so that it can be counted; in memory it is refused. A
/// request that still arrives on an open connection (share below 100 %) is reset.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Refuse {}

impl Fault for Refuse {
    fn on_dial(&self, _: usize, _: Strength) -> OnDial {
        Action::End(DialEnd::TurnAway(TurnAway::Refuse))
    }

    fn on_onset(&self) -> Option<Break> {
        Some(Break::Reset)
    }

    fn on_request(&self, _: Strength) -> OnRequest {
        Action::End(RequestEnd::Refuse)
    }

    fn describe(&self) -> String {
        "connections refused and reset".to_owned()
    }
}
