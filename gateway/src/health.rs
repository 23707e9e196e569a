//! Health as the gateway knows it from its own traffic: no probe is sent, so asking costs nothing and
//! tells no provider anything.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::instance::Instance;

/// `GET /health`, in LiteLLM's shape: a deployment that cools is unhealthy.
pub(crate) async fn health(State(instance): State<Arc<Instance>>) -> Response {
    let cooling = instance.router.cooling(instance.clock.now());
    let (mut healthy, mut unhealthy) = (Vec::new(), Vec::new());
    for (index, deployment) in instance.config.deployments.iter().enumerate() {
        let mut endpoint = json!({
            "model": &*deployment.model_as_written,
            "model_id": deployment.id.as_str(),
            "api_base": instance.fleet[index].api_base.to_str().unwrap_or_default(),
        });
        match cooling.iter().find(|(cooling, _)| *cooling == index) {
            None => healthy.push(endpoint),
            Some((_, left)) => {
                let text = format!("cooling down for another {:.1} s", left.as_secs_f64());
                endpoint["error"] = Value::String(text);
                unhealthy.push(endpoint);
            }
        }
    }
    axum::Json(json!({
        "healthy_count": healthy.len(),
        "unhealthy_count": unhealthy.len(),
        "healthy_endpoints": healthy,
        "unhealthy_endpoints": unhealthy,
    }))
    .into_response()
}

/// `GET /health/liveliness`: the process answers. The quotes are LiteLLM's, whose body is JSON.
pub(crate) async fn liveliness() -> Response {
    ([(CONTENT_TYPE, "application/json")], "\"I'm alive!\"").into_response()
}

/// `GET /health/readiness`: the gateway needs no database, so it is ready as soon as it listens.
pub(crate) async fn readiness() -> Response {
    let version = env!("CARGO_PKG_VERSION");
    axum::Json(json!({ "status": "healthy", "db": "Not connected", "version": version }))
        .into_response()
}
