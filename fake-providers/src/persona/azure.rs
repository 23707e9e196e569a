//! Azure OpenAI: OpenAI's bodies under deployment paths, with content-filter annotations, and errors
//! in the words of the API management in front. The filter does not buffer here: tokens come one by
//! one, as with the asynchronous filter.

use std::time::Duration;

use bytes::Bytes;
use wire::ErrorReply;
use wire::azure::{
    AzureError, Detection, FilterResults, PromptFilterResult, Severity, api_version_of,
};
use wire::openai::ApiError;

use super::{Headers, Operation, Prompt, Refusal, RequestContext, Route, openai, percent};
use crate::action::{ProviderError, ProviderErrorKind};
use crate::limits::{Dimension, Reading};
use crate::script::{Finish, Transcript};

/// What Azure asks of a client that meets a full region, in words and in `retry-after`.
pub(super) const OVERLOADED_WAIT: Duration = Duration::from_secs(1);

/// The classic paths need an `api-version`, the newer ones under `/openai/v1` do not.
pub(super) fn route<'p>(path: &'p str, query: &str) -> Option<Route<'p>> {
    // Ours, for the checks of gateways that know no Azure.
    if path == "/v1/models" {
        return Some(Route::to(Operation::Models));
    }
    let path = path.strip_prefix("/openai")?;
    if let Some(path) = path.strip_prefix("/v1") {
        return openai::operation(path).map(Route::to).or_else(|| openai::model_route(path));
    }
    api_version_of(query)?;
    if let Some(path) = path.strip_prefix("/deployments/") {
        let (deployment, rest) = path.split_at(path.find('/')?);
        let operation = match openai::operation(rest)? {
            operation @ (Operation::Chat
            | Operation::Completions
            | Operation::Embeddings
            | Operation::Speech
            | Operation::Drawing
            | Operation::Transcription) => operation,
            // Responses name their deployment in the body; the others have none.
            Operation::Responses
            | Operation::Invoke
            | Operation::Moderations
            | Operation::CountTokens
            | Operation::Models
            | Operation::Model
            | Operation::Health => return None,
        };
        let named = (!deployment.is_empty()).then(|| percent::decode(deployment));
        return named.map(|named| Route { named: Some(named), ..Route::to(operation) });
    }
    match path {
        "/responses" => Some(Route::to(Operation::Responses)),
        "/models" => Some(Route::to(Operation::Models)),
        _ => openai::model_route(path),
    }
}

pub(super) fn refuse(refusal: &Refusal, context: &RequestContext<'_>) -> ErrorReply {
    let version = api_version_of(context.query).unwrap_or("v1");
    match refusal {
        Refusal::NoKey | Refusal::WrongKey => AzureError::access_denied(),
        Refusal::Route { .. } => AzureError::resource_not_found(),
        Refusal::Model(_) => AzureError::deployment_not_found(),
        Refusal::TooLarge => ApiError::of_status(413),
        Refusal::Invalid(_) | Refusal::TooLong { .. } => openai::refuse(refusal, context),
        Refusal::Blocked => AzureError::content_filter(objection()),
        Refusal::Injected(error) => injected(error, context, version),
        Refusal::Exceeded(excess) => match excess.dimension {
            Dimension::Requests | Dimension::RequestsPerDay => {
                AzureError::call_rate_exceeded(version, seconds_up(excess.wait))
            }
            Dimension::Tokens | Dimension::OutputTokens => {
                AzureError::token_rate_exceeded(version, seconds_up(excess.wait))
            }
        },
        Refusal::Overloaded => AzureError::high_demand(Some(OVERLOADED_WAIT.as_secs())),
    }
}

/// A fault's error: among them the four 429s. Kinds that Azure does not know are its status's usual
/// error.
fn injected(error: &ProviderError, context: &RequestContext<'_>, version: &str) -> ErrorReply {
    let wait = error.retry_after.or(error.retry_after_ms).map(seconds_up);
    match error.kind {
        ProviderErrorKind::Rate | ProviderErrorKind::Ramp => {
            AzureError::call_rate_exceeded(version, wait.unwrap_or(1))
        }
        ProviderErrorKind::Quota if error.status != 429 => AzureError::of_status(error.status),
        ProviderErrorKind::Tokens | ProviderErrorKind::Quota => {
            AzureError::token_rate_exceeded(version, wait.unwrap_or(60))
        }
        ProviderErrorKind::Never24h => {
            AzureError::token_rate_exceeded(version, wait.unwrap_or(NEVER.as_secs()))
        }
        ProviderErrorKind::HighDemand if error.status >= 500 => AzureError::of_status(error.status),
        ProviderErrorKind::HighDemand => AzureError::high_demand(wait),
        ProviderErrorKind::Ptu => AzureError::provisioned_full(),
        ProviderErrorKind::ContextLength => openai::refuse(&Refusal::Injected(*error), context),
        ProviderErrorKind::ContentPolicy => AzureError::content_filter(objection()),
        ProviderErrorKind::KeyRevoked => AzureError::access_denied(),
        ProviderErrorKind::ModelRemoved => AzureError::deployment_not_found(),
        ProviderErrorKind::Permission => {
            let body = br#"{"error":{"code":"PermissionDenied","message":"Principal does not have access to API/Operation."}}"#;
            let (content_type, body) = (ErrorReply::JSON, Bytes::from_static(body));
            ErrorReply { status: 403, content_type, body }
        }
        ProviderErrorKind::Plain => match wait {
            Some(wait) if error.status == 429 => AzureError::token_rate_exceeded(version, wait),
            Some(_) | None => AzureError::of_status(error.status),
        },
    }
}

/// What Azure tells a request that can never fit.
const NEVER: Duration = Duration::from_secs(86_400);

fn seconds_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

pub(super) fn headers(context: &RequestContext<'_>, reading: &Reading, took: Duration) -> Headers {
    let mut headers = openai::limit_headers(reading, false);
    headers.push((wire::openai::REQUEST_ID, context.id.to_owned()));
    headers.push((wire::azure::APIM_REQUEST_ID, context.id.to_owned()));
    headers.push((wire::azure::REGION, "Fake Region".to_owned()));
    headers.extend(context.client_id.map(|id| ("x-ms-client-request-id", id.to_owned())));
    headers.push(("azureml-model-session", "brownout".to_owned()));
    headers.push(("x-envoy-upstream-service-time", took.as_millis().to_string()));
    headers
}

/// What the filter thinks of a prompt that it blocks.
pub(super) fn objection() -> FilterResults {
    let hate = Some(Severity { filtered: true, severity: "high".to_owned() });
    FilterResults {
        hate,
        jailbreak: Some(Detection { filtered: false, detected: false }),
        ..FilterResults::all_safe()
    }
}

pub(super) fn reply(context: &RequestContext<'_>, prompt: &Prompt, said: &Transcript) -> Bytes {
    match prompt.operation {
        Operation::Chat => {}
        Operation::Responses
        | Operation::Completions
        | Operation::Invoke
        | Operation::Embeddings
        | Operation::Moderations
        | Operation::Speech
        | Operation::Drawing
        | Operation::Transcription
        | Operation::CountTokens
        | Operation::Models
        | Operation::Model
        | Operation::Health => return openai::reply(context, prompt, said),
    }
    let judged = match said.finish {
        Finish::ContentFilter => objection(),
        Finish::Stop | Finish::Length | Finish::ToolCalls | Finish::Refusal => {
            FilterResults::all_safe()
        }
    };
    let mut reply = openai::chat_reply(context, prompt, said);
    for choice in &mut reply.choices {
        choice.content_filter_results = Some(judged.clone());
    }
    reply.prompt_filter_results = Some(vec![PromptFilterResult {
        prompt_index: 0,
        content_filter_results: FilterResults::all_safe(),
    }]);
    reply.to_json()
}
