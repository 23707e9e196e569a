//! Everything that is no chat completion: the list of models, health, metrics.
//!
//! These routes read the instance's state and change nothing; none of them calls a provider. Health
//! too is what the gateway knows from its own traffic: asking costs nothing and tells no provider
//! anything.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use serde_json::{Value, json};
use wire::bedrock::ErrorName;
use wire::openai::ModelList;

use crate::config::{DeploymentIndex, MetricsFor};
use crate::failover::error_envelope::aws_body;
use crate::failover::response::JSON;
use crate::front::auth;
use crate::front::refusal::Refusal;
use crate::instance::{Current, Instance};

/// `created` of every listed model: the constant that LiteLLM sends.
const CREATED: u64 = 1_677_610_602;

/// Content type of Prometheus' text format.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Where probes ask whether requests can be answered.
const READINESS: &str = "/health/readiness";

/// Where Prometheus looks by default.
const METRICS: &str = "/metrics";

/// Where LiteLLM has them, and where whoever follows no redirect is told to look.
const METRICS_MOUNT: &str = "/metrics/";

/// The routes of an instance.
pub(crate) fn router(current: Current) -> Router {
    let guarded = Router::new()
        .route("/v1/models", get(models))
        .route("/models", get(models))
        .route("/v1/models/{*id}", get(model))
        .route("/models/{*id}", get(model))
        .route("/health", get(health))
        .route_layer(middleware::from_fn_with_state(current.clone(), guard));
    let metrics = Router::new()
        .route(METRICS, get(metrics))
        .route(METRICS_MOUNT, get(metrics))
        .route_layer(middleware::from_fn_with_state(current.clone(), guard_metrics));
    Router::new()
        .route("/health/liveliness", get(liveliness))
        .route("/health/liveness", get(liveliness))
        .route(READINESS, get(readiness))
        .merge(guarded)
        .merge(metrics)
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(current)
}

/// The metrics alone.
pub(crate) fn metrics_router(current: Current) -> Router {
    Router::new()
        .route(METRICS, get(metrics))
        .route(METRICS_MOUNT, get(metrics))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(current)
}

async fn guard(State(instance): State<Arc<Instance>>, request: Request, next: Next) -> Response {
    match auth::check(instance.config.master_key.as_ref(), request.headers(), None) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn guard_metrics(instance: State<Arc<Instance>>, request: Request, next: Next) -> Response {
    match instance.config.metrics {
        MetricsFor::KeyHolders => guard(instance, request, next).await,
        MetricsFor::Everybody => next.run(request).await,
    }
}

async fn models(State(instance): State<Arc<Instance>>) -> Response {
    let names = names(&instance);
    page(ModelList::new(names.iter().map(|id| &**id), "openai", CREATED).to_json())
}

/// What clients can ask for: groups, in the order of the list, then other names for them.
fn names(instance: &Instance) -> Vec<Arc<str>> {
    let mut names = instance.router.fleet().group_names();
    for alias in instance.config.router.model_group_alias.keys() {
        if !names.contains(alias) {
            names.push(Arc::clone(alias));
        }
    }
    names
}

async fn model(State(instance): State<Arc<Instance>>, Path(id): Path<String>) -> Response {
    if !names(&instance).iter().any(|known| **known == *id) {
        let message = format!("The model `{id}` does not exist or is not accessible");
        return Refusal::not_found(message).into_response();
    }
    let list = ModelList::new([&*id], "openai", CREATED);
    axum::Json(list.data.into_iter().next()).into_response()
}

async fn metrics(State(instance): State<Arc<Instance>>) -> Response {
    let cooling = instance.router.cooling(instance.clock.now());
    let page = instance.metrics.render(&instance.config.deployments, &cooling, &instance.places());
    ([(CONTENT_TYPE, PROMETHEUS)], page).into_response()
}

/// `GET /health`, in LiteLLM's shape: a deployment that cools is unhealthy.
async fn health(State(instance): State<Arc<Instance>>) -> Response {
    let cooling = instance.router.cooling(instance.clock.now());
    let (mut healthy, mut unhealthy) = (Vec::new(), Vec::new());
    let deployments = &instance.config.deployments;
    for (index, deployment) in DeploymentIndex::all(deployments.len()).zip(deployments) {
        let mut endpoint = json!({
            "model": &*deployment.model_as_written,
            "model_id": deployment.id.as_str(),
            "api_base": instance.members[index].api_base.to_str().unwrap_or_default(),
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
async fn liveliness() -> Response {
    ([(CONTENT_TYPE, "application/json")], "\"I'm alive!\"").into_response()
}

/// `GET /health/readiness`, in LiteLLM's shape. The gateway needs no database, so it is ready as soon as it listens; it
/// is not while every deployment cools, since nobody could answer then.
async fn readiness(State(instance): State<Arc<Instance>>) -> Response {
    let cooling = instance.router.cooling(instance.clock.now());
    let (code, status) = match cooling.len() < instance.config.deployments.len() {
        true => (StatusCode::OK, "healthy"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy"),
    };
    let version = env!("CARGO_PKG_VERSION");
    let body = json!({ "status": status, "db": "Not connected", "version": version });
    (code, axum::Json(body)).into_response()
}

/// Whether a path asks for [`readiness`].
pub(crate) fn is_readiness(uri: &Uri) -> bool {
    uri.path() == READINESS
}

/// The same of a gateway that is about to end, and still answers: whoever balances leaves it out.
pub(crate) fn draining() -> Response {
    let version = env!("CARGO_PKG_VERSION");
    let body = json!({ "status": "draining", "db": "Not connected", "version": version });
    (StatusCode::SERVICE_UNAVAILABLE, axum::Json(body)).into_response()
}

async fn not_found(uri: Uri) -> Response {
    if uri.path().starts_with(BEDROCK) {
        return no_operation(uri.path());
    }
    Refusal::not_found(format!("Not Found: {}", uri.path())).into_response()
}

/// Before the paths of AWS's clients.
const BEDROCK: &str = "/bedrock/";

/// An operation of Bedrock's that the gateway does not know, in AWS's words.
fn no_operation(path: &str) -> Response {
    let operation = path.rsplit('/').next().unwrap_or_default();
    let message = format!("`{operation}` is not served here; call Converse or ConverseStream");
    let mut response =
        (StatusCode::NOT_FOUND, [(CONTENT_TYPE, JSON)], aws_body(&message)).into_response();
    let name = HeaderValue::from_static(ErrorName::UnknownOperation.name());
    response.headers_mut().insert(HeaderName::from_static(wire::bedrock::ERROR_TYPE), name);
    response
}

async fn method_not_allowed(method: Method) -> Response {
    Refusal::method_not_allowed(&method).into_response()
}

fn page(body: bytes::Bytes) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}
