//! The pick of one try: a deployment that may be asked, has a place, and into whose words the request can be put.
//!
//! The policy says who may be picked and the strategy picks; here whoever cannot take this request is passed over.
//! Nothing is sent, and no failure is judged.

use http::header::CONTENT_TYPE;

use crate::config::DeploymentIndex;
use crate::config::fleet::Target;
use crate::failover::attempt_guard::{AttemptGuard, Instead};
use crate::failover::client_request::{ClientBody, ClientRequest};
use crate::failover::fallback::Itinerary;
use crate::failover::request_state::RequestState;
use crate::failover::{ability, fallbacks};
use crate::keyed_rng::KeyedRng;
use crate::policy::Abilities;
use crate::policy::candidates::{Cooling, Shortage};
use crate::routing::router::Tried;
use crate::routing::strategy::Ask;
use crate::upstream::continued::{self, Prefill};
use crate::upstream::dialect::{Asked, Refused};
use crate::upstream::failure::Failure;
use crate::upstream::members::Lenience;
use crate::upstream::{Outgoing, additions};

/// Chooses a deployment and puts the request into its words. Those that it cannot be put into are left
/// out of the choice; where nobody else is in the group, members are dropped if that is allowed, and else
/// the first one's refusal is the failure.
pub(super) fn pick(
    request: &ClientRequest,
    state: &mut RequestState,
    (target, itinerary): (&Target, &Itinerary),
    rng: &KeyedRng,
) -> Result<(AttemptGuard, Outgoing), Failure> {
    let at = state.instance.clock.now();
    let ask = Ask {
        group: &target.group,
        order: target.order,
        stream: request.body.head.stream,
        prompt_tokens: request.body.prompt_tokens,
        answer_max: request.body.head.max_tokens,
        at,
        unix_seconds: state.instance.unix_seconds(at),
        tags: &request.tags,
        user_agent: request.user_agent.as_deref(),
    };
    let (mut full, mut waits) = (Vec::new(), None);
    // Ends: each turn takes one deployment out of the choice, or what is dropped into it, once.
    loop {
        let unfit = [&*state.unfit, &*full].concat();
        let whom = Tried { unfit: &unfit, ..state.whom() };
        let router = &state.instance.router;
        let picked = router.pick(&ask, whom, rng).or_else(|nobody| {
            let failure = state.instance.config.personality.policy.nobody(&nobody);
            let elsewhere = fallbacks(request, state, target, &failure).unwrap_or_default();
            if nobody.why != Shortage::AllCooling || itinerary.has_next(&elsewhere) {
                return Err(failure);
            }
            let last_hope = Tried { cooling: Cooling::LastHope, ..whom };
            router.pick(&ask, last_hope, rng).map_err(|_| failure)
        });
        let deployment = match (picked, waits.take()) {
            (Ok(deployment), earlier) => {
                waits = earlier;
                deployment
            }
            (Err(_), Some(waits)) => return Ok(waits),
            (Err(failure), None) => return Err(failure),
        };
        let mut guard = AttemptGuard::of(&state.instance, request, &target.group, deployment);
        match encode(request, state, target, deployment) {
            Ok(outgoing) => match guard.asks_permit().map_err(|full| (full.instead, full.most)) {
                Ok(()) => {
                    state.passes_over(&router.passed_over(&ask, whom, deployment));
                    state.dropped.clone_from(&outgoing.dropped);
                    return Ok((guard, outgoing));
                }
                Err((Instead::Fails(failure), most)) => {
                    state.at_limit(deployment, most);
                    return Err(failure);
                }
                Err((Instead::Spills, most)) => {
                    state.spills(deployment, most);
                    full.push(deployment);
                    waits.get_or_insert((guard, outgoing));
                    continue;
                }
            },
            Err(refused) => state.is_unfit(deployment, refused),
        }
        let deployments = state.instance.router.fleet().members(&target.group);
        let may_drop = deployments.iter().any(|&index| may_drop(request, state, index));
        if state.instance.router.nobody_fits(&target.group, &state.unfit)
            && let Some(refused) = state.make_do(may_drop)
        {
            return Err(Failure::unsupported(&refused.message, &refused.param));
        }
    }
}

fn encode(
    request: &ClientRequest,
    state: &RequestState,
    target: &Target,
    deployment: DeploymentIndex,
) -> Result<Outgoing, Refused> {
    let config = &state.instance.config.deployments[deployment];
    if let Some(other) = target.means_another(config) {
        return Err(ability::of_another(&other));
    }
    let model = target.upstream_model(config);
    let ClientBody { head, bytes, form, .. } = &request.body;
    let parts = form.as_ref().map(|(parts, _)| parts);
    let begun = match &request.continues {
        Some(beginning) => {
            let prefill = Prefill::at(config, head);
            continued::continued(request.endpoint, (head, bytes), beginning, prefill)?
        }
        None => None,
    };
    let (head, bytes) = begun.as_ref().map_or((head, bytes), |(head, body)| (head, body));
    let amended = additions::amended(&config.additions, request.endpoint, (head, bytes))?;
    let (head, bytes) =
        amended.as_ref().map_or((head, bytes), |amended| (&amended.head, &amended.body));
    let lenience = match state.lenience {
        Lenience::Drop if may_drop(request, state, deployment) => Lenience::Drop,
        Lenience::Drop | Lenience::Refuse => Lenience::Refuse,
    };
    match state.instance.config.personality.policy.abilities() {
        Abilities::Heeded => ability::check(config, bytes, state.word)?,
        Abilities::Unheeded => {}
    }
    let endpoint = request.endpoint;
    let relayed = &request.relayed;
    let (body, model) = (bytes, &*model);
    let of_chat = &additions::of_chat(&config.additions, endpoint, head);
    let asked = Asked { endpoint, head, body, form: parts, model, lenience, relayed, of_chat };
    let route = &state.instance.members[deployment].route;
    let mut outgoing = route.encode(&asked, config)?;
    let left_out = amended.map(|amended| amended.left_out).unwrap_or_default();
    outgoing.dropped.splice(0..0, left_out);
    if let Some((_, content_type)) = form {
        // It names the line between the form's parts.
        outgoing.request.headers_mut().insert(CONTENT_TYPE, content_type.clone());
    }
    Ok(outgoing)
}

/// Whether a deployment may be asked without what it cannot be asked: always by `litellm_settings`, else by what
/// the client says, or by the deployment's own word.
fn may_drop(request: &ClientRequest, state: &RequestState, deployment: DeploymentIndex) -> bool {
    let config = &state.instance.config;
    let own = config.deployments[deployment].additions.drop_params;
    config.router.drop_params || request.overrides.drop_params.or(own).unwrap_or(false)
}
