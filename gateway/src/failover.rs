//! The story of a request, on one screen: rank, attempt, decide, and in the end commit or give up.
//!
//! Everything that decides is elsewhere and pure: the `strategy` behind the router ranks, `retry` and
//! `fallback` say what follows a failure, `patience` how long to wait. Tries are bounded by the retry
//! plan per group and in all, groups by the itinerary. Once a reply is handed to `commit` there is no
//! way back into this loop.

use std::sync::Arc;

use http::{HeaderMap, Response};

use crate::answer::{self, AnswerBody};
use crate::attempt::{Answered, Attempt, Fault, Reply};
use crate::classify::{Failure, Trouble};
use crate::closing;
use crate::commit::Committed;
use crate::config::Personality;
use crate::exchange::Exchange;
use crate::fallback::{Itinerary, Wishes, fallback_groups};
use crate::fleet::Target;
use crate::lease::Lease;
use crate::luck::Luck;
use crate::patience::{Patience, Spare};
use crate::retry::{Decision, RetryPlan, Subject};
use crate::strategy::Ask;
use crate::trail::Trail;

/// Tries of one request at most, in all groups together: whatever a config and a client add up to, one
/// request must not become a flood.
const TRIES_MAX: u32 = 64;

/// Answers one request.
pub(crate) async fn answer(exchange: &Exchange, mut trail: Trail) -> Response<AnswerBody> {
    let closing = Arc::clone(&trail.closing);
    let answered = match closing.unless_over(anybody(exchange, &mut trail)).await {
        Some(answered) => answered,
        None => Err(Lost::of(closing::failure())),
    };
    match answered {
        Ok(answered) => commit(answered, trail),
        Err(lost) => {
            let message = lost.message(exchange, &trail);
            trail.gave_up(lost.failure.status, lost.failure.reason);
            answer::error(&trail, &lost.failure, &message, &lost.headers)
        }
    }
}

/// Goes through the target and its fallbacks until somebody answers. If nobody does, the error is
/// that of the first target.
async fn anybody(exchange: &Exchange, trail: &mut Trail) -> Result<Answered, Lost> {
    let depth_max = trail.instance.config.router.max_fallbacks;
    let mut itinerary = Itinerary::new(&exchange.target, depth_max);
    let mut target = exchange.target.clone();
    let mut first: Option<Lost> = None;
    loop {
        let lost = match somebody(exchange, trail, &target, &itinerary).await {
            Ok(answered) => return Ok(answered),
            Err(lost) => lost,
        };
        let fallbacks = fallbacks(exchange, trail, &target, &lost.failure);
        let lost = match first.take() {
            None => lost,
            Some(first) => Lost { last_words: Some(lost.failure.message), ..first },
        };
        match itinerary.next(fallbacks) {
            Some(next) if trail.tries < TRIES_MAX => {
                trail.fall_back(&next.group);
                target = next;
                first = Some(lost);
            }
            Some(_) | None => return Err(lost),
        }
    }
}

/// Tries deployments of one target until one answers or the retry plan stops.
async fn somebody(
    exchange: &Exchange,
    trail: &mut Trail,
    target: &Target,
    itinerary: &Itinerary,
) -> Result<Answered, Lost> {
    let mut plan = RetryPlan::new(exchange.wishes.num_retries);
    let mut why = None;
    loop {
        let luck = Luck::for_try(trail.instance.seed, &trail.call_id, trail.attempts);
        trail.tries += 1;
        let lost = match pick(exchange, trail, target, &luck) {
            Ok(lease) => {
                trail.sends(lease.deployment(), why.take());
                let spare = spare(exchange, trail, target, itinerary);
                match attempt(exchange, trail, target, lease, spare).await {
                    Ok(answered) => return Ok(answered),
                    Err(fault) => Lost::after(*fault, trail),
                }
            }
            Err(nobody) => Lost::of(nobody),
        };
        let config = &trail.instance.config;
        // LiteLLM does not retry what had begun as a stream: on to the fallbacks.
        let unrepeatable = lost.in_stream && config.personality == Personality::Litellm1106;
        if unrepeatable || trail.tries >= TRIES_MAX {
            return Err(lost);
        }
        let now = trail.instance.clock.now();
        let fallbacks = fallbacks(exchange, trail, target, &lost.failure);
        let mut situation = trail.instance.router.situation(&target.group, &trail.tried, now);
        situation.has_fallback = itinerary.has_next(&fallbacks);
        let subject = Subject { config, group: &target.group };
        let decision = plan.after_failure(subject, &lost.failure, situation, &luck);
        trail.retries_max = plan.retries_max(&trail.instance.config);
        match decision {
            Decision::Retry { wait } => {
                trail.instance.clock.sleep(wait).await;
                why = Some(wait);
            }
            Decision::Stop { wait } => {
                trail.instance.clock.sleep(wait).await;
                return Err(lost);
            }
        }
    }
}

fn pick(
    exchange: &Exchange,
    trail: &Trail,
    target: &Target,
    luck: &Luck,
) -> Result<Lease, Failure> {
    let at = trail.instance.clock.now();
    let ask = Ask {
        group: &target.group,
        order: target.order,
        stream: exchange.head.stream,
        prompt_tokens: exchange.prompt_tokens,
        at,
        unix_seconds: trail.instance.unix_seconds(at),
    };
    match trail.instance.router.pick(&ask, &trail.tried, luck) {
        Ok(deployment) => Ok(Lease::of(&trail.instance, exchange, &target.group, deployment)),
        Err(nobody) => Err(nobody.failure()),
    }
}

async fn attempt(
    exchange: &Exchange,
    trail: &mut Trail,
    target: &Target,
    lease: Lease,
    spare: Spare,
) -> Result<Answered, Box<Fault>> {
    let instance = &trail.instance;
    let deployment = lease.deployment();
    let config = &instance.config.deployments[deployment];
    let patience = Patience::new(&instance.config, config, exchange, spare);
    let call_id = &trail.call_id;
    let begun = instance.clock.now();
    let attempt = Attempt { instance, exchange, target, deployment, patience, call_id };
    let result = attempt.run(lease).await;
    trail.timeout = Some(patience.gap);
    trail.upstream_time += trail.instance.clock.now().since(begun);
    result
}

/// Whether anybody is left should the attempt under way be given up.
fn spare(exchange: &Exchange, trail: &Trail, target: &Target, itinerary: &Itinerary) -> Spare {
    if trail.instance.config.personality == Personality::Litellm1106 {
        return Spare::None;
    }
    let now = trail.instance.clock.now();
    let situation = trail.instance.router.situation(&target.group, &trail.tried, now);
    let silent = || Failure::broken(Trouble::Stalled, "");
    let fallbacks = || fallbacks(exchange, trail, target, &silent());
    if situation.fresh > 0 || itinerary.has_next(&fallbacks()) { Spare::Left } else { Spare::None }
}

fn fallbacks(exchange: &Exchange, trail: &Trail, from: &Target, failure: &Failure) -> Vec<Target> {
    let (disabled, models) = (exchange.wishes.disable_fallbacks, &*exchange.wishes.fallbacks);
    let wishes = Wishes { disabled, models };
    fallback_groups(trail.instance.router.fleet(), from, failure, wishes)
}

fn commit(answered: Answered, mut trail: Trail) -> Response<AnswerBody> {
    let Answered { lease, headers, reply } = answered;
    let deployment = lease.deployment();
    match reply {
        Reply::Whole(body) => {
            trail.served(deployment);
            answer::whole(&trail, deployment, &headers, body)
        }
        Reply::Stream(held) => {
            let headers = answer::headers(&trail, Some(deployment), &headers);
            answer::stream(headers, Committed::new(*held, lease, trail))
        }
    }
}

/// A target that did not answer.
#[derive(Debug)]
struct Lost {
    failure: Failure,
    headers: HeaderMap,
    in_stream: bool,
    /// What the last fallback said, if there was one.
    last_words: Option<String>,
}

impl Lost {
    fn after(fault: Fault, trail: &mut Trail) -> Self {
        let Fault { mut lease, failure, headers, in_stream } = fault;
        trail.attempt_failed(&mut lease, &failure);
        Self { headers, in_stream, ..Self::of(failure) }
    }

    fn of(failure: Failure) -> Self {
        Self { failure, headers: HeaderMap::new(), in_stream: false, last_words: None }
    }

    /// The error's text as LiteLLM builds it: the first target's words, and what became of the rest.
    fn message(&self, exchange: &Exchange, trail: &Trail) -> String {
        let said = answer::text(trail.instance.config.personality, &self.failure);
        let fallbacks = fallbacks(exchange, trail, &exchange.target, &self.failure);
        let names: Vec<String> =
            fallbacks.iter().map(|target| format!("'{}'", target.group)).collect();
        let names = match names.as_slice() {
            [] => "None".to_owned(),
            names => format!("[{}]", names.join(", ")),
        };
        let mut text = format!(
            "{said} Received Model Group={}\nAvailable Model Group Fallbacks={names}",
            exchange.model
        );
        if let Some(last_words) = &self.last_words {
            text.push_str("\nError doing the fallback: ");
            text.push_str(last_words);
        }
        text
    }
}
