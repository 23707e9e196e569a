//! `timeout`: data vanishes, and after a while, or with the window, the connection closes.

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;
use world::Toxic;

use super::{Entry, LinkFaultSpec, StreamWord};
use crate::text::quantity::Time;
use crate::text::read::read;

pub(super) const ENTRY: Entry = Entry {
    name: "timeout",
    summary: "Data vanishes; the connection closes after `timeout`, or with the window if that is \
              0s (a black hole).",
    example: "{ timeout: { timeout: 2s } }",
    only_slows: false,
    parse: |node| {
        let Params { timeout, stream } = read(node)?;
        let after = timeout.map_or(std::time::Duration::ZERO, |timeout| timeout.0);
        let closes = match after.is_zero() {
            true => "black hole".to_owned(),
            false => format!("closes after {}", show_duration(after)),
        };
        Ok(LinkFaultSpec {
            toxic: Toxic::Timeout { after },
            stream: stream.stream(),
            words: format!("timeout ({closes}{})", stream.words()),
        })
    },
    schema: Params::json_schema,
};

/// Parameters of `timeout`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TimeoutToxic")]
struct Params {
    /// From the start of the window, or of the connection. Default 0s: until the window ends.
    timeout: Option<Time>,
    /// Which direction falls silent; the close is seen by both ends. Default downstream.
    #[serde(default)]
    stream: StreamWord,
}
