//! Anthropic's Messages on Vertex AI: the model and the method stand in the path, the version of the API in the body,
//! and the key is an OAuth token.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::config::Deployment;
use crate::endpoint::Endpoint;
use crate::upstream::provider::{Call, Delivery, Headers};
use crate::upstream::{RouteError, bearer_of};

/// The version that Vertex AI wants to be named.
const VERSION: &str = "vertex-2023-10-16";

/// Path of a call. Tokens are counted by a model of its own name, to which the body's is told.
pub(super) fn path(deployment: &Deployment, call: Call<'_>) -> String {
    let (model, method) = match (call.endpoint, call.delivery) {
        (Endpoint::CountTokens | Endpoint::CountContent, _) => {
            ("count-tokens".to_owned(), "rawPredict")
        }
        (_, Delivery::Whole) => (wire::percent::segment(call.model), "rawPredict"),
        (_, Delivery::Stream) => (wire::percent::segment(call.model), "streamRawPredict"),
    };
    format!("{}/models/{model}:{method}", deployment.base_path)
}

/// The token, where there is one.
pub(super) fn headers(deployment: &Deployment) -> Result<Headers, RouteError> {
    bearer_of(deployment)
}

/// A body with the version, and without the model's name, which only a count needs: its path names none.
pub(super) fn body(endpoint: Endpoint, body: Bytes) -> Bytes {
    let Ok(mut members) = serde_json::from_slice::<Map<String, Value>>(&body) else { return body };
    if endpoint != Endpoint::CountTokens {
        members.remove("model");
    }
    members.insert("anthropic_version".to_owned(), Value::from(VERSION));
    serde_json::to_vec(&members).map_or(body, Bytes::from)
}
