//! `oversize`: an answer with padding behind it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::params::ParamError;
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadEnd, Strength, Substitute};

pub(super) const ENTRY: Entry = Entry {
    name: "oversize",
    example: "{ oversize: { mb: 8 } }",
    group: Group::Response,
    parse: |value| params::parse_checked(value, Oversize::check),
    document: params::document::<Oversize>,
};

/// A good answer that is padded with megabytes of white space: what buffers without a bound must fear.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Oversize {
    /// Size of the padding in MB, 1 to 1024; 8 by default.
    #[schemars(range(min = 1, max = 1024))]
    mb: u32,
}

/// Largest padding, in MB: enough for any buffer, and no more than a machine can bear.
const MB_MAX: u32 = 1024;

impl Default for Oversize {
    fn default() -> Self {
        Self { mb: 8 }
    }
}

impl Oversize {
    fn check(&self) -> Result<(), ParamError> {
        if (1..=MB_MAX).contains(&self.mb) {
            return Ok(());
        }
        let message = format!("{} MB is out of range; use 1 to {MB_MAX}", self.mb);
        Err(ParamError::at("mb", message))
    }
}

impl Fault for Oversize {
    fn before_head(&self, _: Strength) -> BeforeHead {
        let padding = u64::from(self.mb) * 1_000_000;
        Action::End(HeadEnd::Substitute(Substitute::Oversize(padding)))
    }

    fn describe(&self) -> String {
        format!("{} MB of padding", self.mb)
    }
}
