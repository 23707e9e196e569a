//! `blackhole`: packets vanish. Dials are left standing, and when full strength is reached every
//! open connection to the host falls silent for good: no FIN, no RST, nothing. A dial stands until
//! its client gives up; when the window ends those that still wait are turned away. Silent
//! connections stay silent.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::{Entry, Fault, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "blackhole",
    summary: "Packets vanish: dials hang and open connections fall silent without FIN or RST, as \
              in a network partition.",
    example: "blackhole",
    at_connect: true,
    parse: |value| {
        params::read::<Params>(value)?;
        Ok(Box::new(Blackhole))
    },
    schema: || schema_for!(Params),
};

/// `blackhole` has no parameters.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {}

#[derive(Debug)]
struct Blackhole;

impl Fault for Blackhole {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match moment {
            Moment::Accept | Moment::Request => Verdict::Blackhole,
            Moment::BeforeFirstToken | Moment::BetweenTokens(_) | Moment::End => Verdict::Pass,
        }
    }

    fn describe(&self) -> String {
        "blackhole (packets vanish)".to_owned()
    }
}
