//! An error under status 200, as the whole body: what naive clients take for an empty answer.
//!
//! A stream keeps its content type. `envelope` is a JSON document where events should be; `native` and
//! `string` are one frame, `chunk` is an otherwise empty chunk with an error in it, and all three are
//! followed by the terminator.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::params::ParamError;
use super::{Entry, Fault, Group, Moment, Shape, Slip, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "error_200",
    source: include_str!("error_200.rs"),
    example: "{ error_200: { status: 500, shape: envelope } }",
    group: Group::Response,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `error_200`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Status whose error it is, 400 to 599; without it, that of the provider's overload.
    #[schemars(range(min = 400, max = 599))]
    status: Option<u16>,
    /// `envelope` (default), `native`, `foreign`, `string` or `chunk`.
    shape: Shape,
}

#[derive(Debug)]
struct Error200(Params);

impl Default for Params {
    fn default() -> Self {
        Self { status: None, shape: Shape::Envelope }
    }
}

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let read: Params = params::read(value)?;
    read.status.map_or(Ok(()), params::error_status)?;
    Ok(Box::new(Error200(read)))
}

impl Fault for Error200 {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment != Moment::AfterTokens(0) {
            return Verdict::Pass;
        }
        let Params { status, shape } = self.0;
        Verdict::ErrorEvent(Slip { status, shape, terminated: shape != Shape::Envelope })
    }

    fn describe(&self) -> String {
        let status = self.0.status.map_or("overloaded".to_owned(), |status| status.to_string());
        format!("error_200 ({status}, {} under 200)", self.0.shape.word())
    }
}
