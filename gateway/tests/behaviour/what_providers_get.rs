//! Contract: what the gateway sends each provider, over real sockets, judged by wiremock.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::support::*;
use gateway::config::{Config, Deployment, Secret};
use gateway::observer::Unobserved;
use gateway::{Gateway, Luck, Parts};
use serde_json::json;
use vocab::{Protocol, Seed};
use wiremock::matchers::{body_json, header, header_exists, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};
use world::pool::{Pool, PoolOptions};
use world::{Clock, Link, TcpConnector, listen_tcp};

/// Sends one chat completion through a gateway whose only deployment lives at `server`; the status.
async fn through(server: &MockServer, deployment: Deployment, headers: &[(&str, &str)]) -> u16 {
    let host = Arc::clone(&deployment.authority.host);
    let directory = BTreeMap::from([((host, 443), *server.address())]);
    let connector =
        TcpConnector { directory: Some(Arc::new(directory)), ..TcpConnector::default() };
    let config: Config = config("simple-shuffle", vec![deployment]);
    let parts = Parts {
        luck: Luck::CallId,
        config: Arc::new(config),
        clock: Clock::wall(),
        connector: Arc::new(connector),
        observer: Arc::new(Unobserved),
        seed: Seed(1),
        instance: Arc::from("gateway"),
    };
    let anywhere: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    let listener = listen_tcp(anywhere, Link::default()).await.expect("a port");
    let address: SocketAddr = listener.address().expect("bound").parse().expect("an address");
    let gateway = Gateway::new(parts).expect("a gateway");
    tokio::spawn(async move { gateway.serve(listener).await });
    let directory = BTreeMap::from([((Arc::from("gateway"), 4000), address)]);
    let connector =
        TcpConnector { directory: Some(Arc::new(directory)), ..TcpConnector::default() };
    let pool = Pool::new(Arc::new(connector), PoolOptions::default());
    let mut request = http::Request::post("/v1/chat/completions").header("host", "gateway");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(http_body_util::Full::new(PLAIN.into())).expect("a request");
    pool.send(&authority("gateway", 4000), request, "").await.expect("an answer").status().as_u16()
}

fn chat_reply() -> ResponseTemplate {
    let reply = json!({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]});
    ResponseTemplate::new(200).set_body_json(reply)
}

fn no_client_headers(request: &Request) -> bool {
    !["x-brownout-request", "x-litellm-call-id", "cookie"]
        .iter()
        .any(|name| request.headers.contains_key(*name))
}

#[tokio::test]
async fn openai() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(header("authorization", "Bearer sk-upstream"))
        .and(header("host", "api.openai.com"))
        .and(header("content-type", "application/json"))
        .and(body_json(json!({"model":"gpt-4o","messages":[{"role":"user","content":"hello"}]})))
        .and(no_client_headers)
        .respond_with(chat_reply())
        .expect(1)
        .mount(&server)
        .await;
    let headers = [("x-litellm-call-id", "7"), ("x-brownout-request", "7"), ("cookie", "a=b")];
    assert_eq!(through(&server, deployment("api.openai.com"), &headers).await, 200);
}

#[tokio::test]
async fn azure() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/openai/deployments/gpt-4o/chat/completions"))
        .and(query_param("api-version", "2024-08-01-preview"))
        .and(header("api-key", "sk-azure"))
        .and(|request: &Request| !request.headers.contains_key("authorization"))
        .and(body_json(json!({"model":"gpt-4o","messages":[{"role":"user","content":"hello"}]})))
        .respond_with(chat_reply())
        .expect(1)
        .mount(&server)
        .await;
    let azure = Deployment {
        protocol: Protocol::Azure,
        base_path: Arc::from(""),
        api_version: Some(Arc::from("2024-08-01-preview")),
        api_key: Some(Secret::new("sk-azure")),
        ..deployment("westus.openai.azure.com")
    };
    assert_eq!(through(&server, azure, &[("authorization", "Bearer client")]).await, 200);
}

#[tokio::test]
async fn anthropic() {
    let server = MockServer::start().await;
    let reply = json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}});
    Mock::given(method("POST"))
        .and(path("/v1/messages"))
        .and(header("x-api-key", "sk-ant"))
        .and(header_exists("anthropic-version"))
        .and(body_json(json!({"model":"claude","max_tokens":4096,"messages":[{"role":"user","content":"hello"}]})))
        .respond_with(ResponseTemplate::new(200).set_body_json(reply))
        .expect(1)
        .mount(&server)
        .await;
    let claude = Deployment {
        protocol: Protocol::Anthropic,
        model: Arc::from("claude"),
        base_path: Arc::from(""),
        api_key: Some(Secret::new("sk-ant")),
        ..deployment("api.anthropic.com")
    };
    assert_eq!(through(&server, claude, &[]).await, 200);
}
