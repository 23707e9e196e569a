//! Who behind a host is meant, and what is asked of it. Two deployments behind one host are told
//! apart by key, then path, then model.

use http::request::Parts;

use crate::index::{DeploymentIndex, HostIndex};
use crate::persona::{IncomingRequest, Operation, Persona, Prompt, Refusal, Route};
use crate::schedule::model_name_faults::{self, ModelNameFault};
use crate::state::{Deployment, State};

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum ResolvedTarget {
    /// An answer, with the fault that the model's name asks for.
    Prompt(Box<Prompt>, Option<ModelNameFault>),
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
pub(crate) fn resolve_target(
    state: &State,
    host: HostIndex,
    parts: &Parts,
    body: Option<&[u8]>,
) -> (DeploymentIndex, ResolvedTarget) {
    let all = || state.behind(host);
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let on = |path| -> Vec<Candidate<'_>> {
        let candidates = all().filter_map(|deployment| {
            let route = deployment.persona.route(&parts.method, path, query)?;
            Some(Candidate { deployment, route })
        });
        candidates.collect()
    };
    let mut on_path = on(path);
    if on_path.is_empty()
        && let Some(bare) = below_version(path)
    {
        // Others who speak OpenAI's words have their API somewhere else than at its root.
        on_path = on(bare);
        on_path.retain(|candidate| candidate.deployment.persona == Persona::OpenAi);
    }
    let Some(nearest) = on_path.first() else {
        let (method, path) = (parts.method.clone(), path.to_owned());
        let first = all().next().map_or(DeploymentIndex(0), |deployment| deployment.index);
        return (first, ResolvedTarget::Nothing(Refusal::Route { method, path }));
    };
    if nearest.route.operation == Operation::Health {
        return (nearest.deployment.index, ResolvedTarget::Health);
    }
    let unix_s = state.clock.unix_seconds();
    let incoming = IncomingRequest { parts, body: body.unwrap_or_default(), unix_s };
    match with_key(on_path, &incoming) {
        Ok(candidates) if body.is_some() => {
            by_model(&candidates, &incoming, state.journal.is_some())
        }
        Ok(candidates) => (index(&candidates), ResolvedTarget::Nothing(Refusal::TooLarge)),
        Err((index, refusal)) => (index, ResolvedTarget::Nothing(refusal)),
    }
}

/// What follows the last version in a path: `/chat/completions` of `/openai/v1/chat/completions`.
fn below_version(path: &str) -> Option<&str> {
    let is_version = |segment: &str| {
        let digits = segment.strip_prefix('v').map(|digits| digits.as_bytes());
        segment == "beta"
            || digits.is_some_and(|of| !of.is_empty() && of.iter().all(u8::is_ascii_digit))
    };
    let starts = path.match_indices('/').map(|(at, _)| at);
    let ends = starts.clone().skip(1);
    let segments = starts.zip(ends).filter(|(start, end)| is_version(&path[start + 1..*end]));
    segments.last().map(|(_, end)| &path[end..])
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
    incoming: &IncomingRequest<'_>,
) -> Result<Vec<Candidate<'p>>, (DeploymentIndex, Refusal)> {
    let first = index(&on_path);
    let (mut refusal, mut admitted) = (Refusal::NoKey, Vec::with_capacity(on_path.len()));
    for candidate in on_path {
        let deployment = candidate.deployment;
        match deployment.persona.authorize(incoming, &deployment.config.key) {
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
fn by_model(
    candidates: &[Candidate<'_>],
    incoming: &IncomingRequest<'_>,
    asks: bool,
) -> (DeploymentIndex, ResolvedTarget) {
    let Some(nearest) = candidates.first() else {
        return (DeploymentIndex(0), ResolvedTarget::Nothing(Refusal::NoKey));
    };
    let named = |model: &str| {
        let found = candidates.iter().find(|one| one.deployment.config.model == model);
        found.map(|one| one.deployment.index)
    };
    let nothing = |refusal| (nearest.deployment.index, ResolvedTarget::Nothing(refusal));
    let on_path = nearest.route.named.as_deref();
    match nearest.route.operation {
        Operation::Health => return (nearest.deployment.index, ResolvedTarget::Health),
        Operation::Models => return (nearest.deployment.index, ResolvedTarget::Models),
        Operation::Model => {
            let model = on_path.unwrap_or_default();
            return match named(model) {
                Some(index) => (index, ResolvedTarget::Model(model.to_owned())),
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
    let prompt = match nearest.deployment.persona.read(incoming, &nearest.route) {
        Ok(prompt) => prompt,
        Err(complaint) => return nothing(Refusal::Invalid(complaint)),
    };
    let model = on_path.or(prompt.model.as_deref()).unwrap_or_default();
    match named(model) {
        Some(index) => (index, ResolvedTarget::Prompt(Box::new(prompt), None)),
        None if model.is_empty() && prompt.operation == Operation::Moderations => {
            (nearest.deployment.index, ResolvedTarget::Prompt(Box::new(prompt), None))
        }
        None if asks && let Some((plain, fault)) = model_name_faults::split(model) => {
            match named(plain) {
                Some(index) => (index, ResolvedTarget::Prompt(Box::new(prompt), Some(fault))),
                None => nothing(Refusal::Model(model.to_owned())),
            }
        }
        None => nothing(Refusal::Model(model.to_owned())),
    }
}

/// The first one's.
fn index(candidates: &[Candidate<'_>]) -> DeploymentIndex {
    candidates.first().map_or(DeploymentIndex(0), |candidate| candidate.deployment.index)
}

#[cfg(test)]
mod tests {
    use super::below_version;

    #[test]
    fn an_api_may_stand_below_any_path_that_ends_in_a_version() {
        for (path, bare) in [
            ("/api/v1/chat/completions", Some("/chat/completions")),
            ("/inference/v1/models/m", Some("/models/m")),
            ("/beta/chat/completions", Some("/chat/completions")),
            ("/llm/v2/x/v10/embeddings", Some("/embeddings")),
            ("/v1", None),
            ("/vx/chat/completions", None),
            ("/chat/completions", None),
            ("", None),
        ] {
            assert_eq!(below_version(path), bare, "{path}");
        }
    }
}
