//! `down`: the far end of the link is not there.

use schemars::JsonSchema;
use serde::Deserialize;
use world::{Stream, Toxic};

use super::{Entry, LinkFaultSpec};
use crate::text::read::read;

pub(super) const ENTRY: Entry = Entry {
    name: "down",
    summary: "Dials are refused and open connections close, as with a proxy that is not enabled.",
    example: "down",
    only_slows: false,
    parse: |node| {
        let Params {} = read(node)?;
        let words = "down".to_owned();
        Ok(LinkFaultSpec { toxic: Toxic::Down, stream: Stream::Downstream, words })
    },
    schema: Params::json_schema,
};

/// `down` takes no parameters.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DownToxic")]
struct Params {}
