//! `error_200`: an error before the first token of a 200.

use schemars::JsonSchema;
use serde::Deserialize;

use super::params::{ErrorStatus, status_or_overloaded};
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeToken, ErrorShape, InBandError, StreamEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "error_200",
    example: "{ error_200: { status: 500, shape: envelope } }",
    group: Group::Response,
    parse: params::parse::<Error200>,
    document: params::document::<Error200>,
};

/// An error under status 200, as the whole body: what naive clients take for an empty answer.
///
/// A stream keeps its content type. `envelope` is a JSON document where events should be; `native` and
/// `string` are one frame, `chunk` is an otherwise empty chunk with an error in it, and all three are
/// followed by the terminator.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Error200 {
    /// Status whose error it is, 400 to 599; without it, that of the provider's overload.
    status: Option<ErrorStatus>,
    /// `envelope` (default), `native`, `foreign`, `string` or `chunk`.
    shape: ErrorShape,
}

impl Default for Error200 {
    fn default() -> Self {
        Self { status: None, shape: ErrorShape::Envelope }
    }
}

impl Fault for Error200 {
    fn before_token(&self, token: u32, _: Strength) -> BeforeToken {
        if token > 0 {
            return Action::Pass;
        }
        Action::End(StreamEnd::Error(InBandError {
            status: self.status.map(|ErrorStatus(status)| status),
            shape: self.shape,
            terminated: self.shape != ErrorShape::Envelope,
        }))
    }

    fn describe(&self) -> String {
        format!("{}, {} under 200", status_or_overloaded(self.status), self.shape.word())
    }
}
