//! OpenAI's requests: paths and key. Bodies and streams go through as they are.

use http::HeaderName;

use super::dialect::Dialect;
use super::forwarded;
use super::messages;
use super::provider::{Call, Headers, Provider};
use super::{RouteError, bearer, contents, converse, credential};
use crate::config::{Deployment, Platform};
use crate::endpoint::Endpoint;

/// OpenAI, and whoever imitates it.
#[derive(Debug)]
pub(super) struct OpenAi;

impl Provider for OpenAi {
    fn dialect(&self, endpoint: Endpoint, _: Platform) -> Option<&'static dyn Dialect> {
        match endpoint {
            Endpoint::Chat
            | Endpoint::Completions
            | Endpoint::Embeddings
            | Endpoint::Moderations
            | Endpoint::Responses
            | Endpoint::ImageGenerations
            | Endpoint::Speech
            | Endpoint::Transcriptions
            | Endpoint::AudioTranslations => Some(forwarded::as_it_is(endpoint)),
            Endpoint::Messages => Some(&messages::AT_OPENAI),
            Endpoint::GenerateContent => Some(&contents::AT_OPENAI),
            Endpoint::Converse => Some(&converse::AT_OPENAI),
            Endpoint::CountTokens | Endpoint::CountContent => None,
        }
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
