//! `limit_data`: a connection closes when so much has crossed it.

use schemars::JsonSchema;
use serde::Deserialize;
use world::Toxic;

use super::{Entry, LinkFaultSpec, StreamWord};
use crate::text::read::read;

pub(super) const ENTRY: Entry = Entry {
    name: "limit_data",
    summary: "A connection closes when `bytes` have crossed it inside the window.",
    example: "{ limit_data: { bytes: 1500 } }",
    only_slows: false,
    parse: |node| {
        let Params { bytes, stream } = read(node)?;
        Ok(LinkFaultSpec {
            toxic: Toxic::LimitData { bytes },
            stream: stream.stream(),
            words: format!("limit_data ({bytes} bytes{})", stream.words()),
        })
    },
    schema: Params::json_schema,
};

/// Parameters of `limit_data`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LimitDataToxic")]
struct Params {
    /// How many bytes.
    bytes: u64,
    /// Which direction is counted; the close is seen by both ends. Default downstream.
    #[serde(default)]
    stream: StreamWord,
}
