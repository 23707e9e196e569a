//! OpenAI's requests: paths and key. Bodies and streams go through as they are.

use http::HeaderName;

use super::dialect::Dialect;
use super::forwarded;
use super::messages;
use super::provider::{Call, Headers, Provider};
use super::{RouteError, bearer, contents, converse, credential};
use crate::config::{Deployment, Platform};
use crate::endpoint::{Endpoint, Kind, Wording};

/// How who speaks OpenAI's words serves an endpoint: its own as they are, others by way of chat completions.
pub(super) fn dialect(endpoint: Endpoint) -> Option<&'static dyn Dialect> {
    let row = endpoint.row();
    match row.wording {
        _ if row.kind == Kind::Count => None,
        Wording::OpenAi | Wording::Events => Some(forwarded::as_it_is(endpoint)),
        Wording::Anthropic => Some(&messages::AT_OPENAI),
        Wording::Google => Some(&contents::AT_OPENAI),
        Wording::Aws => Some(&converse::AT_OPENAI),
    }
}

/// OpenAI, and whoever imitates it.
#[derive(Debug)]
pub(super) struct OpenAi;

impl Provider for OpenAi {
    fn dialect(&self, endpoint: Endpoint, _: Platform) -> Option<&'static dyn Dialect> {
        dialect(endpoint)
    }

    /// `api_base` names the version, as in OpenAI's own SDKs.
    fn path(&self, deployment: &Deployment, call: Call<'_>) -> String {
        let path = format!("{}{}", deployment.base_path, call.endpoint.row().path);
        match (deployment.platform, deployment.api_version.as_deref()) {
            (Platform::Foundry, Some(version)) => {
                format!("{path}?api-version={}", wire::percent::segment(version))
            }
            (Platform::Own | Platform::Foundry | Platform::Vertex | Platform::Invoke, _) => path,
        }
    }

    fn headers(&self, deployment: &Deployment) -> Result<Headers, RouteError> {
        let Some(key) = &deployment.api_key else { return Ok(Headers::new()) };
        if deployment.platform == Platform::Foundry
            && wire::azure::is_foundry(&deployment.authority.host)
        {
            let name = HeaderName::from_static(wire::azure::API_KEY);
            return Ok(vec![(name, credential(key.reveal())?)]);
        }
        Ok(vec![bearer(key)?])
    }
}
