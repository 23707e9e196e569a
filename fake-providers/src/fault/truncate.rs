//! `truncate`: an early end, in order.

use schemars::JsonSchema;
use serde::Deserialize;

use super::params::AfterTokens;
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeToken, CutPoint, StreamEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "truncate",
    example: "{ truncate: { after_tokens: 8 } }",
    group: Group::Stream,
    parse: params::parse::<Truncate>,
    document: params::document::<Truncate>,
};

/// The stream ends cleanly after k tokens, without finish reason or terminator: most SDKs call it
/// success.
///
/// A plain answer is a chunked body that ends, correctly framed, in the middle of its JSON.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Truncate {
    after_tokens: AfterTokens,
    /// Where the end falls: between two frames (`nothing`, default), inside a `frame`, or inside the
    /// `utf8` of a character.
    inside: CutPoint,
}

impl Fault for Truncate {
    fn before_token(&self, token: u32, _: Strength) -> BeforeToken {
        self.after_tokens.at(token, Action::End(StreamEnd::Truncate(self.inside)))
    }

    fn describe(&self) -> String {
        let place = match self.inside {
            CutPoint::Nothing => "",
            CutPoint::Frame => ", inside a frame",
            CutPoint::Utf8 => ", inside a character",
        };
        format!("clean end {}{place}", self.after_tokens)
    }
}
