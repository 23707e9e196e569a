//! `refuse`: nobody opens the door. Dials are turned away, and when full strength is reached every
//! open connection to the host is reset, pooled ones included. A request that still arrives on an
//! open connection (share below 100 %) is reset.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::{Entry, Fault, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "refuse",
    summary: "Connections are refused and open ones reset, as when a region's front end is down.",
    example: "refuse",
    at_connect: true,
    parse: |value| Ok(Box::new(Refuse(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `refuse`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Accepted, and so far without effect: a port that is really closed could not be counted, so
    /// on the wall clock dials are still accepted and reset. In virtual time both are the same.
    closed_port: bool,
}

#[derive(Debug)]
struct Refuse(Params);

impl Fault for Refuse {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match moment {
            Moment::Accept => Verdict::Refuse,
            Moment::Request => Verdict::Reset,
            Moment::BeforeFirstToken | Moment::BetweenTokens(_) | Moment::End => Verdict::Pass,
        }
    }

    fn describe(&self) -> String {
        let note = if self.0.closed_port { ", closed_port has no effect yet" } else { "" };
        format!("refuse (connections refused and reset{note})")
    }
}
