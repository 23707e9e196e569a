//! `error_event`: an error in the place of a token.

use schemars::JsonSchema;
use serde::Deserialize;

use super::params::{AfterTokens, ErrorStatus, status_or_overloaded};
use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeToken, ErrorShape, InBandError, StreamEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "error_event",
    example: "{ error_event: { after_tokens: 0, status: 529 } }",
    group: Group::Stream,
    parse: params::parse::<ErrorEvent>,
    document: params::document::<ErrorEvent>,
};

/// The provider's own error inside a stream that began with 200, after k tokens; no SDK retries it.
///
/// After 0 tokens it is the first frame. A plain answer is a 200 whose body is the error.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ErrorEvent {
    after_tokens: AfterTokens,
    /// Status whose error it is, 400 to 599; without it, that of the provider's overload.
    status: Option<ErrorStatus>,
    /// `native` (default), `foreign`, `string` or `chunk`.
    shape: ErrorShape,
    /// Whether the stream's terminator follows.
    terminated: bool,
}

impl Fault for ErrorEvent {
    fn before_token(&self, token: u32, _: Strength) -> BeforeToken {
        let error = InBandError {
            status: self.status.map(|ErrorStatus(status)| status),
            shape: self.shape,
            terminated: self.terminated,
        };
        self.after_tokens.at(token, Action::End(StreamEnd::Error(error)))
    }

    fn describe(&self) -> String {
        let shape = match self.shape {
            ErrorShape::Native => String::new(),
            shape => format!(", {}", shape.word()),
        };
        format!("{}{shape}, {}", status_or_overloaded(self.status), self.after_tokens)
    }
}
