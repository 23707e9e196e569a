//! Azure OpenAI: OpenAI's bodies ([`crate::openai`]) under other paths, with another key header,
//! content-filter annotations and errors in the house style of Azure's API management.
//!
//! Only what differs lives here. Requests are OpenAI's, except that the path names the deployment.

mod error;
mod filter;

pub use error::{AzureError, AzureErrorDetail, InnerError};
pub use filter::{
    Detection, FilterOffsets, FilterResults, FilterUnavailable, PromptFilterResult, Severity,
};

use crate::openai::ChatChunk;

/// Whether a host is one of Azure AI Foundry's, which take the key in [`API_KEY`].
pub fn is_foundry(host: &str) -> bool {
    host.ends_with(".services.ai.azure.com") || host.ends_with(".openai.azure.com")
}

/// Header that carries the key; `authorization: Bearer` carries an Entra token instead.
pub const API_KEY: &str = "api-key";
/// Header with the id that Azure's support asks for.
pub const APIM_REQUEST_ID: &str = "apim-request-id";
/// Header with the region that answered, such as `West US`.
pub const REGION: &str = "x-ms-region";

const DEPLOYMENTS: &str = "/openai/deployments/";
const CHAT_COMPLETIONS: &str = "/chat/completions";

/// Path and query of a deployment's chat completions. Both parts go in as they are: Azure allows
/// letters, digits, `-`, `_` and `.` in names.
pub fn chat_completions_path(deployment: &str, api_version: &str) -> String {
    deployment_path(deployment, CHAT_COMPLETIONS, api_version)
}

/// Path and query of any endpoint of a deployment; `endpoint` is its path at OpenAI below `/v1`. All
/// parts go in as they are.
pub fn deployment_path(deployment: &str, endpoint: &str, api_version: &str) -> String {
    format!("{DEPLOYMENTS}{deployment}{endpoint}?api-version={api_version}")
}

/// What stands in front of Azure's own paths in an `api_base`, and which of these the base names already.
pub fn base(api_base: &str) -> (&str, NamedBase<'_>) {
    let base = api_base.trim_end_matches('/');
    let base = base.strip_suffix(CHAT_COMPLETIONS).unwrap_or(base);
    if let Some((before, deployment)) = base.split_once(DEPLOYMENTS)
        && !deployment.is_empty()
    {
        return (before, NamedBase::Deployment(deployment));
    }
    if let Some(before) = base.strip_suffix(V1) {
        return (before, NamedBase::V1);
    }
    // Azure's portal shows addresses that end in `/openai`.
    (base.strip_suffix(OPENAI).unwrap_or(base), NamedBase::Resource)
}

/// What an `api_base` of Azure names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBase<'b> {
    /// A resource: the deployment's name follows.
    Resource,
    /// One deployment, whatever model is asked for; encoded as it is written.
    Deployment(&'b str),
    /// The newer paths, which are OpenAI's and need no version.
    V1,
}

const OPENAI: &str = "/openai";
const V1: &str = "/openai/v1";

/// The deployment that `path` (without query) names, if it is a deployment's chat completions.
pub fn deployment_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix(DEPLOYMENTS)?.strip_suffix(CHAT_COMPLETIONS)?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

/// The `api-version` of a query string; without one Azure answers 404.
pub fn api_version_of(query: &str) -> Option<&str> {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("api-version="))
        .filter(|version| !version.is_empty())
}

/// The frame before all others: no choices, no id, no model, only what the filter thinks of the
/// prompt.
pub fn prompt_filter_chunk() -> ChatChunk {
    let mut chunk = ChatChunk::new("", "", 0);
    chunk.object = String::new();
    chunk.choices = Vec::new();
    chunk.prompt_filter_results = Some(vec![PromptFilterResult {
        prompt_index: 0,
        content_filter_results: FilterResults {
            jailbreak: Some(Detection { filtered: false, detected: false }),
            ..FilterResults::all_safe()
        },
    }]);
    chunk
}
