//! `chunk_break`: the end of a connection in the middle of a chunked body.

use schemars::JsonSchema;
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeToken, FramingBreak, StreamEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "chunk_break",
    example: "{ chunk_break: { after_tokens: 8 } }",
    group: Group::Stream,
    parse: params::parse::<ChunkBreak>,
    document: params::document::<ChunkBreak>,
};

/// The chunked encoding breaks off after k tokens: the connection is closed without the last chunk, or
/// after a chunk size that is no number.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ChunkBreak {
    after_tokens: AfterTokens,
    /// `fin` (default) or `garbage`.
    with: FramingBreak,
}

impl Fault for ChunkBreak {
    fn before_token(&self, token: u32, _: Strength) -> BeforeToken {
        self.after_tokens.at(token, Action::End(StreamEnd::BreakFraming(self.with)))
    }

    fn describe(&self) -> String {
        let how = match self.with {
            FramingBreak::Fin => "closed without the last chunk",
            FramingBreak::Garbage => "garbage for a chunk size",
        };
        format!("{how} {}", self.after_tokens)
    }
}
