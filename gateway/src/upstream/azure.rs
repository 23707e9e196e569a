//! Azure's requests: the path names the deployment and the API version, the key has a header of its own.
//! Bodies are OpenAI's; the first frame of a stream is the filter's and says nothing.

use http::HeaderName;
use wire::azure::NamedBase;

use super::dialect::Dialect;
use super::openai;
use super::provider::{Call, Headers, Provider};
use super::{RouteError, bearer, credential};
use crate::config::{Deployment, Platform};
use crate::endpoint::Endpoint;

/// What LiteLLM 1.106 asks for where the config names no version.
const API_VERSION_DEFAULT: &str = "2025-02-01-preview";

/// Azure OpenAI.
#[derive(Debug)]
pub(super) struct Azure;

impl Provider for Azure {
    /// Azure filters by itself and has no moderations.
    fn dialect(&self, endpoint: Endpoint, _: Platform) -> Option<&'static dyn Dialect> {
        if endpoint == Endpoint::Moderations { None } else { openai::dialect(endpoint) }
    }

    fn path(&self, deployment: &Deployment, call: Call<'_>) -> String {
        let version = deployment.api_version.as_deref().unwrap_or(API_VERSION_DEFAULT);
        let version = wire::percent::segment(version);
        let endpoint = call.endpoint.row().path;
        let (before, named) = wire::azure::base(&deployment.base_path);
        let at = |name: &str| match call.endpoint == Endpoint::Responses {
            // The one endpoint whose body names the deployment, not its path.
            true => format!("/openai{endpoint}?api-version={version}"),
            false => wire::azure::deployment_path(name, endpoint, &version),
        };
        match named {
            NamedBase::V1 => format!("{before}/openai/v1{endpoint}"),
            NamedBase::Resource => format!("{before}{}", at(&wire::percent::segment(call.model))),
            NamedBase::Deployment(name) => format!("{before}{}", at(name)),
        }
    }

    fn headers(&self, deployment: &Deployment) -> Result<Headers, RouteError> {
        if let Some(token) = &deployment.azure_ad_token {
            return Ok(vec![bearer(token)?]);
        }
        let Some(key) = &deployment.api_key else { return Ok(Headers::new()) };
        let name = HeaderName::from_static(wire::azure::API_KEY);
        Ok(vec![(name, credential(key.reveal())?)])
    }
}
