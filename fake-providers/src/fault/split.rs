//! Every frame leaves in pieces of a few bytes, which also fall into the middle of characters; the answer
//! is whole.

use std::time::Duration;

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::params::ParamError;
use super::{Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "split",
    source: include_str!("split.rs"),
    example: "{ split: { bytes: 1 } }",
    group: Group::Stream,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `split`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Bytes in a piece; 1 by default.
    #[schemars(range(min = 1))]
    bytes: u16,
}

#[derive(Debug)]
struct Split(Params);

impl Default for Params {
    fn default() -> Self {
        Self { bytes: 1 }
    }
}

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let params: Params = params::read(value)?;
    if params.bytes == 0 {
        return Err(ParamError::at("bytes", "a piece has 1 byte or more"));
    }
    Ok(Box::new(Split(params)))
}

impl Fault for Split {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment == Moment::Head {
            Verdict::Twist(Twist::Pieces { bytes: self.0.bytes, every: Duration::ZERO })
        } else {
            Verdict::Pass
        }
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("split (pieces of {} bytes)", self.0.bytes)
    }
}
