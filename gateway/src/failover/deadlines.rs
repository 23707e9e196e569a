//! The limits that one attempt is given: what request, deployment and router say, in LiteLLM's order.
//! What follows from them is the policy's.

use std::time::Duration;

use crate::config::{Config, Deployment};
use crate::failover::client_request::ClientRequest;
use crate::policy::cooldown::LimitSetBy;
use crate::policy::deadlines::{Answer, Limits};

/// The limits of an attempt at `deployment`.
pub(crate) fn limits(config: &Config, deployment: &Deployment, request: &ClientRequest) -> Limits {
    let answer = Answer::of(request.body.head.stream);
    let stream_timeout = match answer {
        Answer::Stream => streams(config, deployment, request),
        Answer::Whole => None,
    };
    Limits { answer, timeout: plain(config, deployment, request), stream_timeout }
}

/// Who set the limits of a request's attempts. LiteLLM asks whether the request names any at all.
pub(crate) fn set_by(request: &ClientRequest) -> LimitSetBy {
    let overrides = &request.overrides;
    match overrides.timeout.or(overrides.stream_timeout) {
        Some(_) => LimitSetBy::Request,
        None => LimitSetBy::Config,
    }
}

/// For whole answers, and for streams without a limit of their own.
fn plain(config: &Config, deployment: &Deployment, request: &ClientRequest) -> Duration {
    request.overrides.timeout.or(deployment.timeout).unwrap_or(config.router.timeout)
}

fn streams(config: &Config, deployment: &Deployment, request: &ClientRequest) -> Option<Duration> {
    let requested = request.overrides.stream_timeout.or(deployment.stream_timeout);
    requested.or(config.router.stream_timeout)
}
