//! Azure OpenAI: OpenAI's bodies under deployment paths, with content-filter annotations, and errors
//! in the words of the API management in front. The filter does not buffer here: tokens come one by
//! one, as with the asynchronous filter.

use std::time::Duration;

use bytes::Bytes;
use wire::ErrorReply;
use wire::azure::{
    AzureError, Detection, FilterResults, PromptFilterResult, Severity, api_version_of,
    deployment_of,
};
use wire::openai::ApiError;

use super::{Headers, Operation, Prompt, Refusal, Route, Scene, openai};
use crate::limits::{Dimension, Reading};
use crate::script::Said;

/// What Azure asks of a client that meets a full region, in words and in `retry-after`.
pub(super) const OVERLOADED_WAIT: Duration = Duration::from_secs(1);

/// The classic paths need an `api-version`, the newer ones under `/openai/v1` do not.
pub(super) fn route<'p>(path: &'p str, query: &str) -> Option<Route<'p>> {
    if let Some(deployment) = deployment_of(path) {
        api_version_of(query)?;
        return Some(Route { named: Some(deployment.into()), ..Route::to(Operation::Chat) });
    }
    match path {
        "/openai/v1/chat/completions" => Some(Route::to(Operation::Chat)),
        "/openai/v1/models" | "/openai/models" | "/v1/models" => Some(Route::to(Operation::Models)),
        _ => None,
    }
}

pub(super) fn refuse(refusal: &Refusal, scene: &Scene<'_>) -> ErrorReply {
    let version = api_version_of(scene.query).unwrap_or("v1");
    match refusal {
        Refusal::NoKey | Refusal::WrongKey => AzureError::access_denied(),
        Refusal::Route { .. } => AzureError::resource_not_found(),
        Refusal::Model(_) => AzureError::deployment_not_found(),
        Refusal::TooLarge => ApiError::of_status(413),
        Refusal::Invalid(_) | Refusal::TooLong { .. } => openai::refuse(refusal, scene),
        Refusal::Blocked => AzureError::content_filter(objection()),
        Refusal::Failed(failure) => match failure.retry_after.or(failure.retry_after_ms) {
            Some(wait) if failure.status == 429 => {
                AzureError::token_rate_exceeded(version, seconds_up(wait))
            }
            Some(_) | None => AzureError::of_status(failure.status),
        },
        Refusal::Exceeded(excess) => match excess.dimension {
            Dimension::Requests => AzureError::call_rate_exceeded(version, seconds_up(excess.wait)),
            Dimension::Tokens | Dimension::OutputTokens => {
                AzureError::token_rate_exceeded(version, seconds_up(excess.wait))
            }
        },
        Refusal::Overloaded => AzureError::high_demand(Some(OVERLOADED_WAIT.as_secs())),
    }
}

fn seconds_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

pub(super) fn headers(scene: &Scene<'_>, reading: &Reading, took: Duration) -> Headers {
    let mut headers = openai::limit_headers(reading, false);
    headers.push((wire::openai::REQUEST_ID, scene.id.to_owned()));
    headers.push((wire::azure::APIM_REQUEST_ID, scene.id.to_owned()));
    headers.push((wire::azure::REGION, "Fake Region".to_owned()));
    headers.push(("azureml-model-session", "brownout".to_owned()));
    headers.push(("x-envoy-upstream-service-time", took.as_millis().to_string()));
    headers
}

/// What the filter thinks of a prompt that it blocks.
fn objection() -> FilterResults {
    let hate = Some(Severity { filtered: true, severity: "high".to_owned() });
    FilterResults {
        hate,
        jailbreak: Some(Detection { filtered: false, detected: false }),
        ..FilterResults::all_safe()
    }
}

pub(super) fn reply(scene: &Scene<'_>, prompt: &Prompt, said: &Said) -> Bytes {
    let mut reply = openai::chat_reply(scene, prompt, said);
    for choice in &mut reply.choices {
        choice.content_filter_results = Some(FilterResults::all_safe());
    }
    reply.prompt_filter_results = Some(vec![PromptFilterResult {
        prompt_index: 0,
        content_filter_results: FilterResults::all_safe(),
    }]);
    reply.to_json()
}
