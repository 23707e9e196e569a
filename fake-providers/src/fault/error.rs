//! Any error status in the provider's own body (500, 503, Anthropic's 529 …), or as HTML, text or
//! nothing.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;
use vocab::show_duration;

use super::params::{ParamError, Span};
use super::{Entry, ErrorBody, Failure, FailureKind, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "error",
    source: include_str!("error.rs"),
    example: "{ error: { status: 503, retry_after: 5s } }",
    group: Group::Response,
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
    /// Header `x-should-retry`, which the SDKs of OpenAI and Anthropic obey before all else.
    #[serde(default)]
    should_retry: Option<bool>,
    /// Which of the status's errors it is, where the provider knows several: `context_length` and
    /// `content_policy` (400), `key_revoked` (401), `quota` (402, 429), `permission` (403),
    /// `model_removed` (404), `high_demand` (503).
    #[serde(default)]
    kind: FailureKind,
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
    let read: Params = params::read(whole)?;
    params::error_status(read.status)?;
    Ok(Box::new(Error(read)))
}

impl Fault for Error {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment != Moment::Request {
            return Verdict::Pass;
        }
        Verdict::Fail(Failure {
            retry_after: self.0.retry_after.map(|Span(after)| after),
            should_retry: self.0.should_retry,
            body: self.0.body,
            kind: self.0.kind,
            ..Failure::of_status(self.0.status)
        })
    }

    fn describe(&self) -> String {
        let mut text = format!("error ({}", self.0.status);
        if let Some(Span(after)) = self.0.retry_after {
            text += &format!(", retry-after {}", show_duration(after));
        }
        if let Some(kind) = self.0.kind.word() {
            text += &format!(", {kind}");
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
