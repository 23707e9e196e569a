//! What a provider says that no client may hear: the key that it was called with, which some repeat in
//! the text of a refusal or in a header, and cookies, which are between it and this gateway.
//!
//! It must never know what a failure means.

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue, SET_COOKIE};

use crate::config::{Deployment, Secret};
use crate::upstream::failure::Failure;

/// What stands for a key.
const MARK: &str = "[redacted]";

/// Shortest key that is looked for: a shorter one is found in innocent words, and guards nothing.
const KEY_MIN: usize = 8;

/// The same failure without the keys of the deployment that it happened at.
pub(crate) fn unsaid(mut failure: Failure, of: (&Deployment, &[Secret])) -> Failure {
    for key in keys(of) {
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
    }
    failure
}

/// The headers of a deployment's answer without cookies, and without those that hold one of its keys.
pub(crate) fn passable(mut headers: HeaderMap, of: (&Deployment, &[Secret])) -> HeaderMap {
    headers.remove(SET_COOKIE);
    let holds = |value: &HeaderValue, key: &[u8]| {
        let value = value.as_bytes();
        value.len() >= key.len() && value.windows(key.len()).any(|window| window == key)
    };
    for key in keys(of).map(str::as_bytes) {
        let echoing = headers.iter().filter(|(_, value)| holds(value, key));
        let echoing: Vec<HeaderName> = echoing.map(|(name, _)| name.clone()).collect();
        echoing.iter().for_each(|name| {
            headers.remove(name);
        });
    }
    headers
}

/// What a deployment is called with and nobody else may hear; `fetched` stands in no config.
fn keys<'k>(
    (deployment, fetched): (&'k Deployment, &'k [Secret]),
) -> impl Iterator<Item = &'k str> {
    let aws = deployment.aws_keys.iter().flat_map(|keys| {
        [Some(&keys.access_key_id), Some(&keys.secret_access_key), keys.session_token.as_ref()]
    });
    let all = deployment.api_key.iter().chain(&deployment.azure_ad_token);
    let all = all.chain(aws.flatten()).chain(fetched).map(Secret::reveal);
    all.chain(deployment.additions.secrets()).filter(|key| key.len() >= KEY_MIN)
}
