//! The few requests that a product is asked before anybody measures it: whether it is ready, and those that
//! warm it up. It must never judge an answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use serde_json::Value;
use world::pool::{Pool, PoolOptions};
use world::{Authority, TcpConnector};

/// Asks one product.
#[derive(Debug)]
pub(crate) struct Probe {
    pool: Pool,
    to: Authority,
    key: String,
}

/// How long an answer about readiness may take.
const GLANCE: Duration = Duration::from_secs(2);

/// How long an answer may take that is the first of its kind: what a product loads then takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

impl Probe {
    pub(crate) fn new(address: SocketAddr, key: String) -> Self {
        let to = Authority {
            host: Arc::from(address.ip().to_string()),
            port: address.port(),
            tls: false,
        };
        Self { pool: Pool::new(Arc::new(TcpConnector::default()), PoolOptions::default()), to, key }
    }

    /// The status of `path`; one sentence where there is none.
    pub(crate) async fn get(&self, path: &str) -> Result<u16, String> {
        self.ask(Method::GET, path, Bytes::new(), GLANCE).await
    }

    /// The status of a chat completion that was read to its end.
    pub(crate) async fn chat(&self, body: &Value) -> Result<u16, String> {
        let body = Bytes::from(body.to_string());
        self.ask(Method::POST, "/v1/chat/completions", body, PATIENCE).await
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        patience: Duration,
    ) -> Result<u16, String> {
        let what = format!("{method} {path}");
        let asked = tokio::time::timeout(patience, self.exchange(method, path, body)).await;
        match asked {
            Ok(answer) => answer.map_err(|why| format!("{what}: {why}")),
            Err(_) => Err(format!("{what}: no answer within {} s", patience.as_secs())),
        }
    }

    async fn exchange(&self, method: Method, path: &str, body: Bytes) -> Result<u16, String> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.to.to_string())
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.key))
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        let sent = self.pool.send(&self.to, request, "").await;
        let response = sent.map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let read = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        read.map_err(|error| error.to_string())?;
        Ok(status)
    }
}
