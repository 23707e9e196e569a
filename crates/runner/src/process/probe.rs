//! The few requests that a gateway is asked before anybody measures it: whether it is ready, those that warm it
//! up, whether it knows us. It must never judge an answer.

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

/// How much of an answer is told, in characters.
const SAID_MAX: usize = 300;

impl Probe {
    pub(crate) fn new(address: SocketAddr, key: String) -> Self {
        let to = Authority {
            host: Arc::from(address.ip().to_string()),
            port: address.port(),
            tls: false,
        };
        Self::of(to, key)
    }

    /// Asks whoever answers at `to`.
    pub(crate) fn of(to: Authority, key: String) -> Self {
        Self { pool: Pool::new(Arc::new(TcpConnector::default()), PoolOptions::default()), to, key }
    }

    /// The status of `path`; one sentence where there is none.
    pub(crate) async fn get(&self, path: &str) -> Result<u16, String> {
        Ok(self.ask(Method::GET, path, Bytes::new(), GLANCE).await?.0)
    }

    /// The status of a chat completion that was read to its end.
    pub(crate) async fn chat(&self, body: &Value) -> Result<u16, String> {
        Ok(self.post("/v1/chat/completions", body).await?.0)
    }

    /// The status of what was posted, and the start of the answer, visible and in one line.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<(u16, String), String> {
        let body = Bytes::from(body.to_string());
        let (status, answer) = self.ask(Method::POST, path, body, PATIENCE).await?;
        let start: String = String::from_utf8_lossy(&answer).chars().take(SAID_MAX).collect();
        Ok((status, vocab::visible_line(start.trim()).into_owned()))
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        patience: Duration,
    ) -> Result<(u16, Bytes), String> {
        let what = format!("{method} {path}");
        let asked = tokio::time::timeout(patience, self.exchange(method, path, body)).await;
        match asked {
            Ok(answer) => answer.map_err(|why| format!("{what}: {why}")),
            Err(_) => Err(format!("{what}: no answer within {} s", patience.as_secs())),
        }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(u16, Bytes), String> {
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
        Ok((status, read.map_err(|error| error.to_string())?.to_bytes()))
    }
}
