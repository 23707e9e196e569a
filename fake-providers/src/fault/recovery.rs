//! The provider comes back slowly: at the start of the window every request is refused, at its end none.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::params::ParamError;
use super::{Entry, Failure, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "recovery",
    source: include_str!("recovery.rs"),
    example: "{ recovery: { status: 503 } }",
    group: Group::Provider,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `recovery`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Status of the refusals, 400 to 599; 503 by default.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
}

#[derive(Debug)]
struct Recovery(Params);

impl Default for Params {
    fn default() -> Self {
        Self { status: 503 }
    }
}

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let read: Params = params::read(value)?;
    params::error_status(read.status)?;
    Ok(Box::new(Recovery(read)))
}

impl Fault for Recovery {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment == Moment::Request {
            Verdict::Fail(Failure::of_status(self.0.status))
        } else {
            Verdict::Pass
        }
    }

    fn recovers(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("recovery ({} to fewer and fewer)", self.0.status)
    }
}
