//! `reset_peer`: connections are reset, at once or after a while.

use schemars::JsonSchema;
use serde::Deserialize;
use vocab::show_duration;
use world::{Stream, Toxic};

use super::{Entry, LinkFaultSpec};
use crate::text::quantity::Time;
use crate::text::read::read;

pub(super) const ENTRY: Entry = Entry {
    name: "reset_peer",
    summary: "Connections are reset `timeout` after the window, or they, began.",
    example: "{ reset_peer: { timeout: 500ms } }",
    only_slows: false,
    parse: |node| {
        let Params { timeout } = read(node)?;
        let after = timeout.map_or(std::time::Duration::ZERO, |timeout| timeout.0);
        let when = match after.is_zero() {
            true => "at once".to_owned(),
            false => format!("after {}", show_duration(after)),
        };
        Ok(LinkFaultSpec {
            toxic: Toxic::ResetPeer { after },
            stream: Stream::Downstream,
            words: format!("reset_peer ({when})"),
        })
    },
    schema: Params::json_schema,
};

/// Parameters of `reset_peer`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ResetPeerToxic")]
struct Params {
    /// How long a connection lives. Default 0s.
    timeout: Option<Time>,
}
