//! `bandwidth`: at most so many kilobytes per second.

use schemars::JsonSchema;
use serde::Deserialize;
use world::Toxic;

use super::{Entry, LinkFaultSpec, StreamWord, wrong};
use crate::text::read::read;

/// Fastest link, in KB/s: 10 GB/s.
const RATE_MAX: f64 = 1e7;

pub(super) const ENTRY: Entry = Entry {
    name: "bandwidth",
    summary: "At most `rate` KB per second cross each connection.",
    example: "{ bandwidth: { rate: 2 } }",
    only_slows: true,
    parse: |node| {
        let Params { rate, stream } = read(node)?;
        if !(0.001..=RATE_MAX).contains(&rate) {
            return Err(wrong(&ENTRY, "rate", node, "rate is in KB/s, from 0.001"));
        }
        Ok(LinkFaultSpec {
            toxic: Toxic::Bandwidth { bytes_per_second: (rate * 1000.0) as u64 },
            stream: stream.stream(),
            words: format!("bandwidth ({rate} KB/s{})", stream.words()),
        })
    },
    schema: Params::json_schema,
};

/// Parameters of `bandwidth`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BandwidthToxic")]
struct Params {
    /// KB (1,000 bytes) per second.
    #[schemars(range(min = 0.001))]
    rate: f64,
    /// Which direction. Default downstream.
    #[serde(default)]
    stream: StreamWord,
}
