//! The words of LiteLLM's exceptions: what a client reads in `error.message` and `error.type`.

use std::time::Duration;

use vocab::Protocol;

use super::Raised;
use crate::policy::deadlines::Answer;
use crate::policy::met::{Met, Stage};
use crate::upstream::failure::{ErrorClass, TEXT_MAX};

/// The whole text of an exception: the prefixes of its class, its words, and for a timeout the settings of
/// its deployment.
pub(super) fn shown(raised: &Raised, met: &Met<'_>) -> String {
    let message = &raised.message;
    let timeout_settings = || match (raised.class, met.stage) {
        (
            ErrorClass::Timeout,
            Stage::Unanswered | Stage::Refused | Stage::Whole | Stage::Mocked,
        ) => {
            let timeout = met.deployment.timeout.map_or_else(|| "None".to_owned(), as_written);
            format!("\n\nDeployment Info: request_timeout: None\ntimeout: {timeout}")
        }
        _ => String::new(),
    };
    match raised.class {
        // No exception of LiteLLM's at all.
        ErrorClass::Unexpected => message.clone(),
        ErrorClass::ContextWindow => {
            format!("litellm.ContextWindowExceededError: litellm.BadRequestError: {message}")
        }
        ErrorClass::ContentPolicy => {
            format!("litellm.BadRequestError: litellm.ContentPolicyViolationError: {message}")
        }
        ErrorClass::BadRequest if raised.status == 402 => {
            format!("litellm.PaymentRequiredError: {message}")
        }
        class => format!("litellm.{}: {message}{}", class.name(), timeout_settings()),
    }
}

/// `error.type` of an exception that brings none from the provider.
pub(super) fn kind(class: ErrorClass, status: u16) -> &'static str {
    match (class, status) {
        (ErrorClass::RateLimit, _) => "throttling_error",
        (ErrorClass::InternalServer, _) => "internal_server_error",
        (_, 401) => "authentication_error",
        (_, 403) => "permission_error",
        (_, 429) => "rate_limit_error",
        (_, 0..500) => "invalid_request_error",
        (_, 500..) => "internal_server_error",
    }
}

/// What a timeout says. LiteLLM measures how long it took; here that is the limit.
pub(super) fn timed_out(met: &Met<'_>) -> String {
    let limit = met.limit.as_secs_f64();
    match (met.deployment.protocol, met.answer) {
        (Protocol::Anthropic, Answer::Whole) => format!(
            "AnthropicException - litellm.Timeout: Connection timed out. Timeout passed={limit:?}, \
             time taken={limit:.3} seconds"
        ),
        (Protocol::Anthropic, Answer::Stream) => {
            format!("Connection timed out. Timeout passed={limit:?}, time taken={limit:.3} seconds")
        }
        (Protocol::OpenAi, Answer::Stream) => {
            "APITimeoutError - Request timed out. Error_str: Request timed out.".to_owned()
        }
        (
            Protocol::OpenAi
            | Protocol::Azure
            | Protocol::Gemini
            | Protocol::Bedrock
            | Protocol::Ollama,
            _,
        ) => format!(
            "APITimeoutError - Request timed out. Error_str: Request timed out. - timeout \
             value={limit:?}, time taken={limit:?} seconds"
        ),
    }
}

/// The provider's words as an exception quotes them: the message of its error where LiteLLM takes the
/// body apart, else the body as it came.
pub(super) fn of_refusal(met: &Met<'_>, status: u16) -> String {
    let text = String::from_utf8_lossy(&met.said[..met.said.len().min(TEXT_MAX)]);
    match met.deployment.protocol {
        Protocol::Anthropic if met.answer == Answer::Stream => format!("b'{text}'"),
        Protocol::Anthropic => text.into_owned(),
        Protocol::OpenAi
        | Protocol::Azure
        | Protocol::Gemini
        | Protocol::Bedrock
        | Protocol::Ollama => {
            let detail = wire::openai::ErrorDetail::read(met.said).unwrap_or_default();
            match (detail.message.is_empty(), text.trim().is_empty()) {
                (false, _) => detail.message,
                (true, true) => format!("Error code: {status}"),
                (true, false) => text.trim_end().to_owned(),
            }
        }
    }
}

/// How an exception begins that was recognised by the provider's words; `None` if its status made it.
pub(super) fn by_words(protocol: Protocol, class: ErrorClass, text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let timeout = class == ErrorClass::Timeout && lower.contains("request timed out");
    if timeout {
        return Some("APITimeoutError - Request timed out. Error_str: ");
    }
    match (protocol, class) {
        (Protocol::OpenAi, ErrorClass::NotFound) => {
            lower.contains("model_not_found").then_some("OpenAIException - ")
        }
        (Protocol::Azure, ErrorClass::BadRequest) => {
            (!lower.contains("invalid_request_error")).then_some("AzureException - ")
        }
        (Protocol::Azure, ErrorClass::ContentPolicy) => Some(""),
        (Protocol::Anthropic, ErrorClass::ContextWindow | ErrorClass::ContentPolicy) => {
            Some("AnthropicError - ")
        }
        (Protocol::Anthropic, ErrorClass::InternalServer) => {
            lower.contains("overloaded").then_some("AnthropicError - ")
        }
        _ => None,
    }
}

/// An exception of `class` about these words of the provider, as its status makes it.
pub(super) fn by_status(protocol: Protocol, class: ErrorClass, said: &str) -> String {
    let name = match class {
        ErrorClass::Timeout => "Timeout",
        class => class.name(),
    };
    match (protocol, class) {
        (Protocol::OpenAi, ErrorClass::BadRequest) => format!("OpenAIException - {said}"),
        (Protocol::OpenAi, ErrorClass::Timeout) => {
            format!("Timeout Error: OpenAIException - {said}")
        }
        (Protocol::OpenAi, _) => format!("{name}: OpenAIException - {said}"),
        (Protocol::Azure, _) => format!("AzureException {name} - {said}"),
        (Protocol::Anthropic, ErrorClass::BadGateway) => {
            format!("AnthropicException BadGatewayError - {said}")
        }
        (Protocol::Anthropic, ErrorClass::InternalServer | ErrorClass::ServiceUnavailable) => {
            format!("AnthropicException - {said}. Handle with `litellm.{name}`.")
        }
        (Protocol::Anthropic, _) => format!("AnthropicException - {said}"),
        (Protocol::Gemini, _) => format!("GeminiException - {said}"),
        (Protocol::Bedrock, _) => format!("BedrockException - {said}"),
        (Protocol::Ollama, _) => format!("OllamaException - {said}"),
    }
}

/// A number of seconds as a config has it: `2`, `2.5`.
fn as_written(limit: Duration) -> String {
    limit.as_secs_f64().to_string()
}
