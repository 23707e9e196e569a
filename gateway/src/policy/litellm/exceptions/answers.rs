//! Failures after a 200: whole answers that are none, and streams that break.

use serde_json::Value;
use vocab::Protocol;

use super::super::release::SilentStream;
use super::{COOLS_NOBODY, Raised, class_of, connection, timed_out, words};
use crate::policy::met::Met;
use crate::upstream::classify;
use crate::upstream::failure::{ErrorClass, Failure, Reason, TEXT_MAX};

/// Status of an error in a whole answer whose own code is lacking (LiteLLM's).
const STATUS_WITHOUT_CODE: u16 = 422;

/// What LiteLLM's own code says when the code of an error in a whole answer is a word and no number: it is
/// compared with one, and Python refuses.
const WORD_FOR_STATUS: &str = "'>=' not supported between instances of 'str' and 'int'";

/// A whole answer that did not come, or is none.
pub(super) fn whole(failure: &Failure, met: &Met<'_>) -> Raised {
    if failure.reason == Reason::Stalled {
        return timed_out(met);
    }
    if failure.reason == Reason::Cut {
        return connection(met, &failure.message);
    }
    if failure.class == ErrorClass::ContentPolicy {
        let class = failure.class;
        return Raised::new(class, class.status(), failure.message.clone());
    }
    let parsed: Option<Value> = serde_json::from_slice(met.said).ok();
    match parsed.as_ref().and_then(|body| body.get("error")).filter(|error| !error.is_null()) {
        Some(error) if met.deployment.protocol == Protocol::Anthropic => anthropic_error(error),
        Some(error) => error_in_answer(error, met),
        None => unreadable(met),
    }
}

/// An error in the place of an answer, as OpenAI's and Azure's client takes it: words, then its own code.
fn error_in_answer(error: &Value, met: &Met<'_>) -> Raised {
    let protocol = met.deployment.protocol;
    let said = match error.get("message") {
        Some(Value::String(message)) => message.clone(),
        Some(message) => message.to_string(),
        None => "Error in response object".to_owned(),
    };
    let lower = said.to_lowercase();
    let status = match error.get("code") {
        None => Some(STATUS_WITHOUT_CODE),
        Some(code) => code.as_u64().and_then(|code| u16::try_from(code).ok()),
    };
    let recognised = classify::by_words(protocol, status.unwrap_or_default(), &lower);
    if recognised == Some(ErrorClass::RateLimit) && protocol == Protocol::OpenAi {
        let class = ErrorClass::RateLimit;
        return Raised::new(class, class.status(), words::by_status(protocol, class, &said));
    }
    let Some(status) = status else {
        let class = ErrorClass::Unexpected;
        let raised = Raised::new(class, class.status(), WORD_FOR_STATUS.to_owned());
        // Where the word is a number in quotes, as Azure's are, cooldowns take it for the status.
        let counts_as =
            error.get("code").and_then(Value::as_str).and_then(|code| code.parse().ok());
        return Raised { counts_as, ..raised };
    };
    let class = recognised.unwrap_or_else(|| classify::by_status(status));
    let class = class_of(protocol, status, class);
    let client_status = match (protocol, class) {
        // Azure's BadRequestError has no answer to take a status from.
        (Protocol::Azure, ErrorClass::BadRequest) => class.status(),
        _ if (400..600).contains(&status) => status,
        _ => class.status(),
    };
    Raised::new(class, client_status, words::by_status(protocol, class, &said))
}

/// Anthropic's client quotes the error as Python prints it; only "overloaded" has a class.
fn anthropic_error(error: &Value) -> Raised {
    let said = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
    if said.contains("overloaded_error") || said.contains("Overloaded") {
        let class = ErrorClass::InternalServer;
        return Raised::new(class, class.status(), format!("AnthropicError - {said}"));
    }
    let class = ErrorClass::ApiConnection;
    Raised::new(class, class.status(), format!("AnthropicException - {said}"))
}

/// A body that is no answer of the protocol.
fn unreadable(met: &Met<'_>) -> Raised {
    let protocol = met.deployment.protocol;
    let text = String::from_utf8_lossy(&met.said[..met.said.len().min(TEXT_MAX)]);
    let class = match protocol {
        Protocol::Azure => ErrorClass::Api,
        Protocol::OpenAi | Protocol::Gemini | Protocol::Bedrock | Protocol::Ollama => {
            ErrorClass::InternalServer
        }
        Protocol::Anthropic => ErrorClass::ApiConnection,
    };
    let said = match protocol {
        Protocol::Anthropic => {
            format!("Unable to get json response - Original Response: {text}")
        }
        Protocol::OpenAi
        | Protocol::Azure
        | Protocol::Gemini
        | Protocol::Bedrock
        | Protocol::Ollama => {
            format!("Empty or invalid response from LLM endpoint. Received: '{text}'")
        }
    };
    Raised::new(class, class.status(), words::by_status(protocol, class, &said))
}

/// A stream that broke. Everything is an `APIConnectionError` without a type, but for what the words of an
/// error event say at OpenAI, and for every error event of Anthropic's.
pub(super) fn stream(failure: &Failure, met: &Met<'_>, silent: SilentStream) -> Raised {
    let protocol = met.deployment.protocol;
    if failure.reason == Reason::Timeout {
        return timed_out(met);
    }
    // OpenAI's library says it is a timeout; LiteLLM's own client, by which it speaks to Anthropic, does not.
    let silent = if protocol == Protocol::Anthropic { SilentStream::Connection } else { silent };
    if failure.reason == Reason::Stalled && silent == SilentStream::Timeout {
        return Raised { kind: None, counts_as: Some(COOLS_NOBODY), ..timed_out(met) };
    }
    let said = &failure.message;
    let event = failure.reason == Reason::ErrorEvent;
    if event && protocol == Protocol::Anthropic {
        let class = ErrorClass::InternalServer;
        let message = if said.contains("Overloaded") {
            format!("AnthropicError - {said}")
        } else {
            words::by_status(protocol, class, said)
        };
        return Raised::new(class, class.status(), message);
    }
    let rate_limit = Some(ErrorClass::RateLimit);
    if event
        && protocol == Protocol::OpenAi
        && classify::by_words(protocol, 0, &said.to_lowercase()) == rate_limit
    {
        let class = ErrorClass::RateLimit;
        let raised = Raised::new(class, class.status(), words::by_status(protocol, class, said));
        return Raised { counts_as: Some(COOLS_NOBODY), ..raised };
    }
    let class = ErrorClass::ApiConnection;
    let message = words::by_status(protocol, class, said);
    Raised { kind: None, ..Raised::new(class, class.status(), message) }
}
