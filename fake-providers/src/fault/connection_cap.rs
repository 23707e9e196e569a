//! The host keeps at most n connections open; further dials are left waiting until one closes, or
//! refused.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::params::ParamError;
use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "connection_cap",
    source: include_str!("connection_cap.rs"),
    example: "{ connection_cap: { max: 100, then: wait } }",
    group: Group::Connection,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `connection_cap`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Most connections at a time; 100 by default.
    #[schemars(range(min = 1))]
    max: u32,
    /// What happens to further dials: `wait` (default) or `refuse`.
    then: Then,
}

#[derive(Debug)]
struct ConnectionCap(Params);

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Then {
    Wait,
    Refuse,
}

impl Default for Params {
    fn default() -> Self {
        Self { max: 100, then: Then::Wait }
    }
}

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let params: Params = params::read(value)?;
    if params.max == 0 {
        return Err(ParamError::at("max", "a cap of 0 is `refuse`; use 1 or more"));
    }
    Ok(Box::new(ConnectionCap(params)))
}

impl Fault for ConnectionCap {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match moment {
            Moment::Accept { open } if open >= self.0.max as usize => match self.0.then {
                Then::Wait => Verdict::Wait,
                Then::Refuse => Verdict::Refuse,
            },
            Moment::Accept { .. }
            | Moment::Resolve
            | Moment::Onset
            | Moment::Reuse { .. }
            | Moment::Request
            | Moment::Head
            | Moment::AfterTokens(_)
            | Moment::End => Verdict::Pass,
        }
    }

    fn at_connect(&self) -> bool {
        true
    }

    fn depends_on_load(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        let then = match self.0.then {
            Then::Wait => "further ones wait",
            Then::Refuse => "further ones are refused",
        };
        format!("connection_cap (at most {} connections, {then})", self.0.max)
    }
}
