//! Anthropic's errors, each in its one envelope.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use wire::ErrorReply;
use wire::anthropic::ErrorKind;

use super::super::{Refusal, RequestContext};
use super::request_id;
use crate::action::{ProviderError, ProviderErrorKind};
use crate::limits::Dimension;

pub(in super::super) fn refuse(refusal: &Refusal, context: &RequestContext<'_>) -> ErrorReply {
    let id = request_id(context);
    let usual = |kind: ErrorKind| kind.reply(kind.usual_message(), &id);
    match refusal {
        Refusal::NoKey => ErrorKind::Authentication.reply("x-api-key header is required", &id),
        Refusal::WrongKey => usual(ErrorKind::Authentication),
        Refusal::Route { .. } => ErrorKind::NotFound.reply("Not Found", &id),
        Refusal::Model(model) => ErrorKind::NotFound.reply(&format!("model: {model}"), &id),
        Refusal::TooLarge => usual(ErrorKind::RequestTooLarge),
        Refusal::TooLong { window, requested } => {
            let message = ErrorKind::prompt_too_long(*requested, *window);
            ErrorKind::InvalidRequest.reply(&message, &id)
        }
        Refusal::Blocked => ErrorKind::InvalidRequest.reply(OBJECTION, &id),
        Refusal::Invalid(complaint) => ErrorKind::InvalidRequest.reply(&complaint.message, &id),
        Refusal::Injected(error) => injected(error, context, &id),
        Refusal::Exceeded(excess) => {
            let unit = match excess.dimension {
                Dimension::Requests | Dimension::RequestsPerDay => "requests",
                Dimension::Tokens => "input tokens",
                Dimension::OutputTokens => "output tokens",
            };
            ErrorKind::RateLimit.reply(&spent(excess.gauge.limit, unit, context), &id)
        }
        Refusal::Overloaded => usual(ErrorKind::Overloaded),
    }
}

/// A fault's error. Kinds that the provider does not know are its status's usual error.
fn injected(error: &ProviderError, context: &RequestContext<'_>, id: &str) -> ErrorReply {
    let usual = |kind: ErrorKind| kind.reply_under(error.status, kind.usual_message(), id);
    let limited = |message: &str, code: Option<&str>| {
        let details = code.map(|code| json!({ "error_code": code }));
        envelope(error.status, "rate_limit_error", (message, details), id)
    };
    match error.kind {
        ProviderErrorKind::Rate => limited(&spent(4000, "requests", context), None),
        ProviderErrorKind::Tokens => limited(&spent(400_000, "input tokens", context), None),
        ProviderErrorKind::Quota if error.status == 402 => usual(ErrorKind::Billing),
        ProviderErrorKind::Quota if error.status == 400 => {
            ErrorKind::InvalidRequest.reply(NO_CREDIT, id)
        }
        ProviderErrorKind::Quota => limited(SPENT, Some("enforced_spend_limit_reached")),
        ProviderErrorKind::Ramp => limited(RAMP, Some("ramp_limit_exceeded")),
        ProviderErrorKind::ContextLength => {
            ErrorKind::InvalidRequest.reply(&ErrorKind::prompt_too_long(WINDOW + 9_120, WINDOW), id)
        }
        ProviderErrorKind::ContentPolicy => ErrorKind::InvalidRequest.reply(OBJECTION, id),
        ProviderErrorKind::KeyRevoked => usual(ErrorKind::Authentication),
        ProviderErrorKind::ModelRemoved => {
            ErrorKind::NotFound.reply(&format!("model: {}", context.model), id)
        }
        ProviderErrorKind::Permission => usual(ErrorKind::Permission),
        ProviderErrorKind::HighDemand if error.status >= 500 => usual(ErrorKind::Overloaded),
        ProviderErrorKind::HighDemand | ProviderErrorKind::Ptu | ProviderErrorKind::Never24h => {
            usual(ErrorKind::RateLimit)
        }
        ProviderErrorKind::Plain => match error.status {
            408 => envelope(408, "timeout_error", ("Request timed out", None), id),
            409 => envelope(409, "conflict_error", ("Conflict", None), id),
            status => {
                let kind = ErrorKind::of_status(status);
                let reason = StatusCode::from_u16(status).ok();
                let reason = reason.and_then(|status| status.canonical_reason());
                let message = if kind.status() == status {
                    kind.usual_message()
                } else {
                    reason.unwrap_or("Unknown error")
                };
                kind.reply_under(status, message, id)
            }
        },
    }
}

fn envelope(
    status: u16,
    kind: &str,
    (message, details): (&str, Option<Value>),
    id: &str,
) -> ErrorReply {
    let error = match details {
        Some(details) => json!({ "type": kind, "message": message, "details": details }),
        None => json!({ "type": kind, "message": message }),
    };
    let body = json!({ "type": "error", "error": error, "request_id": id });
    let (content_type, body) = (ErrorReply::JSON, Bytes::from(body.to_string()));
    ErrorReply { status, content_type, body }
}

fn spent(limit: u64, unit: &str, context: &RequestContext<'_>) -> String {
    format!(
        "This request would exceed your organization's rate limit of {limit} {unit} per minute \
         (model: {}). Please reduce the prompt length or the maximum tokens requested, or try again \
         later.",
        context.model
    )
}

/// The window of an error that a fault makes up, in tokens.
const WINDOW: u64 = 200_000;
const OBJECTION: &str = "Output blocked by content filtering policy";
const SPENT: &str = "You have reached your specified API usage limits.";
const NO_CREDIT: &str = "Your credit balance is too low to access the Anthropic API. Please go to Plans & \
                         Billing to upgrade or purchase credits.";
const RAMP: &str = "This request would exceed your organization's acceleration limit. Please increase \
                    your usage gradually.";
