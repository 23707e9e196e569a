//! `error`: any status, in the provider's own body, or as the page of an edge in front of it.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;
use vocab::show_duration;

use super::params::{ParamError, Span};
use super::{Entry, ErrorBody, Failure, FailureKind, Fault, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "error",
    summary: "Any error status in the provider's own body (500, 503, Anthropic's 529 …), or as \
              HTML, text or nothing.",
    example: "{ error: { status: 503, retry_after: 5s } }",
    at_connect: false,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `error`; `error: 503` is short for `error: { status: 503 }`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// HTTP status, 400 to 599.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// Header `retry-after`, rounded up to seconds.
    #[serde(default)]
    retry_after: Option<Span>,
    /// Who writes the body: `provider` (default), `html`, `text` or `empty`.
    #[serde(default)]
    body: ErrorBody,
}

#[derive(Debug)]
struct Error(Params);

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let whole = match value {
        Value::Number(_) => &serde_json::json!({ "status": value }),
        Value::Null => {
            return Err(ParamError::at("status", "`error` needs a status, such as `error: 503`"));
        }
        Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => value,
    };
    let params: Params = params::read(whole)?;
    if !(400..600).contains(&params.status) {
        let message = format!("status {} is no error; use 400 to 599", params.status);
        return Err(ParamError::at("status", message));
    }
    Ok(Box::new(Error(params)))
}

impl Fault for Error {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match moment {
            Moment::Request => Verdict::Fail(Failure {
                status: self.0.status,
                retry_after: self.0.retry_after.map(|span| span.0),
                retry_after_ms: None,
                body: self.0.body,
                kind: FailureKind::Plain,
            }),
            Moment::Accept | Moment::BeforeFirstToken | Moment::BetweenTokens(_) | Moment::End => {
                Verdict::Pass
            }
        }
    }

    fn describe(&self) -> String {
        let mut text = format!("error ({}", self.0.status);
        if let Some(Span(after)) = self.0.retry_after {
            text += &format!(", retry-after {}", show_duration(after));
        }
        match self.0.body {
            ErrorBody::Provider => {}
            ErrorBody::Html => text += ", HTML page",
            ErrorBody::Text => text += ", plain text",
            ErrorBody::Empty => text += ", empty body",
        }
        text + ")"
    }
}
