//! When to come back, as the head of a refusal says it: in seconds, as a date, in milliseconds, in
//! each provider's own header, or not at all.
//!
//! Whether that is also said in the body is the provider's own file's business.

use std::time::Duration;

use super::{Headers, Persona, Refusal, azure, bedrock};
use crate::action::{ProviderErrorKind, RetryForm};

/// What a refusal that is said at `unix_s` says in headers: `retry-after` (whole seconds, rounded
/// up, if a fault asks for nothing else), `retry-after-ms` (on Bedrock `x-amz-retry-after`),
/// `x-should-retry`, and on Bedrock the error's name. Gemini says it all in the body.
pub(crate) fn retry_headers(persona: Persona, refusal: &Refusal, unix_s: u64) -> Headers {
    let seconds = |wait: Duration| wait.as_nanos().div_ceil(1_000_000_000).to_string();
    let millis = |wait: Duration| wait.as_nanos().div_ceil(1_000_000).to_string();
    let mut headers = match persona {
        Persona::Bedrock => bedrock::error_headers(refusal),
        Persona::OpenAi
        | Persona::Azure
        | Persona::Anthropic
        | Persona::Gemini
        | Persona::Ollama => Headers::new(),
    };
    match refusal {
        Refusal::Injected(error) => {
            let (usual, usual_ms) = match persona {
                Persona::Azure => azures_usual(error.kind),
                Persona::OpenAi
                | Persona::Anthropic
                | Persona::Gemini
                | Persona::Bedrock
                | Persona::Ollama => (None, None),
            };
            let (after, after_ms) =
                (error.retry_after.or(usual), error.retry_after_ms.or(usual_ms));
            let written = |wait: Duration| match error.form {
                RetryForm::Seconds => seconds(wait),
                RetryForm::Float => format!("{:.3}", wait.as_secs_f64()),
                RetryForm::Date => date(unix_s, wait),
            };
            headers.extend(after.map(|wait| ("retry-after", written(wait))));
            let should = error.should_retry;
            headers.extend(should.map(|should| ("x-should-retry", should.to_string())));
            headers.extend(after_ms.map(|wait| (in_millis(persona), millis(wait))));
        }
        Refusal::Exceeded(excess) => match persona {
            Persona::OpenAi | Persona::Azure => {
                headers.push(("retry-after", seconds(excess.wait)));
                headers.push(("retry-after-ms", millis(excess.wait)));
            }
            Persona::Anthropic => headers.push(("retry-after", seconds(excess.wait))),
            Persona::Gemini | Persona::Bedrock | Persona::Ollama => {}
        },
        Refusal::NoKey
        | Refusal::WrongKey
        | Refusal::Route { .. }
        | Refusal::Model(_)
        | Refusal::TooLarge
        | Refusal::TooLong { .. }
        | Refusal::Blocked
        | Refusal::Invalid(_) => {}
        Refusal::Overloaded => match persona {
            Persona::Azure => headers.push(("retry-after", seconds(azure::OVERLOADED_WAIT))),
            Persona::OpenAi
            | Persona::Anthropic
            | Persona::Gemini
            | Persona::Bedrock
            | Persona::Ollama => {}
        },
    }
    headers
}

/// What Azure says where a fault asks for no wait of its own: a wait, and one in milliseconds.
const fn azures_usual(kind: ProviderErrorKind) -> (Option<Duration>, Option<Duration>) {
    match kind {
        // What it tells a request that can never fit.
        ProviderErrorKind::Never24h => (Some(Duration::from_secs(86_400)), None),
        ProviderErrorKind::Ptu => (None, Some(Duration::from_millis(250))),
        ProviderErrorKind::Plain
        | ProviderErrorKind::Rate
        | ProviderErrorKind::Tokens
        | ProviderErrorKind::Quota
        | ProviderErrorKind::Ramp
        | ProviderErrorKind::HighDemand
        | ProviderErrorKind::ContextLength
        | ProviderErrorKind::ContentPolicy
        | ProviderErrorKind::KeyRevoked
        | ProviderErrorKind::ModelRemoved
        | ProviderErrorKind::Permission => (None, None),
    }
}

/// The header with the milliseconds.
const fn in_millis(persona: Persona) -> &'static str {
    match persona {
        Persona::Bedrock => "x-amz-retry-after",
        Persona::OpenAi
        | Persona::Azure
        | Persona::Anthropic
        | Persona::Gemini
        | Persona::Ollama => "retry-after-ms",
    }
}

/// So long after `unix_s`, as an HTTP date.
pub(crate) fn date(unix_s: u64, wait: Duration) -> String {
    let until = Duration::from_secs(unix_s).saturating_add(wait);
    // Ten years at most, far from where dates end.
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + until)
}
