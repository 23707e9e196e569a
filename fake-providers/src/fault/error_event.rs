//! `error_event`: the provider's own error inside an answer that began with 200, and then its end.
//! A plain answer is a 200 whose body is the error.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::params::ParamError;
use super::{Entry, Fault, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "error_event",
    summary: "The provider's own error inside a stream that began with 200, after k tokens; no SDK \
              retries it.",
    example: "{ error_event: { after_tokens: 0, status: 529 } }",
    at_connect: false,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `error_event`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Tokens before it; 0 (default) is right after the head. A shorter answer is spared.
    after_tokens: u32,
    /// Status whose error it is, 400 to 599; without it, that of the provider's overload.
    #[schemars(range(min = 400, max = 599))]
    status: Option<u16>,
}

#[derive(Debug)]
struct ErrorEvent(Params);

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let params: Params = params::read(value)?;
    match params.status {
        Some(status) if !(400..600).contains(&status) => {
            let message = format!("status {status} is no error; use 400 to 599");
            Err(ParamError::at("status", message))
        }
        Some(_) | None => Ok(Box::new(ErrorEvent(params))),
    }
}

impl Fault for ErrorEvent {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match moment {
            Moment::BetweenTokens(n) if n == self.0.after_tokens => {
                Verdict::ErrorEvent(self.0.status)
            }
            Moment::Accept
            | Moment::Request
            | Moment::BeforeFirstToken
            | Moment::BetweenTokens(_)
            | Moment::End => Verdict::Pass,
        }
    }

    fn describe(&self) -> String {
        let status = self.0.status.map_or("overloaded".to_owned(), |status| status.to_string());
        format!("error_event ({status}, after {} tokens)", self.0.after_tokens)
    }
}
