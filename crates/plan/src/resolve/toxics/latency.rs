//! `latency`: every piece of data arrives later, give or take a jitter; nothing overtakes.

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;
use world::Toxic;

use super::{Entry, LinkFaultSpec, StreamWord, wrong};
use crate::text::quantity::Time;
use crate::text::read::read;

pub(super) const ENTRY: Entry = Entry {
    name: "latency",
    summary: "Data arrives later by `latency`, give or take `jitter`; nothing overtakes.",
    example: "{ latency: { latency: 200ms, jitter: 50ms } }",
    only_slows: true,
    parse: |node| {
        let Params { latency, jitter, stream } = read(node)?;
        let jitter = jitter.map_or(std::time::Duration::ZERO, |jitter| jitter.0);
        if jitter > latency.0 {
            return Err(wrong(&ENTRY, "jitter", node, "jitter is larger than the latency"));
        }
        let spread =
            if jitter.is_zero() { String::new() } else { format!(" ± {}", show_duration(jitter)) };
        Ok(LinkFaultSpec {
            toxic: Toxic::Latency { latency: latency.0, jitter },
            stream: stream.stream(),
            words: format!("latency ({}{spread}{})", show_duration(latency.0), stream.words()),
        })
    },
    schema: Params::json_schema,
};

/// Parameters of `latency`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LatencyToxic")]
struct Params {
    /// Added to every piece of data.
    latency: Time,
    /// Largest deviation from it, in both directions. Default 0s.
    jitter: Option<Time>,
    /// Which direction. Default downstream.
    #[serde(default)]
    stream: StreamWord,
}
