//! Checks of health: requests that the gateway makes of itself, so that a deployment that was out comes back without a
//! client's request having to show it.
//!
//! A check asks for next to nothing and is a probe like any other for the health book. One at a time is under way at a
//! deployment, each within its limit. Nothing runs where the config has nobody checked. What a check says of its
//! deployment is the policy's; it must never answer a client, nor count as a client's request.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::json;
use tokio::task::{Id, JoinSet};
use tokio::time::sleep_until;
use vocab::At;
use wire::openai::RequestHead;

use crate::admission::Answers;
use crate::config::fleet::Target;
use crate::config::{CheckAsks, DeploymentIndex, HealthChecks};
use crate::endpoint::Endpoint;
use crate::failover::attempt::{Attempt, AttemptError};
use crate::failover::attempt_guard::AttemptGuard;
use crate::failover::client_request::{ClientBody, ClientRequest, Overrides};
use crate::failover::desertion::Presence;
use crate::failover::estimate;
use crate::instance::{Current, Instance};
use crate::keyed_rng::KeyedRng;
use crate::observer::{CheckResult, Choice};
use crate::policy::cooldown::{CooldownStep, NoCooldown, NthFailure};
use crate::policy::deadlines::Deadlines;
use crate::upstream::dialect::Asked;
use crate::upstream::members::Lenience;
use crate::upstream::{Outgoing, additions};

/// Least time from the end of a check to the next of the same deployment: several that are to show that it is back show it
/// over some time, and one that could not be made is not made again at once.
const PAUSE: Duration = Duration::from_secs(1);

/// What checks are called where requests have a call id: it is no request's number.
const CALL_ID: &str = "health-check";

/// What a deployment is asked.
const PROMPT: &str = "ping";

/// Checks the deployments of whoever serves, for ever; dropped, it ends every check under way.
pub(crate) async fn checks(current: Current) -> Infallible {
    loop {
        let instance = current.instance();
        tokio::select! {
            biased;
            () = current.replaced(&instance) => {}
            never = checks_of(&instance) => match never {},
        }
    }
}

async fn checks_of(instance: &Arc<Instance>) -> Infallible {
    let Some(mut agenda) = Agenda::of(instance) else { return pending().await };
    let mut under_way = JoinSet::new();
    let mut whose: BTreeMap<Id, DeploymentIndex> = BTreeMap::new();
    loop {
        for deployment in agenda.due(instance) {
            let checked = Box::pin(check(Arc::clone(instance), deployment));
            whose.insert(under_way.spawn(checked).id(), deployment);
        }
        let next = agenda.next(instance);
        tokio::select! {
            biased;
            Some(ended) = under_way.join_next_with_id() => {
                let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
                if let Some(deployment) = whose.remove(&id) {
                    agenda.ended(deployment, instance.clock.now());
                }
            }
            () = instance.somebody_left.notified() => {}
            () = come(instance, next) => {}
        }
    }
}

async fn come(instance: &Instance, at: Option<At>) {
    match at {
        Some(at) => sleep_until(instance.clock.instant(at)).await,
        None => pending().await,
    }
}

/// When which deployment is checked.
#[derive(Debug)]
struct Agenda {
    every: Option<Duration>,
    deployments: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    deployment: DeploymentIndex,
    under_way: bool,
    /// When the last check ended, and as much later as it rests.
    rests_until: At,
    /// When it is checked whatever its health.
    regular: Option<At>,
}

impl Agenda {
    /// Nobody has been checked; `None` where nobody is to be. Regular checks are spread over their interval, so that a
    /// fleet is not asked at one instant.
    fn of(instance: &Instance) -> Option<Self> {
        let checks = instance.config.own_settings().health_checks;
        let fleet = &instance.config.deployments;
        let all = DeploymentIndex::all(fleet.len());
        let checked = |index: &DeploymentIndex| fleet[*index].checked_by() != CheckAsks::Nothing;
        let checked: Vec<DeploymentIndex> = all.filter(checked).collect();
        if checks == HealthChecks::Off || checked.is_empty() {
            return None;
        }
        let (now, parts) = (instance.clock.now(), u32::try_from(checked.len()).unwrap_or(u32::MAX));
        let entry = |(place, deployment): (u32, DeploymentIndex)| Entry {
            deployment,
            under_way: false,
            rests_until: now,
            regular: checks.every().map(|every| now.plus(every / parts * place)),
        };
        let deployments = (0..).zip(checked).map(entry).collect();
        Some(Self { every: checks.every(), deployments })
    }

    /// Who is to be checked now; they are taken for under way.
    fn due(&mut self, instance: &Instance) -> Vec<DeploymentIndex> {
        let now = instance.clock.now();
        let out: BTreeMap<DeploymentIndex, Duration> =
            instance.router.out(now).into_iter().collect();
        let mut due = Vec::new();
        for entry in &mut self.deployments {
            let is_regular = entry.regular.is_some_and(|regular| regular <= now);
            if let (true, Some(every)) = (is_regular, self.every) {
                entry.regular = Some(now.plus(every));
            }
            let is_due = match out.get(&entry.deployment) {
                Some(left) => left.is_zero(),
                None => is_regular,
            };
            if is_due && !entry.under_way && entry.rests_until <= now {
                entry.under_way = true;
                due.push(entry.deployment);
            }
        }
        due
    }

    /// When somebody is to be checked next, for all that is known.
    fn next(&self, instance: &Instance) -> Option<At> {
        let now = instance.clock.now();
        let out: BTreeMap<DeploymentIndex, Duration> =
            instance.router.out(now).into_iter().collect();
        let next = |entry: &Entry| {
            let back = out.get(&entry.deployment).map(|left| now.plus(*left));
            [back, entry.regular].into_iter().flatten().min().map(|at| at.max(entry.rests_until))
        };
        let idle = self.deployments.iter().filter(|entry| !entry.under_way);
        idle.filter_map(next).min()
    }

    /// The check of a deployment is over.
    fn ended(&mut self, deployment: DeploymentIndex, at: At) {
        let of = self.deployments.iter_mut().find(|entry| entry.deployment == deployment);
        if let Some(entry) = of {
            (entry.under_way, entry.rests_until) = (false, at.plus(PAUSE));
        }
    }
}

/// Checks a deployment, and says what came of it.
async fn check(instance: Arc<Instance>, deployment: DeploymentIndex) {
    let Some((request, outgoing)) = asked(&instance, deployment) else {
        return instance.router.cannot_be_checked(deployment);
    };
    let begun = instance.clock.now();
    let limit = instance.config.deployments[deployment].health_check.timeout();
    let guard = AttemptGuard::of(&instance, &request, &request.target.group, deployment);
    let presence = Presence::new(Arc::clone(&instance), Arc::from(CALL_ID), begun);
    let rng = KeyedRng::for_try(instance.seed, CALL_ID, 0);
    let attempt = Attempt {
        instance: &instance,
        request: &request,
        deployment,
        deadlines: within(limit),
        call_id: CALL_ID,
        rng: &rng,
        presence: &presence,
    };
    let ended = attempt.run(guard.checking(), outgoing).await;
    let took = instance.clock.now().since(begun);
    let tell = |result| instance.tell("", Some(deployment), Choice::Checked { result, took });
    match ended {
        Ok(_) => tell(CheckResult::Passed),
        Err(error) => {
            let AttemptError { mut guard, failure, .. } = *error;
            let (step, reason) = (guard.failed(&failure, NthFailure::First), failure.reason);
            // Whoever says what is wrong with a request is there.
            tell(match step {
                CooldownStep::None(NoCooldown::RequestAtFault) => CheckResult::Passed,
                CooldownStep::None(_) | CooldownStep::Begins(_) | CooldownStep::Prolonged(_) => {
                    CheckResult::Failed { reason }
                }
            });
            instance.tell_cooldown("", deployment, (step, reason));
        }
    }
}

/// All of it within `limit`.
const fn within(limit: Duration) -> Deadlines {
    Deadlines {
        head: limit,
        first_word: None,
        silence: limit,
        gap: limit,
        whole: Some(limit),
        hedge: None,
        alarm: None,
        left: Some(limit),
    }
}

/// What a deployment is asked, in the client's words and in its own; `None` if it cannot be asked that.
fn asked(instance: &Instance, index: DeploymentIndex) -> Option<(ClientRequest, Outgoing)> {
    let deployment = &instance.config.deployments[index];
    let check = &deployment.health_check;
    let (group, model) = (&deployment.group, check.model.as_ref().unwrap_or(&deployment.model));
    let (endpoint, body) = match deployment.checked_by() {
        CheckAsks::Chat => (
            Endpoint::Chat,
            json!({
                "model": &**group,
                "messages": [{ "role": "user", "content": PROMPT }],
                "max_tokens": check.max_tokens(),
            }),
        ),
        CheckAsks::Embedding => {
            (Endpoint::Embeddings, json!({ "model": &**group, "input": PROMPT }))
        }
        CheckAsks::Nothing => return None,
    };
    let bytes = Bytes::from(body.to_string());
    let head = RequestHead::scan(&bytes).ok()?;
    let prompt_tokens = estimate::tokens(&bytes);
    let request = ClientRequest {
        endpoint,
        model: Arc::clone(group),
        target: Target {
            called: Arc::clone(group),
            group: Arc::clone(group),
            only: Some(index),
            order: None,
            wildcard: None,
        },
        body: ClientBody { head, bytes, form: None, prompt_tokens },
        relayed: HeaderMap::new(),
        overrides: Overrides::default(),
        tags: Vec::new(),
        user_agent: None,
        continues: None,
        room: Arc::default(),
        answers: Answers::default(),
    };
    let ClientBody { head, bytes, .. } = &request.body;
    let amended = additions::amended(&deployment.additions, endpoint, (head, bytes)).ok()?;
    let (head, body) = amended.as_ref().map_or((head, bytes), |other| (&other.head, &other.body));
    let of_chat = &additions::of_chat(&deployment.additions, endpoint, head);
    let (relayed, lenience) = (&request.relayed, Lenience::Drop);
    let asked = Asked { endpoint, head, body, form: None, model, lenience, relayed, of_chat };
    let outgoing = instance.members[index].route.encode(&asked, deployment).ok()?;
    Some((request, outgoing))
}
