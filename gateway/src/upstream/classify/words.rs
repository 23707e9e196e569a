//! The words by which LiteLLM tells one refusal from another, whatever the status says. Tables, in
//! the order in which they are tried; all lower case, searched in lower-cased text.

use vocab::Protocol;

use super::ErrorClass;

/// The class that the words of an error give away; `None` leaves it to the status.
pub(super) fn class(protocol: Protocol, status: u16, text: &str) -> Option<ErrorClass> {
    if any(text, TIMEOUT) {
        return Some(ErrorClass::Timeout);
    }
    match protocol {
        Protocol::OpenAi => openai(text),
        Protocol::Azure => {
            any(text, AZURE_POLICY).then_some(ErrorClass::ContentPolicy).or_else(|| openai(text))
        }
        Protocol::Anthropic => first(text, ANTHROPIC),
        Protocol::Gemini => first(text, GEMINI),
        Protocol::Ollama => None,
        Protocol::Bedrock => first(text, BEDROCK)
            .or_else(|| (status == 500).then_some(ErrorClass::ServiceUnavailable)),
    }
}

fn openai(text: &str) -> Option<ErrorClass> {
    if has_word_429(text) || has_rate_limit(text) || text.contains("service tier capacity exceeded")
    {
        return Some(ErrorClass::RateLimit);
    }
    if any(text, OPENAI_CONTEXT) {
        return Some(ErrorClass::ContextWindow);
    }
    let invalid = text.contains("invalid_request_error");
    if invalid && text.contains("model_not_found") {
        return Some(ErrorClass::NotFound);
    }
    let refused = (invalid && text.contains("content_policy_violation"))
        || text.contains("request was rejected as a result of the safety system")
        || (text.contains("invalid prompt") && text.contains("violating our usage policy"));
    if refused {
        return Some(ErrorClass::ContentPolicy);
    }
    (invalid && !text.contains("incorrect api key provided")).then_some(ErrorClass::BadRequest)
}

type Words = &'static [(&'static str, ErrorClass)];

const TIMEOUT: &[&str] = &["request timed out", "the read operation timed out"];

const OPENAI_CONTEXT: &[&str] = &[
    "this model's maximum context length is",
    "model's maximum context limit",
    "is longer than the model's context length",
    "input tokens exceed the configured limit",
    "exceed context limit",
    "exceeds the maximum number of tokens allowed",
];

const AZURE_POLICY: &[&str] =
    &["responsibleaipolicyviolation", "content management policy", "content_filter_policy"];

const ANTHROPIC: Words = &[
    ("prompt is too long", ErrorClass::ContextWindow),
    ("prompt: length", ErrorClass::ContextWindow),
    ("invalid api key", ErrorClass::Authentication),
    ("content filtering policy", ErrorClass::ContentPolicy),
    ("overloaded", ErrorClass::InternalServer),
];

const GEMINI: Words = &[
    ("400 request payload size exceeds", ErrorClass::ContextWindow),
    ("api key not valid.", ErrorClass::Authentication),
    ("403", ErrorClass::BadRequest),
    ("the response was blocked.", ErrorClass::ContentPolicy),
    ("quota exceeded for", ErrorClass::RateLimit),
    ("resource exhausted", ErrorClass::RateLimit),
    ("the model is overloaded.", ErrorClass::InternalServer),
];

const BEDROCK: Words = &[
    ("too many tokens", ErrorClass::ContextWindow),
    ("input is too long", ErrorClass::ContextWindow),
    ("prompt is too long", ErrorClass::ContextWindow),
    ("too many input tokens", ErrorClass::ContextWindow),
    ("expected maxlength:", ErrorClass::ContextWindow),
    ("malformed input request", ErrorClass::BadRequest),
    ("unable to locate credentials", ErrorClass::Authentication),
    ("security token included in the request is invalid", ErrorClass::Authentication),
    ("accessdeniedexception", ErrorClass::PermissionDenied),
    ("throttlingexception", ErrorClass::RateLimit),
    ("timed out", ErrorClass::Timeout),
];

fn any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

fn first(text: &str, words: Words) -> Option<ErrorClass> {
    words.iter().find(|(word, _)| text.contains(word)).map(|&(_, class)| class)
}

/// `\b429\b`.
fn has_word_429(text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices("429").any(|(start, word)| {
        let before = text[..start].chars().next_back();
        let after = text[start + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// `rate[ _-]*limit`.
fn has_rate_limit(text: &str) -> bool {
    text.match_indices("rate").any(|(start, word)| {
        text[start + word.len()..].trim_start_matches([' ', '_', '-']).starts_with("limit")
    })
}
