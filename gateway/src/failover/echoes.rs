//! What a provider says that no client may hear: the key that it was called with, which some repeat in
//! the text of a refusal or in a header, and cookies, which are between it and this gateway.
//!
//! It must never know what a failure means.

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue, SET_COOKIE};

use crate::config::Deployment;
use crate::upstream::failure::Failure;

/// What stands for a key.
const MARK: &str = "[redacted]";

/// Shortest key that is looked for: a shorter one is found in innocent words, and guards nothing.
const KEY_MIN: usize = 8;

/// The same failure without the key of the deployment that it happened at.
pub(crate) fn unsaid(mut failure: Failure, deployment: &Deployment) -> Failure {
    let Some(key) = key(deployment) else { return failure };
    let said = |text: &str| text.contains(key).then(|| text.replace(key, MARK));
    if let Some(message) = said(&failure.message) {
        failure.message = message;
    }
    if let Some(param) = failure.param.as_deref().and_then(said) {
        failure.param = Some(param.into());
    }
    if let Some(kind) = failure.kind.as_deref().and_then(said) {
        failure.kind = Some(kind.into());
    }
    failure
}

/// The headers of a deployment's answer without cookies, and without those that hold its key.
pub(crate) fn passable(mut headers: HeaderMap, deployment: &Deployment) -> HeaderMap {
    headers.remove(SET_COOKIE);
    let Some(key) = key(deployment).map(str::as_bytes) else { return headers };
    let holds = |value: &HeaderValue| {
        let value = value.as_bytes();
        value.len() >= key.len() && value.windows(key.len()).any(|window| window == key)
    };
    let echoing: Vec<HeaderName> =
        headers.iter().filter(|(_, value)| holds(value)).map(|(name, _)| name.clone()).collect();
    echoing.iter().for_each(|name| {
        headers.remove(name);
    });
    headers
}

fn key(deployment: &Deployment) -> Option<&str> {
    let key = deployment.api_key.as_ref().map(|key| key.reveal());
    key.filter(|key| key.len() >= KEY_MIN)
}
