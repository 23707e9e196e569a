//! What failures are called under our own behaviour: the status decides, and the provider's words refine only what
//! 400 leaves open. An error inside an answer has the status that it names.
//!
//! A provider that wants to be paid first is told apart from one that is busy: both refuse, but the first goes on
//! refusing until somebody acts.

use serde_json::Value;
use vocab::Protocol;

use super::super::met::{Met, Stage};
use crate::upstream::classify;
use crate::upstream::failure::{ErrorClass, Failure, Reason};

/// Words of a refusal for want of credit, in lower case: OpenAI's and Azure's code, Anthropic's, DeepSeek's and
/// OpenRouter's sentences.
const WANTS_CREDIT: &[&str] = &[
    "insufficient_quota",
    "credit balance is too low",
    "exceeded your current quota",
    "insufficient balance",
    "insufficient credits",
    "billing_hard_limit_reached",
    "billing_not_active",
];

/// The failure under its name.
pub(super) fn named(failure: Failure, met: &Met<'_>) -> Failure {
    match (met.stage, failure.upstream_status) {
        (Stage::Refused, Some(status)) => by_status(failure, status, met),
        (Stage::Stream | Stage::Whole, _) => match status_within(met.said) {
            Some(status) => by_status(failure, status, met),
            None => failure,
        },
        (Stage::Unanswered | Stage::Refused | Stage::Mocked, _) => failure,
    }
}

fn by_status(failure: Failure, status: u16, met: &Met<'_>) -> Failure {
    let text = String::from_utf8_lossy(met.said).to_lowercase();
    if wants_credit(status, &text) {
        return Failure {
            reason: Reason::CreditExhausted,
            kind: Some(Box::from("insufficient_quota")),
            ..classify::renamed(failure, ErrorClass::RateLimit, status)
        };
    }
    let class = match status {
        400 => by_words(met.deployment.protocol, &text),
        // Others would refuse it too: its size, its form, or what it asks for.
        405 | 406 | 411 | 413..=417 | 431 => ErrorClass::BadRequest,
        _ => classify::by_status(status),
    };
    classify::renamed(failure, class, status)
}

fn by_words(protocol: Protocol, text: &str) -> ErrorClass {
    classify::by_words(protocol, 400, text).unwrap_or(ErrorClass::BadRequest)
}

fn wants_credit(status: u16, text: &str) -> bool {
    match status {
        402 => true,
        400 | 403 | 429 => WANTS_CREDIT.iter().any(|words| text.contains(words)),
        _ => false,
    }
}

/// The status that an error inside an answer names: as a number, or by its type.
fn status_within(said: &[u8]) -> Option<u16> {
    let said: Value = serde_json::from_slice(said).ok()?;
    // OpenAI's, Azure's, Google's and Anthropic's envelope; Bedrock's is the name of its member.
    let error = said.get("error").filter(|error| error.is_object()).unwrap_or(&said);
    let members = ["status_code", "statusCode", "code", "status", "type", "__type"];
    let named = members.iter().filter_map(|member| error.get(member));
    let number = |value: &Value| {
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
        u16::try_from(number).ok().filter(|status| (400..600).contains(status))
    };
    let values: Vec<&Value> = named.collect();
    let by_number = values.iter().find_map(|value| number(value));
    by_number.or_else(|| values.iter().find_map(|value| by_type(value.as_str()?)))
}

/// Types of errors inside streams, with the status that they have outside: OpenAI's, Anthropic's, Google's and
/// Bedrock's.
const TYPES: &[(&str, u16)] = &[
    ("insufficient_quota", 429),
    ("rate_limit_error", 429),
    ("rate_limit_exceeded", 429),
    ("tokens", 429),
    ("requests", 429),
    ("too_many_requests", 429),
    ("resource_exhausted", 429),
    ("throttlingexception", 429),
    ("overloaded_error", 529),
    ("api_error", 500),
    ("server_error", 500),
    ("internal_error", 500),
    ("internal_server_error", 500),
    ("internal", 500),
    ("internalserverexception", 500),
    ("modelstreamerrorexception", 500),
    ("service_unavailable", 503),
    ("serviceunavailableexception", 503),
    ("unavailable", 503),
    ("timeout_error", 504),
    ("deadline_exceeded", 504),
    ("modeltimeoutexception", 504),
    ("authentication_error", 401),
    ("unauthenticated", 401),
    ("billing_error", 402),
    ("permission_error", 403),
    ("permission_denied", 403),
    ("accessdeniedexception", 403),
    ("not_found_error", 404),
    ("not_found", 404),
    ("invalid_request_error", 400),
    ("invalid_argument", 400),
    ("context_length_exceeded", 400),
    ("content_filter", 400),
    ("validationexception", 400),
    ("request_too_large", 413),
];

fn by_type(word: &str) -> Option<u16> {
    let word = word.to_lowercase();
    TYPES.iter().find(|(name, _)| *name == word).map(|&(_, status)| status)
}
