//! The limits that one attempt is given: what request, deployment and router say, in LiteLLM's order.
//! What follows from them is the policy's.

use std::time::Duration;

use crate::config::{Config, Deployment, DeploymentIndex};
use crate::failover::client_request::ClientRequest;
use crate::instance::Instance;
use crate::policy::cooldown::LimitSetBy;
use crate::policy::deadlines::{Answer, Limits, Pace, Thinking};
use crate::policy::{OwnLimit, WatchesPace};
use crate::routing::usual::Expected;

/// The limits of an attempt at the deployment `index`, of a request that has been under way for `since`.
pub(crate) fn limits(
    instance: &Instance,
    index: DeploymentIndex,
    request: &ClientRequest,
    since: Duration,
) -> Limits {
    let (config, deployment) = (&instance.config, &instance.config.deployments[index]);
    let answer = Answer::of(request.body.head.stream);
    let stream_timeout = match answer {
        Answer::Stream => streams(config, deployment, request),
        Answer::Whole => None,
    };
    let left = left(config, request, since);
    let pace = match config.personality.policy.watches_pace() {
        WatchesPace::No => Pace::default(),
        WatchesPace::Yes => Pace {
            usual: instance.router.usual(
                index,
                Expected {
                    answer,
                    prompt_tokens: request.body.prompt_tokens,
                    answer_max: request.body.head.max_tokens,
                },
            ),
            prompt_tokens: request.body.prompt_tokens,
            thinking: match request.body.head.thinks {
                true => Thinking::Asked,
                false => Thinking::Unasked,
            },
            standing: instance.router.standing(index, instance.clock.now()),
        },
    };
    Limits { answer, timeout: plain(config, deployment, request), stream_timeout, left, pace }
}

/// What is left of the time that a request itself allows, where that bounds all of its attempts.
pub(crate) fn left(config: &Config, request: &ClientRequest, since: Duration) -> Option<Duration> {
    match config.personality.policy.own_limit() {
        OwnLimit::EachAttempt => None,
        OwnLimit::Everything => own(request).map(|limit| limit.saturating_sub(since)),
    }
}

/// The request's own limit for its sort of answer.
fn own(request: &ClientRequest) -> Option<Duration> {
    let overrides = &request.overrides;
    match Answer::of(request.body.head.stream) {
        Answer::Stream => overrides.stream_timeout.or(overrides.timeout),
        Answer::Whole => overrides.timeout,
    }
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
