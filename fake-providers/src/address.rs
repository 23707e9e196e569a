//! Who behind a host is meant, and what is asked of it. Two deployments behind one host are told
//! apart by key, then path, then model.

use http::request::Parts;

use crate::estate::{Deployment, Estate};
use crate::persona::{Prompt, Refusal, Route};

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum Meant {
    /// An answer.
    Prompt(Prompt),
    /// The list of models.
    Models,
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
    let all: Vec<&Deployment> =
        behind.iter().filter_map(|index| estate.deployments.get(*index)).collect();
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let route = |deployment: &Deployment| deployment.persona.route(&parts.method, path, query);
    let on_path: Vec<&Deployment> =
        all.iter().copied().filter(|deployment| route(deployment) != Route::Unknown).collect();
    let Some(nearest) = on_path.first() else {
        let (method, path) = (parts.method.clone(), path.to_owned());
        let first = all.first().map_or(0, |deployment| deployment.index);
        return (first, Meant::Nothing(Refusal::Route { method, path }));
    };
    if route(nearest) == Route::Health {
        return (nearest.index, Meant::Health);
    }
    if on_path.iter().all(|deployment| deployment.persona.key(&parts.headers).is_none()) {
        return (nearest.index, Meant::Nothing(Refusal::NoKey));
    }
    let with_key: Vec<&Deployment> = on_path
        .iter()
        .copied()
        .filter(|deployment| {
            deployment.persona.key(&parts.headers) == Some(&*deployment.config.key)
        })
        .collect();
    let Some(nearest) = with_key.first() else {
        return (nearest.index, Meant::Nothing(Refusal::WrongKey));
    };
    let named = match route(nearest) {
        Route::Models => return (nearest.index, Meant::Models),
        Route::Chat { deployment } => deployment,
        Route::Health | Route::Unknown => None,
    };
    by_model(&with_key, nearest, (parts, named), body)
}

/// The last step: by the deployment that the path names, or the model that the body names.
fn by_model(
    candidates: &[&Deployment],
    nearest: &Deployment,
    (parts, named): (&Parts, Option<&str>),
    body: Option<&[u8]>,
) -> (usize, Meant) {
    let Some(body) = body else {
        return (nearest.index, Meant::Nothing(Refusal::TooLarge));
    };
    let prompt = match nearest.persona.read(&parts.headers, body) {
        Ok(prompt) => prompt,
        Err(complaint) => return (nearest.index, Meant::Nothing(Refusal::Invalid(complaint))),
    };
    let model = named.or(prompt.model.as_deref()).unwrap_or_default();
    match candidates.iter().find(|deployment| deployment.config.model == model) {
        Some(deployment) => (deployment.index, Meant::Prompt(prompt)),
        None => (nearest.index, Meant::Nothing(Refusal::Model(model.to_owned()))),
    }
}
