//! A good answer that is padded with megabytes of white space: what buffers without a bound must fear.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::params::ParamError;
use super::{Entry, Fault, Group, Instead, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "oversize",
    source: include_str!("oversize.rs"),
    example: "{ oversize: { mb: 8 } }",
    group: Group::Response,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `oversize`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Size of the padding in MB, 1 to 1024; 8 by default.
    #[schemars(range(min = 1, max = 1024))]
    mb: u32,
}

#[derive(Debug)]
struct Oversize(Params);

/// Largest padding, in MB: enough for any buffer, and no more than a machine can bear.
const MB_MAX: u32 = 1024;

impl Default for Params {
    fn default() -> Self {
        Self { mb: 8 }
    }
}

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let params: Params = params::read(value)?;
    if !(1..=MB_MAX).contains(&params.mb) {
        let message = format!("{} MB is out of range; use 1 to {MB_MAX}", params.mb);
        return Err(ParamError::at("mb", message));
    }
    Ok(Box::new(Oversize(params)))
}

impl Fault for Oversize {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment == Moment::Head {
            Verdict::Instead(Instead::Oversize(u64::from(self.0.mb) * 1_000_000))
        } else {
            Verdict::Pass
        }
    }

    fn describe(&self) -> String {
        format!("oversize ({} MB of padding)", self.0.mb)
    }
}
