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
    // Below the path of its own address first; then at the root, where whoever is pointed at fakes asks.
    let below_own = all().filter_map(|deployment| {
        let path = below(&deployment.config.root, path)?;
        let route = deployment.persona.route(&parts.method, path, query)?;
        Some(Candidate { deployment, route })
    });
    let mut on_path: Vec<Candidate<'_>> = below_own.collect();
    if on_path.is_empty() {
        on_path = on(path);
    }
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

/// What of a path stands below `root`, if it does.
fn below<'p>(root: &str, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(root).filter(|rest| rest.starts_with('/'))
}

/// Whether a deployment's model is `model`, or a pattern that admits it.
fn admits(own: &str, model: &str) -> bool {
    let mut literals = own.split('*');
    let Some(mut rest) = literals.next().and_then(|head| model.strip_prefix(head)) else {
        return false;
    };
    let mut literals = literals.peekable();
    if literals.peek().is_none() {
        return rest.is_empty();
    }
    // A star takes at least one character, and as few as it can: one pass decides.
    while let Some(literal) = literals.next() {
        let first = rest.chars().next().map_or(0, char::len_utf8);
        if first == 0 {
            return false;
        }
        if literals.peek().is_none() {
            return rest[first..].ends_with(literal);
        }
        match rest[first..].find(literal) {
            Some(at) => rest = &rest[first + at + literal.len()..],
            None => return false,
        }
    }
    false
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
        let own = |one: &&Candidate<'_>| {
            one.deployment.persona.bare(&one.deployment.config.model) == model
        };
        let exactly = candidates.iter().find(own);
        let by_pattern =
            || candidates.iter().find(|one| admits(&one.deployment.config.model, model));
        exactly.or_else(by_pattern).map(|one| one.deployment.index)
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
        | Operation::Speech
        | Operation::Drawing
        | Operation::Transcription
        | Operation::CountTokens => {}
    }
    let mut prompt = match nearest.deployment.persona.read(incoming, &nearest.route) {
        Ok(prompt) => prompt,
        Err(complaint) => return nothing(Refusal::Invalid(complaint)),
    };
    let model = on_path.or(prompt.model.as_deref()).unwrap_or_default().to_owned();
    let model = model.as_str();
    if candidates.iter().any(|one| one.deployment.config.model.contains('*')) {
        // Whoever answers to a pattern says which of its models it is.
        prompt.model = Some(model.to_owned());
    }
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
    use super::{admits, below, below_version};

    #[test]
    fn a_model_is_asked_for_by_its_name_or_by_one_that_its_pattern_admits() {
        for (own, model, is) in [
            ("gpt-4o", "gpt-4o", true),
            ("gpt-4o", "gpt-4o-mini", false),
            ("*", "gpt-4o", true),
            ("*", "", false),
            ("claude-*", "claude-3", true),
            ("claude-*", "claude-", false),
            ("claude-*", "gpt-4o", false),
            ("*-mini", "gpt-4o-mini", true),
            ("*-mini", "-mini", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "abc", false),
        ] {
            assert_eq!(admits(own, model), is, "{own} {model}");
        }
    }

    #[test]
    fn a_root_ends_where_a_segment_does() {
        assert_eq!(below("/openai", "/openai/v1/models"), Some("/v1/models"));
        assert_eq!(below("", "/v1/models"), Some("/v1/models"));
        assert_eq!(below("/open", "/openai/v1"), None);
        assert_eq!(below("/openai", "/v1/models"), None);
    }

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
