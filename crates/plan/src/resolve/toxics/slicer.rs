//! `slicer`: data arrives in small slices.

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;
use world::Toxic;

use super::{Entry, LinkFaultSpec, StreamWord, wrong};
use crate::text::quantity::Time;
use crate::text::read::read;

pub(super) const ENTRY: Entry = Entry {
    name: "slicer",
    summary: "Data arrives in slices of `average_size` bytes, give or take `size_variation`, with \
              `delay` after each.",
    example: "{ slicer: { average_size: 32, size_variation: 16, delay: 5ms } }",
    only_slows: true,
    parse: |node| {
        let Params { average_size, size_variation, delay, stream } = read(node)?;
        if average_size == 0 {
            return Err(wrong(&ENTRY, "average_size", node, "a slice has at least one byte"));
        }
        if size_variation >= average_size {
            let message = "size_variation must be smaller than average_size";
            return Err(wrong(&ENTRY, "size_variation", node, message));
        }
        let delay = delay.map_or(std::time::Duration::ZERO, |delay| delay.0);
        Ok(LinkFaultSpec {
            toxic: Toxic::Slicer {
                average: average_size as usize,
                variation: size_variation as usize,
                delay,
            },
            stream: stream.stream(),
            words: format!(
                "slicer ({average_size} ± {size_variation} bytes, {} apart{})",
                show_duration(delay),
                stream.words()
            ),
        })
    },
    schema: Params::json_schema,
};

/// Parameters of `slicer`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SlicerToxic")]
struct Params {
    /// Bytes of a slice.
    #[schemars(range(min = 1))]
    average_size: u32,
    /// Largest deviation from it; smaller than it. Default 0.
    #[serde(default)]
    size_variation: u32,
    /// Pause after each slice. Default 0s.
    delay: Option<Time>,
    /// Which direction. Default downstream.
    #[serde(default)]
    stream: StreamWord,
}
