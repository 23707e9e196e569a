//! `error`: an error status in the place of an answer.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use vocab::show_duration;

use super::params::{ErrorStatus, ParamError, Span};
use super::{Entry, Fault, Group, params};
use crate::action::{
    Action, ErrorBody, OnRequest, ProviderError, ProviderErrorKind, RequestEnd, Strength,
};

pub(super) const ENTRY: Entry = Entry {
    name: "error",
    example: "{ error: { status: 503, retry_after: 5s } }",
    group: Group::Response,
    parse,
    document: params::document::<Error>,
};

/// Any error status in the provider's own body (500, 503, Anthropic's 529 …), or as HTML, text or
/// nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Error {
    /// HTTP status, 400 to 599.
    status: ErrorStatus,
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
    /// `content_policy` (400), `key_revoked` (401), `quota` (400, 402, 429), `permission` (403),
    /// `model_removed` (404), `high_demand` (503).
    #[serde(default)]
    kind: ProviderErrorKind,
}

/// `error: 503` is short for `error: { status: 503 }`.
fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    match value {
        Value::Number(status) => params::parse::<Error>(&json!({ "status": status })),
        Value::Null => {
            Err(ParamError::at("status", "`error` needs a status, such as `error: 503`"))
        }
        Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            params::parse_checked(value, goes_together)
        }
    }
}

/// A status that no provider has for the kind would not be the one that is answered.
fn goes_together(error: &Error) -> Result<(), ParamError> {
    let (status, statuses) = (error.status.0, error.kind.statuses());
    if statuses.is_empty() || statuses.contains(&status) {
        return Ok(());
    }
    let known: Vec<String> = statuses.iter().map(u16::to_string).collect();
    // As it is written; words of an enum cannot fail to be.
    let kind = serde_json::to_string(&error.kind).unwrap_or_default();
    let problem = format!("no provider says {kind} under {status}; use {}", known.join(" or "));
    Err(ParamError::at("kind", problem))
}

impl Fault for Error {
    fn on_request(&self, _: Strength) -> OnRequest {
        Action::End(RequestEnd::Error(ProviderError {
            retry_after: self.retry_after.map(|Span(after)| after),
            should_retry: self.should_retry,
            body: self.body,
            kind: self.kind,
            ..ProviderError::of_status(self.status.0)
        }))
    }

    fn describe(&self) -> String {
        let mut text = self.status.0.to_string();
        if let Some(Span(after)) = self.retry_after {
            text += &format!(", retry-after {}", show_duration(after));
        }
        if let Some(kind) = self.kind.word() {
            text += &format!(", {kind}");
        }
        text + match self.body {
            ErrorBody::Provider => "",
            ErrorBody::Html => ", HTML page",
            ErrorBody::Text => ", plain text",
            ErrorBody::Empty => ", empty body",
        }
    }
}
