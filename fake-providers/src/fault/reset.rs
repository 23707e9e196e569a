//! The connection is reset after the request was read and before any answer, as when a worker crashes;
//! or before the request.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "reset",
    source: include_str!("reset.rs"),
    example: "{ reset: { before_request: true } }",
    group: Group::Connection,
    parse: |value| Ok(Box::new(Reset(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `reset`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Resets new connections at their first bytes, before a request is read. Acts on the whole host.
    before_request: bool,
}

#[derive(Debug)]
struct Reset(Params);

impl Fault for Reset {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        let accepting = matches!(moment, Moment::Accept { .. }) && self.0.before_request;
        if accepting || moment == Moment::Request { Verdict::Reset } else { Verdict::Pass }
    }

    fn at_connect(&self) -> bool {
        self.0.before_request
    }

    fn describe(&self) -> String {
        let when = if self.0.before_request { "before" } else { "after" };
        format!("reset ({when} the request was read)")
    }
}
