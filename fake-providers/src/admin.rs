//! The admin API of fakes that stand: what they are doing, and what may be changed about it, as JSON.
//!
//! It has a port of its own, so that no provider's path is taken away from a persona, and so that it
//! can stay on loopback where the fakes do not. Whoever can reach it can change the fakes and read
//! what was asked of them, but never a key or a prompt. `ROUTES` and `admin/openapi.json` say the
//! same; a test holds them together.

mod follow;
mod guard;
mod rules;
mod state;
mod words;

use std::future::Future;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Router};
use serde::de::DeserializeOwned;
use serde_json::json;
use tower_service::Service as _;
use world::{Listener, ServeOptions, Tasks, serve_connection};

use crate::Fakes;
pub use guard::AdminOptions;
pub use state::{Deployments, TimeView};

/// Every route: method and path, as in `openapi.json`.
#[cfg(test)]
pub(crate) const ROUTES: &[(&str, &str)] = &[
    ("get", "/health"),
    ("get", "/time"),
    ("get", "/rules"),
    ("get", "/rules/{id}"),
    ("patch", "/rules/{id}"),
    ("put", "/rules/{id}"),
    ("get", "/timeline"),
    ("put", "/timeline"),
    ("post", "/seek"),
    ("post", "/reset"),
    ("get", "/journal"),
    ("get", "/journal/stream"),
    ("get", "/deployments"),
    ("get", "/lateness"),
    ("get", "/metrics"),
    ("get", "/openapi.json"),
];

/// The description, for tools that make clients and pages of it.
const OPENAPI: &str = include_str!("admin/openapi.json");

/// Connections at a time: a handful of people and scrapers, and every listener to the journal.
const CONNECTIONS_MAX: usize = 128;

/// Largest body, in bytes: 10,000 rules with room to spare.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Rest after a failed `accept`, such as for lack of file descriptors.
const ACCEPT_REST: std::time::Duration = std::time::Duration::from_millis(50);

/// What the API does not do, and what to do instead.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    status: StatusCode,
    message: String,
    help: &'static str,
}

impl Fakes {
    /// Serves the admin API until dropped. For fakes made by [`Self::standing`]; others have no
    /// journal to show.
    pub fn serve_admin(
        &self,
        mut listener: Listener,
        options: AdminOptions,
    ) -> impl Future<Output = ()> + Send + 'static + use<> {
        let (clock, router) = (self.state.clock, router(self, options));
        async move {
            let mut tasks = Tasks::new(CONNECTIONS_MAX);
            loop {
                match listener.accept().await {
                    Ok(incoming) => match tasks.room() {
                        Some(room) => {
                            let router = router.clone();
                            room.spawn(async move {
                                let Ok(conn) = incoming.greet().await else { return };
                                let serving =
                                    serve_connection(conn, ServeOptions::default(), |request| {
                                        let mut router = router.clone();
                                        async move {
                                            match router.call(request).await {
                                                Ok(response) => response,
                                                Err(never) => match never {},
                                            }
                                        }
                                    });
                                // A client that goes away ends its connection, and nothing else.
                                let _ = serving.await;
                            });
                        }
                        None => incoming.refuse(),
                    },
                    Err(error) if error.kind() == std::io::ErrorKind::NotConnected => return,
                    Err(_) => clock.sleep(ACCEPT_REST).await,
                }
            }
        }
    }
}

fn router(fakes: &Fakes, options: AdminOptions) -> Router {
    let options = Arc::new(options);
    let one_rule = get(rules::one).patch(rules::switch).put(rules::switch);
    Router::new()
        .route("/health", get(state::health))
        .route("/time", get(state::time))
        .route("/rules", get(rules::list))
        .route("/rules/{id}", one_rule)
        .route("/timeline", get(rules::timeline).merge(put(rules::load)))
        .route("/seek", post(rules::seek))
        .route("/reset", post(rules::reset))
        .route("/journal", get(follow::journal))
        .route("/journal/stream", get(follow::stream))
        .route("/deployments", get(state::deployments))
        .route("/lateness", get(state::lateness))
        .route("/metrics", get(state::metrics))
        .route("/openapi.json", get(openapi))
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(Arc::clone(&options), guard::check))
        .layer(Extension(options))
        .with_state(fakes.clone())
}

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

async fn nowhere(uri: Uri) -> Refused {
    let path: String = uri.path().chars().take(PATH_SHOWN_MAX).collect();
    Refused::new(StatusCode::NOT_FOUND, format!("there is no {path}"), SEE_OPENAPI)
}

async fn wrong_method() -> Refused {
    let message = "this path does not take that method".to_owned();
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, message, SEE_OPENAPI)
}

const SEE_OPENAPI: &str = "GET /openapi.json lists every path with its methods";

/// How much of a path is repeated to whoever asked for it, in characters.
const PATH_SHOWN_MAX: usize = 100;

impl Refused {
    pub(crate) fn new(status: StatusCode, message: String, help: &'static str) -> Self {
        Self { status, message, help }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "message": self.message, "help": self.help } });
        (self.status, axum::Json(body)).into_response()
    }
}

/// Reads a body as JSON.
async fn read<T: DeserializeOwned>(
    body: axum::body::Body,
    help: &'static str,
) -> Result<T, Refused> {
    let bytes = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        let message = format!("the body is larger than {BODY_BYTES_MAX} bytes, or broke off");
        Refused::new(StatusCode::PAYLOAD_TOO_LARGE, message, help)
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Refused::new(StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}"), help)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{OPENAPI, ROUTES};

    #[test]
    fn the_description_names_every_route_and_no_other() {
        let description: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
        let mut described = BTreeSet::new();
        for (path, methods) in description["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                if method == "parameters" {
                    continue;
                }
                assert!(operation["summary"].is_string(), "{method} {path}");
                assert!(operation["responses"].is_object(), "{method} {path}");
                described.insert((method.as_str(), path.as_str()));
            }
        }
        assert_eq!(described, ROUTES.iter().copied().collect());
    }
}
