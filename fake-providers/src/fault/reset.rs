//! `reset`: the request is read, then the connection breaks before a response head. Connections are
//! accepted as usual.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::{Entry, Fault, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "reset",
    summary: "The connection is reset after the request was read and before any answer, as when a \
              worker crashes.",
    example: "reset",
    at_connect: false,
    parse: |value| {
        params::read::<Params>(value)?;
        Ok(Box::new(Reset))
    },
    schema: || schema_for!(Params),
};

/// `reset` has no parameters.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {}

#[derive(Debug)]
struct Reset;

impl Fault for Reset {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match moment {
            Moment::Request => Verdict::Reset,
            Moment::Accept | Moment::BeforeFirstToken | Moment::BetweenTokens(_) | Moment::End => {
                Verdict::Pass
            }
        }
    }

    fn describe(&self) -> String {
        "reset (after the request was read)".to_owned()
    }
}
