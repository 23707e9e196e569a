//! `slow_close`: the end of a stream is seen late. A caller that hangs up at once is not slowed.

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;
use world::Toxic;

use super::{Entry, LinkFaultSpec, StreamWord};
use crate::text::quantity::Time;
use crate::text::read::read;

pub(super) const ENTRY: Entry = Entry {
    name: "slow_close",
    summary: "The orderly end of a connection is seen `delay` later.",
    example: "{ slow_close: { delay: 5s } }",
    only_slows: true,
    parse: |node| {
        let Params { delay, stream } = read(node)?;
        Ok(LinkFaultSpec {
            toxic: Toxic::SlowClose { delay: delay.0 },
            stream: stream.stream(),
            words: format!("slow_close ({}{})", show_duration(delay.0), stream.words()),
        })
    },
    schema: Params::json_schema,
};

/// Parameters of `slow_close`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SlowCloseToxic")]
struct Params {
    /// How much later.
    delay: Time,
    /// Which direction. Default downstream.
    #[serde(default)]
    stream: StreamWord,
}
