//! Which exception LiteLLM makes of a failure (litellm 1.106, `litellm_core_utils/exception_mapping_utils.py`,
//! and what its clients of providers raise before that): class, status, `error.type` and words.
//!
//! The same failure has another name at another provider, and another one within a stream: a dead
//! connection is an `InternalServerError` at OpenAI and Anthropic and an `APIConnectionError` at Azure, and
//! only the latter never cools. Words that quote Python (tracebacks, the texts of its JSON parser) are not
//! imitated.

mod answers;
mod words;

use vocab::Protocol;

use super::super::met::{Met, Stage};
use super::release::Release;
use crate::upstream::failure::{ErrorClass, Failure, Reason};

/// A failure under the name that LiteLLM gives it.
pub(super) fn named(failure: &Failure, met: &Met<'_>, release: Release) -> Failure {
    let raised = match met.stage {
        Stage::Unanswered => unanswered(failure, met),
        Stage::Refused => refused(failure, met),
        Stage::Whole => answers::whole(failure, met),
        Stage::Mocked => Raised::new(failure.class, failure.status, failure.message.clone()),
        Stage::Stream => answers::stream(failure, met, release.silent_stream()),
    };
    let message = words::shown(&raised, met);
    let Raised { class, status, counts_as, kind, param, .. } = raised;
    Failure { class, status, counts_as, message, kind, param, ..*failure }
}

/// `error.type` of a failure that brings none along.
pub(super) fn kind(failure: &Failure) -> &'static str {
    words::kind(failure.class, failure.status)
}

/// A status for which nobody cools: what is raised within a stream is raised again behind the place that counts.
const COOLS_NOBODY: u16 = 400;

/// An exception as LiteLLM raises it.
struct Raised {
    class: ErrorClass,
    status: u16,
    /// Status that cooldowns go by, where it is another one.
    counts_as: Option<u16>,
    /// What it is raised with, before its class adds a prefix.
    message: String,
    /// `error.type` at the client.
    kind: Option<Box<str>>,
    /// `error.param` at the client.
    param: Option<Box<str>>,
}

impl Raised {
    /// An exception with the `error.type` that its class or its status stands for.
    fn new(class: ErrorClass, status: u16, message: String) -> Self {
        let kind = Some(Box::from(words::kind(class, status)));
        Self { class, status, counts_as: None, message, kind, param: None }
    }
}

/// No head came: silence is a timeout everywhere, a connection that fails has a name per provider.
fn unanswered(failure: &Failure, met: &Met<'_>) -> Raised {
    if failure.reason == Reason::Timeout {
        return timed_out(met);
    }
    // What the provider cannot even be asked.
    if failure.reason == Reason::BadRequest {
        return Raised::new(failure.class, failure.status, failure.message.clone());
    }
    connection(met, &failure.message)
}

fn timed_out(met: &Met<'_>) -> Raised {
    let class = ErrorClass::Timeout;
    Raised::new(class, class.status(), words::timed_out(met))
}

/// A connection that could not be made, or that broke in a whole answer.
fn connection(met: &Met<'_>, detail: &str) -> Raised {
    let protocol = met.deployment.protocol;
    let (class, said) = match protocol {
        Protocol::Azure => (ErrorClass::ApiConnection, "Connection error."),
        Protocol::OpenAi | Protocol::Gemini | Protocol::Bedrock | Protocol::Ollama => {
            (ErrorClass::InternalServer, "Connection error.")
        }
        Protocol::Anthropic => (ErrorClass::InternalServer, detail),
    };
    Raised::new(class, class.status(), words::by_status(protocol, class, said))
}

/// A provider's refusal. Its words come first, its status second; what neither explains is an `APIError`.
fn refused(failure: &Failure, met: &Met<'_>) -> Raised {
    let protocol = met.deployment.protocol;
    let status = failure.upstream_status.unwrap_or(failure.status);
    let class = class_of(protocol, status, failure.class);
    let text = String::from_utf8_lossy(met.said);
    let said = words::of_refusal(met, status);
    let message = match words::by_words(protocol, class, &text) {
        Some(lead) => format!("{lead}{said}"),
        None => words::by_status(protocol, class, &said),
    };
    let client_status = match (protocol, class) {
        // Anthropic's "overloaded" is an InternalServerError, whose status is its own.
        (Protocol::Anthropic, ErrorClass::InternalServer) => class.status(),
        _ => failure.status,
    };
    let raised = Raised::new(class, client_status, message);
    if !hands_body_on(protocol, class, status) {
        return raised;
    }
    let kind = match class {
        // Exceptions whose type is their own.
        ErrorClass::RateLimit | ErrorClass::InternalServer => raised.kind,
        _ => failure.kind.clone().or(raised.kind),
    };
    Raised { kind, param: failure.param.clone(), ..raised }
}

/// The class of a refusal, where LiteLLM's differs from what its words and its status say.
fn class_of(protocol: Protocol, status: u16, class: ErrorClass) -> ErrorClass {
    match (protocol, class) {
        (Protocol::Anthropic, ErrorClass::Api) if status < 500 => ErrorClass::BadRequest,
        (_, ErrorClass::UnprocessableEntity) => ErrorClass::BadRequest,
        (Protocol::OpenAi | Protocol::Azure, ErrorClass::PermissionDenied) => ErrorClass::Api,
        (Protocol::OpenAi, ErrorClass::InternalServer) if status == 529 => ErrorClass::Api,
        (Protocol::Azure, ErrorClass::InternalServer) => ErrorClass::Api,
        (_, class) => class,
    }
}

/// Whether LiteLLM hands the provider's body on with the exception, and so its `type` and `param`.
fn hands_body_on(protocol: Protocol, class: ErrorClass, status: u16) -> bool {
    match protocol {
        Protocol::OpenAi => matches!(
            class,
            ErrorClass::BadRequest
                | ErrorClass::ContentPolicy
                | ErrorClass::RateLimit
                | ErrorClass::InternalServer
        ),
        Protocol::Azure => class == ErrorClass::BadRequest && status == 400,
        Protocol::Anthropic | Protocol::Gemini | Protocol::Bedrock | Protocol::Ollama => false,
    }
}
