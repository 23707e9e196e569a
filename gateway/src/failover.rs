//! The loop of a request: pick, attempt, decide, and in the end commit or give up.
//!
//! Everything that decides is elsewhere and pure: the strategy behind the router picks, the policy says
//! what follows a failure, where to fall back to, and how long to wait. Tries are bounded by the retry
//! plan per group and in all, groups by the itinerary. Once a reply is handed to `commit` there is no
//! way back into this loop.

pub(crate) mod ability;
pub(crate) mod attempt;
pub(crate) mod attempt_guard;
pub(crate) mod client_request;
pub(crate) mod commit;
pub(crate) mod deadlines;
pub(crate) mod desertion;
pub(crate) mod echoes;
pub(crate) mod elements;
pub(crate) mod error_envelope;
pub(crate) mod estimate;
pub(crate) mod fallback;
pub(crate) mod foreseen;
pub(crate) mod health_check;
mod hedge;
pub(crate) mod outlook;
mod pick;
pub(crate) mod reach;
pub(crate) mod request_state;
pub(crate) mod response;
mod resume;
pub(crate) mod retry;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Response};

use crate::config::DeploymentIndex;
use crate::config::fleet::Target;
use crate::keyed_rng::KeyedRng;
use crate::policy::deadlines::{Alternative, Answer};
use crate::policy::fallbacks::{FallbackQuery, NoFallback};
use crate::policy::met::{Met, Stage};
use crate::policy::retry::{NextStep, NoRetry, Phase};
use crate::policy::wording::{Attempts, Down, Fallbacks, Silence};
use crate::policy::{Deserted, Filtered};
use crate::shutdown::{self, ServerEnd};
use crate::upstream::dialect::Says;
use crate::upstream::failure::{Failure, Reason, Trouble};
use world::ChunkBuf;

use attempt::{Answered, AttemptError, Reply};
use client_request::ClientRequest;
use commit::Committed;
use desertion::outlast;
use fallback::{Itinerary, RequestedFallbacks, fallback_targets};
use hedge::{Place, Sent};
use pick::pick;
use request_state::RequestState;
use response::{AnswerBody, Cost};
use resume::Resumption;
use retry::{Failed, RetryPlan};

/// Tries of one request at most, in all groups together: whatever a config and a client add up to, one
/// request must not become a flood.
const TRIES_MAX: u32 = 64;

/// Answers one request; whether it outlasts its client is the policy's. `server` is the end of the one that
/// took the request.
pub(crate) async fn answer(
    request: Arc<ClientRequest>,
    state: RequestState,
    server: ServerEnd,
) -> Response<AnswerBody> {
    match state.instance.config.personality.policy.deserted() {
        Deserted::Stops => Box::pin(serve(request, state)).await,
        Deserted::GoesOn => {
            let presence = Arc::clone(&state.presence);
            outlast(presence, server, Box::pin(serve(request, state))).await
        }
    }
}

async fn serve(request: Arc<ClientRequest>, mut state: RequestState) -> Response<AnswerBody> {
    let request = &request;
    let shutdown = Arc::clone(&state.shutdown);
    let answered = match shutdown.unless_over(try_targets(request, &mut state)).await {
        Some(answered) => answered,
        None => Err(TargetFailed::of(shutdown::failure())),
    };
    match answered {
        Ok(answered) => commit(request, answered, state),
        Err(failed) if is_uncounted(request, &failed.failure) => {
            state.answered_here();
            response::estimate(&state, estimate::input_tokens(&request.body.bytes))
        }
        Err(failed) => give_up(request, state, failed),
    }
}

/// Whether a count was asked for that nobody of the group can make.
fn is_uncounted(request: &ClientRequest, failure: &Failure) -> bool {
    request.endpoint.counts() && failure.reason == Reason::Unsupported
}

/// The error that is left; behind the frames that the client would have of a stream that broke.
fn give_up(
    request: &ClientRequest,
    mut state: RequestState,
    failed: TargetFailed,
) -> Response<AnswerBody> {
    let failure = last_failure(request, &state, &failed);
    let message = failed.message(request, &state, &failure);
    let TargetFailed { headers, frames, phase, .. } = failed;
    match (frames, state.tried.last().copied()) {
        (Some(frames), Some(deployment)) => {
            state.called_off(deployment, &failure);
            response::broken(&state, deployment, &headers, (frames, &failure))
        }
        _ => {
            state.gave_up(failure.status, failure.reason);
            response::error(&state, (&failure, phase), &message, &headers)
        }
    }
}

/// Goes through the target and its fallbacks until one answers. If none does, the error is that of
/// the first target.
async fn try_targets(
    request: &ClientRequest,
    state: &mut RequestState,
) -> Result<Answered, TargetFailed> {
    let depth_max = state.instance.config.router.max_fallbacks;
    let mut itinerary = Itinerary::new(&request.target, depth_max);
    let mut target = request.target.clone();
    let mut first: Option<TargetFailed> = None;
    let mut amended: Option<ClientRequest> = None;
    loop {
        let asked = amended.as_ref().unwrap_or(request);
        let failed = match try_group(asked, state, &target, &itinerary).await {
            Ok(answered) => return Ok(answered),
            Err(failed) if failed.failure.reason == Reason::NoMemory => return Err(failed),
            Err(failed) => failed,
        };
        let since = state.instance.clock.now().since(state.received);
        let fallbacks = match deadlines::left(&state.instance.config, request, since) {
            Some(Duration::ZERO) => Err(NoFallback::NoTime),
            Some(_) | None => fallbacks(request, state, &target, &failed.failure),
        };
        let failed = match first.take() {
            None => failed,
            Some(first) => TargetFailed { last_fallback: Some(failed.failure.message), ..first },
        };
        let tries_max = NoFallback::TriesMax { tries: TRIES_MAX };
        let next = itinerary.next(fallbacks);
        match next.and_then(|next| if state.tries < TRIES_MAX { Ok(next) } else { Err(tries_max) })
        {
            Ok(next) => {
                state.fall_back(&next.group);
                amended = request.amended_for(&next, state.instance.router.fleet());
                target = next;
                first = Some(failed);
            }
            Err(why) => {
                state.no_fallback(why);
                return Err(failed);
            }
        }
    }
}

/// Tries deployments of one target until one answers or the policy stops.
async fn try_group(
    request: &ClientRequest,
    state: &mut RequestState,
    target: &Target,
    itinerary: &Itinerary,
) -> Result<Answered, TargetFailed> {
    let mut plan = RetryPlan::new(request.overrides.num_retries);
    state.called = Arc::clone(&target.called);
    let mut waited = None;
    state.instance.router.pays_for_retries(&target.group, state.instance.clock.now());
    loop {
        let rng = KeyedRng::for_try(state.instance.seed, &state.luck, state.attempts);
        state.tries += 1;
        state.tries_here += 1;
        let failed = match pick(request, state, (target, itinerary), &rng) {
            Ok((guard, outgoing)) => {
                state.sends(guard.deployment(), waited.take());
                let place = Place { request, target, itinerary };
                match hedge::attempt(place, state, Sent { guard, outgoing, rng: &rng }).await {
                    Ok(answered) => match filtered(request, state, target, &answered) {
                        None => return Ok(answered),
                        Some(failure) => {
                            answered.withdraw();
                            TargetFailed::of(failure)
                        }
                    },
                    Err(error) => TargetFailed::after(*error, state),
                }
            }
            Err(nobody) => TargetFailed::of(nobody),
        };
        if failed.failure.reason == Reason::NoMemory {
            // Whoever is asked next is paid for an answer that there is no room for either.
            state.no_retry(NoRetry::KindNotRetried);
            return Err(failed);
        }
        if state.tries >= TRIES_MAX {
            state.no_retry(NoRetry::TriesMax { tries: TRIES_MAX });
            return Err(failed);
        }
        let (config, now) = (&state.instance.config, state.instance.clock.now());
        let left = deadlines::left(config, request, now.since(state.received));
        let fallbacks = fallbacks(request, state, target, &failed.failure);
        let mut situation = state.instance.router.situation(&target.group, state.whom(), now);
        situation.has_fallback = itinerary.has_next(fallbacks.as_deref().unwrap_or_default());
        let (group, failure, phase) = (&*target.group, &failed.failure, failed.phase);
        let step = plan.after_failure(&Failed { config, group, failure, phase, situation }, &rng);
        state.retries_max = plan.retries_max(config);
        match step {
            NextStep::Retry { wait } if left.is_some_and(|left| left <= wait) => {
                let longest = left.unwrap_or_default();
                state.no_retry(NoRetry::LongWait { asked: wait, longest });
                return Err(failed);
            }
            NextStep::Retry { wait } => {
                if let Err(share) = state.instance.router.may_retry(&target.group, now) {
                    state.no_retry(NoRetry::BudgetUsed { share });
                    return Err(failed);
                }
                state.instance.clock.sleep(wait).await;
                waited = Some(wait);
            }
            NextStep::Stop { wait, why } => {
                state.no_retry(why);
                state.instance.clock.sleep(wait).await;
                return Err(failed);
            }
        }
    }
}

/// An answer that the provider's filter stopped, and of which the client has nothing, is a failure where the policy knows somebody else to ask.
fn filtered(
    request: &ClientRequest,
    state: &RequestState,
    target: &Target,
    answered: &Answered,
) -> Option<Failure> {
    let (answer, stage, is_filtered) = match &answered.reply {
        Reply::Whole(answer) => (Answer::Whole, Stage::Whole, answer.says == Says::Filtered),
        Reply::Stream(held) => {
            let seen = held.reader.seen();
            (Answer::Stream, Stage::Stream, seen.filtered && seen.outputs == 0)
        }
    };
    if !is_filtered || request.overrides.disable_fallbacks {
        return None;
    }
    let instance = &state.instance;
    let (fleet, requested) = (instance.router.fleet(), &*request.overrides.fallbacks);
    let by_class = Some(&request.overrides.fallbacks_by_class);
    let failure = Failure::filtered();
    let query = FallbackQuery { fleet, from: target, failure: &failure, requested, by_class };
    match instance.config.personality.policy.filtered_answer(&query, answer) {
        Filtered::Passed => return None,
        Filtered::Withdrawn => {}
    }
    let deployment = &instance.config.deployments[answered.guard.deployment()];
    let met = Met { deployment, answer, stage, limit: Duration::ZERO, said: &[] };
    let failure = instance.config.personality.policy.named(failure, &met);
    state.answer_withdrawn(&failure);
    Some(failure)
}

/// Whether anybody is left should the attempt under way be given up.
fn alternative(
    request: &ClientRequest,
    state: &RequestState,
    target: &Target,
    itinerary: &Itinerary,
) -> Alternative {
    let now = state.instance.clock.now();
    let situation = state.instance.router.situation(&target.group, state.whom(), now);
    let silent = || Failure::broken(Trouble::Stalled, "");
    let fallbacks = || fallbacks(request, state, target, &silent());
    if situation.fresh > 0 || itinerary.has_next(&fallbacks().unwrap_or_default()) {
        Alternative::Left
    } else {
        Alternative::None
    }
}

fn fallbacks(
    request: &ClientRequest,
    state: &RequestState,
    from: &Target,
    failure: &Failure,
) -> Result<Vec<Target>, NoFallback> {
    let overrides = &request.overrides;
    let (disabled, models) = (overrides.disable_fallbacks, &*overrides.fallbacks);
    let by_class = Some(&overrides.fallbacks_by_class);
    let requested = RequestedFallbacks { disabled, models, by_class };
    fallback_targets(state.instance.router.fleet(), from, failure, requested)
}

fn commit(
    request: &Arc<ClientRequest>,
    answered: Answered,
    mut state: RequestState,
) -> Response<AnswerBody> {
    let Answered { guard, headers, reply } = answered;
    let deployment = guard.deployment();
    match reply {
        Reply::Whole(answer) => {
            state.served(deployment);
            response::whole(&state, deployment, &headers, answer)
        }
        Reply::Stream(held) => {
            // The head went out with the frames that were seen first, whoever goes on with the answer.
            let headers = state.sent_head.take().unwrap_or_else(|| {
                response::headers(&state, Some(deployment), &headers, Cost::Unknown)
            });
            let wording = state.endpoint.row().wording;
            let on_break = state.instance.config.own_settings().on_break;
            let resumption = Resumption::of(request, on_break);
            response::stream(headers, wording, Committed::new(*held, (guard, state), resumption))
        }
    }
}

/// A target that did not answer.
#[derive(Debug)]
struct TargetFailed {
    failure: Failure,
    headers: HeaderMap,
    phase: Phase,
    /// Frames of a stream that broke, if the client is to see them.
    frames: Option<ChunkBuf>,
    /// What the last fallback said, if there was one.
    last_fallback: Option<String>,
}

impl TargetFailed {
    fn after(error: AttemptError, state: &mut RequestState) -> Self {
        let AttemptError { mut guard, failure, headers, phase, frames } = error;
        state.attempt_failed(&mut guard, &failure);
        if frames.is_some() && state.sent_head.is_none() {
            let deployment = Some(guard.deployment());
            let head = response::headers(state, deployment, &headers, Cost::Unknown);
            state.sent_head = Some(head);
        }
        Self { headers, phase, frames, ..Self::of(failure) }
    }

    fn of(failure: Failure) -> Self {
        let phase = Phase::BeforeStream;
        Self { failure, headers: HeaderMap::new(), phase, frames: None, last_fallback: None }
    }

    /// The error's text: the first target's words, and what became of the rest.
    fn message(&self, request: &ClientRequest, state: &RequestState, last: &Failure) -> String {
        let config = &state.instance.config;
        let fallbacks = fallbacks(request, state, &request.target, &self.failure);
        let fallbacks: Vec<Arc<str>> =
            fallbacks.into_iter().flatten().map(|target| target.group).collect();
        let groups_with_fallbacks: Vec<Arc<str>> =
            config.router.fallbacks.keys().cloned().collect();
        let attempts = Attempts {
            model: &request.model,
            fallbacks: &fallbacks,
            last_fallback: self.last_fallback.as_deref(),
            groups_with_fallbacks: &groups_with_fallbacks,
            phase: self.phase,
            wanted: match request.overrides.disable_fallbacks {
                true => Fallbacks::Disabled,
                false => Fallbacks::Wanted,
            },
        };
        config.personality.policy.last_words(last, &attempts)
    }
}

/// What the client gets, by the policy, when nothing more can be tried.
fn last_failure(request: &ClientRequest, state: &RequestState, failed: &TargetFailed) -> Failure {
    let (config, router) = (&state.instance.config, &state.instance.router);
    let name = |index: DeploymentIndex| config.deployments[index].id.as_str();
    let asked = state.failures.iter().map(|(index, failure)| (*index, Silence::Failed(failure)));
    let mut deployments: Vec<(DeploymentIndex, Silence<'_>)> = asked.collect();
    let members = router.fleet().members(&request.target.group);
    let cooling = router.cooling(state.instance.clock.now());
    let waits = cooling.iter().filter(|(index, _)| {
        members.contains(index) || state.failures.iter().any(|(whose, _)| whose == index)
    });
    let soonest = waits.clone().map(|(_, wait)| *wait).min();
    for (index, wait) in waits {
        if !deployments.iter().any(|(whose, _)| whose == index) {
            deployments.push((*index, Silence::Cools(*wait)));
        }
    }
    let deployments: Vec<(&str, Silence<'_>)> =
        deployments.into_iter().map(|(index, why)| (name(index), why)).collect();
    let down = Down { deployments: &deployments, soonest };
    config.personality.policy.last_failure(failed.failure.clone(), &down)
}
