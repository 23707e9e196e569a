//! `blackhole`: dials stand, open connections and requests fall silent.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, Break, DialEnd, OnDial, OnRequest, RequestEnd, Strength, TurnAway};

pub(super) const ENTRY: Entry = Entry {
    name: "blackhole",
    example: "blackhole",
    group: Group::Connection,
    parse: params::parse::<Blackhole>,
    document: params::document::<Blackhole>,
};

/// Packets vanish: dials hang and open connections fall silent without FIN or RST, as in a network
/// partition.
///
/// A dial stands until its client gives up; when the window ends those that still wait are turned away.
/// Silent connections stay silent; on the fake's side their attempts end with the window. When the rule is
/// switched off or replaced or the fakes begin anew they are reset.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Blackhole {}

impl Fault for Blackhole {
    fn on_dial(&self, _: usize, _: Strength) -> OnDial {
        Action::End(DialEnd::TurnAway(TurnAway::Blackhole))
    }

    fn on_onset(&self) -> Option<Break> {
        Some(Break::Blackhole)
    }

    fn on_request(&self, _: Strength) -> OnRequest {
        Action::End(RequestEnd::Blackhole)
    }

    fn describe(&self) -> String {
        "packets vanish".to_owned()
    }
}
