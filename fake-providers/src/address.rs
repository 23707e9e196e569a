//! Who behind a host is meant, and what is asked of it. Two deployments behind one host are told
//! apart by key, then path, then model.

use http::request::Parts;

use crate::by_name::{self, Named};
use crate::estate::{Deployment, Estate};
use crate::persona::{Inquiry, Operation, Prompt, Refusal, Route};

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum Meant {
    /// An answer, with the fault that the model's name asks for.
    Prompt(Box<Prompt>, Option<Named>),
    /// The list of models.
    Models,
    /// One of them.
    Model(String),
    /// Whether the fake is up.
    Health,
    /// Nothing that the provider would do.
    Nothing(Refusal),
}

/// Finds the deployment and the request; `body` is `None` if it was too large. A request that is
/// refused is attributed to the deployment that it comes closest to.
pub(crate) fn address(
    estate: &Estate,
    site: usize,
    parts: &Parts,
    body: Option<&[u8]>,
) -> (usize, Meant) {
    let behind = estate.sites.get(site).map_or(&[][..], |site| &site.deployments);
    let all = || behind.iter().filter_map(|index| estate.deployments.get(*index));
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let on_path: Vec<Candidate<'_>> = all()
        .filter_map(|deployment| {
            let route = deployment.persona.route(&parts.method, path, query)?;
            Some(Candidate { deployment, route })
        })
        .collect();
    let Some(nearest) = on_path.first() else {
        let (method, path) = (parts.method.clone(), path.to_owned());
        let first = all().next().map_or(0, |deployment| deployment.index);
        return (first, Meant::Nothing(Refusal::Route { method, path }));
    };
    if nearest.route.operation == Operation::Health {
        return (nearest.deployment.index, Meant::Health);
    }
    let unix_s = estate.clock.unix_seconds();
    let inquiry = Inquiry { parts, body: body.unwrap_or_default(), unix_s };
    match with_key(on_path, &inquiry) {
        Ok(candidates) if body.is_some() => {
            by_model(&candidates, &inquiry, estate.journal.is_some())
        }
        Ok(candidates) => (index(&candidates), Meant::Nothing(Refusal::TooLarge)),
        Err((index, refusal)) => (index, Meant::Nothing(refusal)),
    }
}

/// A deployment that knows the path.
#[derive(Clone, Debug)]
struct Candidate<'p> {
    deployment: &'p Deployment,
    route: Route<'p>,
}

/// Those that the request has the key of; at least one.
fn with_key<'p>(
    on_path: Vec<Candidate<'p>>,
    inquiry: &Inquiry<'_>,
) -> Result<Vec<Candidate<'p>>, (usize, Refusal)> {
    let first = index(&on_path);
    let (mut refusal, mut admitted) = (Refusal::NoKey, Vec::with_capacity(on_path.len()));
    for candidate in on_path {
        let deployment = candidate.deployment;
        match deployment.persona.authorize(inquiry, &deployment.config.key) {
            Ok(()) => admitted.push(candidate),
            Err(Refusal::NoKey) => {}
            // What is wrong with the right key says more than another deployment's no.
            Err(Refusal::WrongKey) if matches!(refusal, Refusal::Invalid(_)) => {}
            Err(other) => refusal = other,
        }
    }
    if admitted.is_empty() { Err((first, refusal)) } else { Ok(admitted) }
}

/// The last step: by the deployment that the path names, or the model that the body names.
/// Where `asks` is set, the name may ask for a fault.
fn by_model(candidates: &[Candidate<'_>], inquiry: &Inquiry<'_>, asks: bool) -> (usize, Meant) {
    let Some(nearest) = candidates.first() else { return (0, Meant::Nothing(Refusal::NoKey)) };
    let named = |model: &str| {
        let found = candidates.iter().find(|one| one.deployment.config.model == model);
        found.map(|one| one.deployment.index)
    };
    let nothing = |refusal| (nearest.deployment.index, Meant::Nothing(refusal));
    let on_path = nearest.route.named.as_deref();
    match nearest.route.operation {
        Operation::Health => return (nearest.deployment.index, Meant::Health),
        Operation::Models => return (nearest.deployment.index, Meant::Models),
        Operation::Model => {
            let model = on_path.unwrap_or_default();
            return match named(model) {
                Some(index) => (index, Meant::Model(model.to_owned())),
                None => nothing(Refusal::Model(model.to_owned())),
            };
        }
        Operation::Chat
        | Operation::Responses
        | Operation::Completions
        | Operation::Invoke
        | Operation::Embeddings
        | Operation::Moderations
        | Operation::CountTokens => {}
    }
    let prompt = match nearest.deployment.persona.read(inquiry, &nearest.route) {
        Ok(prompt) => prompt,
        Err(complaint) => return nothing(Refusal::Invalid(complaint)),
    };
    let model = on_path.or(prompt.model.as_deref()).unwrap_or_default();
    match named(model) {
        Some(index) => (index, Meant::Prompt(Box::new(prompt), None)),
        None if model.is_empty() && prompt.operation == Operation::Moderations => {
            (nearest.deployment.index, Meant::Prompt(Box::new(prompt), None))
        }
        None if asks && let Some((plain, fault)) = by_name::split(model) => match named(plain) {
            Some(index) => (index, Meant::Prompt(Box::new(prompt), Some(fault))),
            None => nothing(Refusal::Model(model.to_owned())),
        },
        None => nothing(Refusal::Model(model.to_owned())),
    }
}

/// The first one's.
fn index(candidates: &[Candidate<'_>]) -> usize {
    candidates.first().map_or(0, |candidate| candidate.deployment.index)
}
