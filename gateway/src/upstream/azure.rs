//! Azure's requests: the path names the deployment and the API version, the key has a header of its own.
//! Bodies are OpenAI's; the first frame of a stream is the filter's and says nothing.

use http::{HeaderName, HeaderValue};

use super::{RouteError, credential};
use crate::config::Deployment;

/// What LiteLLM 1.106 asks for where the config names no version.
const API_VERSION_DEFAULT: &str = "2025-02-01-preview";

/// `model` is the deployment's name at Azure.
pub(super) fn path(deployment: &Deployment, model: &str) -> String {
    let version = deployment.api_version.as_deref().unwrap_or(API_VERSION_DEFAULT);
    let path = wire::azure::chat_completions_path(model, version);
    // An `api_base` that already ends in `/openai` is what Azure's portal shows.
    let base = deployment.base_path.strip_suffix("/openai").unwrap_or(&deployment.base_path);
    format!("{base}{path}")
}

pub(super) fn key(
    deployment: &Deployment,
) -> Result<Option<(HeaderName, HeaderValue)>, RouteError> {
    let Some(key) = &deployment.api_key else { return Ok(None) };
    Ok(Some((HeaderName::from_static(wire::azure::API_KEY), credential(key.reveal())?)))
}
