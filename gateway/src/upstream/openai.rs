//! OpenAI's requests: path and key. Bodies and streams go through as they are.

use http::{HeaderName, HeaderValue, header};

use super::{RouteError, credential};
use crate::config::Deployment;

/// `api_base` names the version, as in OpenAI's own SDKs.
pub(super) fn path(deployment: &Deployment) -> String {
    format!("{}/chat/completions", deployment.base_path)
}

pub(super) fn key(
    deployment: &Deployment,
) -> Result<Option<(HeaderName, HeaderValue)>, RouteError> {
    let Some(key) = &deployment.api_key else { return Ok(None) };
    Ok(Some((header::AUTHORIZATION, credential(&format!("Bearer {}", key.reveal()))?)))
}
