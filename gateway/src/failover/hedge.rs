//! One attempt, and a second one beside it where the first is late: whoever has something to commit to first answers,
//! and the other is dropped, which closes its connection.
//!
//! When an attempt is late is the policy's, and how many may have a second one beside them the budget's. One that is to
//! show that its deployment is back has one soon, so that nobody pays for finding out. A deployment
//! that somebody else overtook is suspected of not answering at all, so that its health does not wait for the end of
//! an attempt that may never come. It must never let two answers meet: what is dropped had sent nothing.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use vocab::At;

use crate::config::DeploymentIndex;
use crate::config::fleet::Target;
use crate::failover::attempt::{Answered, Attempt, AttemptError};
use crate::failover::attempt_guard::AttemptGuard;
use crate::failover::client_request::ClientRequest;
use crate::failover::desertion::Presence;
use crate::failover::fallback::Itinerary;
use crate::failover::pick::pick;
use crate::failover::request_state::RequestState;
use crate::failover::{alternative, deadlines, fallbacks};
use crate::instance::Instance;
use crate::keyed_rng::KeyedRng;
use crate::policy::deadlines::{Answer, Budget, Deadlines, Hedge, Standing};
use crate::upstream::Outgoing;
use crate::upstream::failure::{Failure, Trouble};

/// Where a request is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) request: &'a ClientRequest,
    pub(super) target: &'a Target,
    pub(super) itinerary: &'a Itinerary,
}

/// An attempt about to be made.
#[derive(Debug)]
pub(super) struct Sent<'a> {
    pub(super) guard: AttemptGuard,
    pub(super) outgoing: Outgoing,
    /// Draws of this try.
    pub(super) rng: &'a KeyedRng,
}

type Outcome = Result<Answered, Box<AttemptError>>;

/// What an attempt borrows while the state of its request goes on changing.
struct Parts {
    instance: Arc<Instance>,
    call_id: Arc<str>,
    presence: Arc<Presence>,
}

impl Parts {
    fn of(state: &RequestState) -> Self {
        Self {
            instance: Arc::clone(&state.instance),
            call_id: Arc::clone(&state.call_id),
            presence: Arc::clone(&state.presence),
        }
    }

    fn attempt<'a>(
        &'a self,
        request: &'a ClientRequest,
        (deployment, deadlines): (DeploymentIndex, Deadlines),
        rng: &'a KeyedRng,
    ) -> Attempt<'a> {
        let Self { instance, call_id, presence } = self;
        Attempt { instance, request, deployment, deadlines, call_id, rng, presence }
    }
}

/// Makes the attempt, and a second one beside it if it is late and somebody is left.
pub(super) async fn attempt(place: Place<'_>, state: &mut RequestState, sent: Sent<'_>) -> Outcome {
    let Sent { guard, outgoing, rng } = sent;
    let deployment = guard.deployment();
    let parts = Parts::of(state);
    let deadlines = deadlines_at(place, state, deployment);
    let begun = parts.instance.clock.now();
    match parts.instance.router.standing(deployment, begun) {
        Standing::Proven => {}
        Standing::Probed => state.probes(deployment),
    }
    state.presence.awaits(deployment, begun, deadlines.head);
    state.timeout = Some(deadlines.gap);
    let hedges = parts.instance.config.own_settings().hedging > 0.0;
    let hedge = deadlines.hedge.filter(|_| hedges);
    // Half of what a request's future is: kept apart from it.
    let attempt = parts.attempt(place.request, (deployment, deadlines), rng);
    let mut first = Box::pin(attempt.run(guard, outgoing));
    let first_of = First { deployment, begun };
    let result = match hedge {
        None => first.await,
        Some(hedge) => match until_late(first.as_mut(), hedge, state, first_of).await {
            Some(result) => result,
            // Rare, and as large as everything else together.
            None => Box::pin(beside(first.as_mut(), first_of, (place, hedge), state)).await,
        },
    };
    state.presence.awaits_nobody();
    state.upstream_time += parts.instance.clock.now().since(begun);
    result
}

fn deadlines_at(place: Place<'_>, state: &RequestState, deployment: DeploymentIndex) -> Deadlines {
    let instance = &state.instance;
    let since = instance.clock.now().since(state.received);
    let limits = deadlines::limits(instance, deployment, place.request, since);
    let alternative = || alternative(place.request, state, place.target, place.itinerary);
    instance.config.personality.policy.deadlines(limits, &alternative)
}

/// The attempt that was made first.
#[derive(Clone, Copy)]
struct First {
    deployment: DeploymentIndex,
    begun: At,
}

/// What came of an attempt before it was late; nothing, if it is.
async fn until_late(
    mut first: Pin<&mut impl Future<Output = Outcome>>,
    hedge: Hedge,
    state: &RequestState,
    of: First,
) -> Option<Outcome> {
    let Instance { router, members, clock, .. } = &*state.instance;
    router.pays_for_hedges();
    let left_rotation = &members[of.deployment].left_rotation;
    let late = clock.instant(of.begun.plus(hedge.late));
    let usual = clock.instant(of.begun.plus(hedge.usual));
    tokio::select! {
        biased;
        result = &mut first => return Some(result),
        // What took it out of the rotation may happen to this attempt, too.
        () = left_rotation.notified() => return None,
        () = tokio::time::sleep_until(usual) => {}
    }
    let draws = match hedge.budget {
        Budget::Draws => router.may_hedge(),
        Budget::Spares => false,
    };
    if draws {
        return None;
    }
    tokio::select! {
        biased;
        result = first => Some(result),
        () = left_rotation.notified() => None,
        () = tokio::time::sleep_until(late) => None,
    }
}

/// Asks somebody else beside an attempt that is late.
async fn beside(
    mut first: Pin<&mut impl Future<Output = Outcome>>,
    first_of: First,
    (place, hedge): (Place<'_>, Hedge),
    state: &mut RequestState,
) -> Outcome {
    let rng = KeyedRng::for_try(state.instance.seed, &state.luck, state.attempts);
    let Some(second) = somebody_else(place, state, &rng) else { return first.await };
    let SomebodyElse { guard, outgoing, beyond } = second;
    let parts = Parts::of(state);
    let deployment = guard.deployment();
    state.hedges(deployment, parts.instance.clock.now().since(first_of.begun));
    let amended = beyond.as_ref().and_then(|target| amended(place, state, target));
    let request = amended.as_ref().unwrap_or(place.request);
    let deadlines = Deadlines { hedge: None, ..deadlines_at(place, state, deployment) };
    let mut second =
        pin!(parts.attempt(request, (deployment, deadlines), &rng).run(guard, outgoing));
    let (result, by) = tokio::select! {
        biased;
        result = &mut first => (result, By::First),
        result = &mut second => (result, By::Second),
    };
    let (answered, by) = match (result, by) {
        (Ok(answered), by) => (answered, by),
        // Whoever is left may still answer.
        (Err(error), By::First) => {
            state.failed_beside(*error);
            (second.await?, By::Second)
        }
        (Err(error), By::Second) => {
            state.failed_beside(*error);
            return first.await;
        }
    };
    match by {
        By::First => {}
        By::Second => {
            overtaken(first_of, hedge, state, place);
            if let Some(target) = beyond {
                state.falls_back_beside(&target);
            }
        }
    }
    Ok(answered)
}

/// Who answered.
#[derive(Clone, Copy)]
enum By {
    First,
    Second,
}

/// Whoever is asked beside a late attempt.
struct SomebodyElse {
    guard: AttemptGuard,
    outgoing: Outgoing,
    /// The fallback that it belongs to, if nobody was left in the group.
    beyond: Option<Target>,
}

/// Another deployment of the group; where none is left, one of the next fallback.
fn somebody_else(
    place: Place<'_>,
    state: &mut RequestState,
    rng: &KeyedRng,
) -> Option<SomebodyElse> {
    let Place { request, target, itinerary } = place;
    let now = state.instance.clock.now();
    if state.instance.router.situation(&target.group, state.whom(), now).fresh > 0 {
        let (guard, outgoing) = pick(request, state, (target, itinerary), rng).ok()?;
        return Some(SomebodyElse { guard, outgoing, beyond: None });
    }
    let silent = Failure::broken(Trouble::Stalled, "");
    let next = fallbacks(request, state, target, &silent).unwrap_or_default();
    let target = itinerary.peek(&next)?;
    let amended = amended(place, state, &target);
    let request = amended.as_ref().unwrap_or(request);
    let (guard, outgoing) = pick(request, state, (&target, itinerary), rng).ok()?;
    Some(SomebodyElse { guard, outgoing, beyond: Some(target) })
}

/// The request as a fallback is asked it, where the client says so.
fn amended(place: Place<'_>, state: &RequestState, target: &Target) -> Option<ClientRequest> {
    place.request.amended_for(target, state.instance.router.fleet())
}

/// Somebody else answered before the first had said a word. A stream that is late begins somewhere else in a moment; a
/// whole answer may only be a long one.
fn overtaken(first: First, hedge: Hedge, state: &RequestState, place: Place<'_>) {
    let silent = state.instance.clock.now().since(first.begun);
    let enough = match Answer::of(place.request.body.head.stream) {
        Answer::Stream => Duration::ZERO,
        Answer::Whole => hedge.late,
    };
    if silent >= enough {
        state.overtaken(first.deployment);
    }
}
