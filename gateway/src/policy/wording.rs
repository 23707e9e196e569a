//! What clients read of an error, in the form that personalities share unless they have one of their own.

use std::sync::Arc;
use std::time::Duration;

use super::retry::Phase;
use crate::upstream::failure::{ErrorClass, Failure};

/// What was tried for a request that gets an error.
#[derive(Clone, Copy, Debug)]
pub struct Attempts<'a> {
    /// The model that the client asked for.
    pub model: &'a str,
    /// Groups and deployments that were there to fall back to.
    pub fallbacks: &'a [Arc<str>],
    /// What the last of them said, if one was gone to.
    pub last_fallback: Option<&'a str>,
    /// Groups for which the config names fallbacks, in order.
    pub groups_with_fallbacks: &'a [Arc<str>],
    /// How far the attempt had come whose error it is.
    pub phase: Phase,
    /// Whether the request wants fallbacks.
    pub wanted: Fallbacks,
}

/// What stands at the end of a request that nobody answered.
#[derive(Clone, Copy, Debug)]
pub struct Down<'a> {
    /// The deployments that were asked, in the order of their first attempt, each with what its last one came to; then
    /// those of the requested group that cool and were not asked.
    pub deployments: &'a [(&'a str, Silence<'a>)],
    /// The soonest instant at which one of them may answer again, from now on; `None` if nobody says one.
    pub soonest: Option<Duration>,
}

/// Why a deployment has not answered.
#[derive(Clone, Copy, Debug)]
pub enum Silence<'a> {
    /// Its last attempt failed.
    Failed(&'a Failure),
    /// It was not asked, since it cools for so long.
    Cools(Duration),
}

/// Whether a request may go elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallbacks {
    /// As the config says.
    Wanted,
    /// The request says no.
    Disabled,
}

/// The first target's words, and what became of the rest.
pub(super) fn last_words(said: &str, attempts: &Attempts<'_>) -> String {
    let names: Vec<String> = attempts.fallbacks.iter().map(|name| format!("'{name}'")).collect();
    let names = match names.as_slice() {
        [] => "None".to_owned(),
        names => format!("[{}]", names.join(", ")),
    };
    let mut text = format!(
        "{said} Received Model Group={}\nAvailable Model Group Fallbacks={names}",
        attempts.model
    );
    if let Some(last) = attempts.last_fallback {
        text.push_str("\nError doing the fallback: ");
        text.push_str(last);
    }
    text
}

/// `error.type`: the provider's own where it says what is wrong with the request.
pub(super) fn error_type(failure: &Failure) -> Option<&str> {
    match failure.class {
        // A refusal without upstream is the router's own.
        ErrorClass::RateLimit if failure.upstream_status.is_none() => failure.kind.as_deref(),
        ErrorClass::RateLimit => Some("throttling_error"),
        ErrorClass::Authentication => Some("auth_error"),
        ErrorClass::BadRequest
        | ErrorClass::ContextWindow
        | ErrorClass::ContentPolicy
        | ErrorClass::UnprocessableEntity
        | ErrorClass::NotFound
        | ErrorClass::PermissionDenied => failure.kind.as_deref().or(Some("invalid_request_error")),
        ErrorClass::Timeout
        | ErrorClass::InternalServer
        | ErrorClass::BadGateway
        | ErrorClass::ServiceUnavailable
        | ErrorClass::ApiConnection
        | ErrorClass::Api
        | ErrorClass::Unexpected => failure.kind.as_deref(),
    }
}
