//! The provider's own error inside a stream that began with 200, after k tokens; no SDK retries it.
//!
//! After 0 tokens it is the first frame. A plain answer is a 200 whose body is the error.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::params::{AfterTokens, ParamError};
use super::{Entry, Fault, Group, Moment, Shape, Slip, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "error_event",
    source: include_str!("error_event.rs"),
    example: "{ error_event: { after_tokens: 0, status: 529 } }",
    group: Group::Stream,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `error_event`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: AfterTokens,
    /// Status whose error it is, 400 to 599; without it, that of the provider's overload.
    #[schemars(range(min = 400, max = 599))]
    status: Option<u16>,
    /// `native` (default), `foreign`, `string` or `chunk`.
    shape: Shape,
    /// Whether the stream's terminator follows.
    terminated: bool,
}

#[derive(Debug)]
struct ErrorEvent(Params);

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let read: Params = params::read(value)?;
    read.status.map_or(Ok(()), params::error_status)?;
    Ok(Box::new(ErrorEvent(read)))
}

impl Fault for ErrorEvent {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        let Params { after_tokens, status, shape, terminated } = self.0;
        if after_tokens.is(moment) {
            Verdict::ErrorEvent(Slip { status, shape, terminated })
        } else {
            Verdict::Pass
        }
    }

    fn describe(&self) -> String {
        let status = self.0.status.map_or("overloaded".to_owned(), |status| status.to_string());
        let shape = match self.0.shape {
            Shape::Native => String::new(),
            shape => format!(", {}", shape.word()),
        };
        format!("error_event ({status}{shape}, {})", self.0.after_tokens)
    }
}
