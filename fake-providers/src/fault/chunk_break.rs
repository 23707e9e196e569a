//! The chunked encoding breaks off after k tokens: the connection is closed without the last chunk, or
//! after a chunk size that is no number.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, Moment, Unframed, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "chunk_break",
    source: include_str!("chunk_break.rs"),
    example: "{ chunk_break: { after_tokens: 8 } }",
    group: Group::Stream,
    parse: |value| Ok(Box::new(ChunkBreak(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `chunk_break`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: AfterTokens,
    /// `fin` (default) or `garbage`.
    with: Unframed,
}

#[derive(Debug)]
struct ChunkBreak(Params);

impl Fault for ChunkBreak {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if self.0.after_tokens.is(moment) { Verdict::Unframed(self.0.with) } else { Verdict::Pass }
    }

    fn describe(&self) -> String {
        let how = match self.0.with {
            Unframed::Fin => "closed without the last chunk",
            Unframed::Garbage => "garbage for a chunk size",
        };
        format!("chunk_break ({how} {})", self.0.after_tokens)
    }
}
