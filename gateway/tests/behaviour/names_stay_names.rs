//! What a client writes into a model's name stays a name: it never becomes a path, a query or a header of
//! what the provider gets. Through the gateway's own door, over real sockets, against an upstream that records.

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
use wiremock::{Mock, MockServer, Request, ResponseTemplate};
use world::pool::{Pool, PoolOptions};
use world::{Clock, Link, TcpConnector, listen_tcp};

fn connector(host: &str, port: u16, at: SocketAddr) -> TcpConnector {
    let directory = BTreeMap::from([((Arc::from(host), port), at)]);
    TcpConnector { directory: Some(Arc::new(directory)), ..TcpConnector::default() }
}

/// Asks for `model` through a gateway whose wildcard `azw/*` is an Azure resource: the status, and what the
/// provider got.
async fn asked(model: &str) -> (u16, Vec<Request>) {
    let server = MockServer::start().await;
    let reply = json!({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]});
    let answer = ResponseTemplate::new(200).set_body_json(reply);
    Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
    let azure = Deployment {
        group: Arc::from("azw/*"),
        protocol: Protocol::Azure,
        model: Arc::from("*"),
        model_as_written: Arc::from("azure/*"),
        base_path: Arc::from(""),
        api_version: Some(Arc::from("2024-10-21")),
        api_key: Some(Secret::new("sk-operator")),
        ..deployment("westus.openai.azure.com")
    };
    let config: Config = config("simple-shuffle", vec![azure]);
    let parts = Parts {
        luck: Luck::CallId,
        config: Arc::new(config),
        clock: Clock::wall(),
        connector: Arc::new(connector("westus.openai.azure.com", 443, *server.address())),
        observer: Arc::new(Unobserved),
        seed: Seed(1),
        instance: Arc::from("gateway"),
    };
    let anywhere: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    let listener = listen_tcp(anywhere, Link::default()).await.expect("a port");
    let address: SocketAddr = listener.address().expect("bound").parse().expect("an address");
    let gateway = Gateway::new(parts).expect("a gateway");
    tokio::spawn(async move { gateway.serve(listener).await });
    let pool = Pool::new(Arc::new(connector("gateway", 4000, address)), PoolOptions::default());
    let body = json!({"model": model, "messages": [{"role": "user", "content": "hello"}]});
    let request = http::Request::post("/v1/chat/completions").header("host", "gateway");
    let request =
        request.body(http_body_util::Full::new(body.to_string().into())).expect("a request");
    let sent = pool.send(&authority("gateway", 4000), request, "").await.expect("an answer");
    let status = sent.status().as_u16();
    (status, server.received_requests().await.expect("recorded"))
}

#[tokio::test]
async fn a_name_enters_the_path_as_one_segment_whatever_it_says() {
    for (name, segment) in [
        ("gpt-4o", "gpt-4o"),
        (
            "dalle/images/generations?api-version=2024-02-01#",
            "dalle%2Fimages%2Fgenerations%3Fapi-version%3D2024-02-01%23",
        ),
        ("../../secret?x=", "..%2F..%2Fsecret%3Fx%3D"),
        ("a%2f..%2fb", "a%252f..%252fb"),
        ("a b\u{e9}", "a%20b%C3%A9"),
        ("a\r\nx-admin: 1", "a%0D%0Ax-admin%3A%201"),
        ("\\..\\..\\", "%5C..%5C..%5C"),
    ] {
        let (status, got) = asked(&format!("azw/{name}")).await;
        assert_eq!((status, got.len()), (200, 1), "{name:?}");
        let path = format!("/openai/deployments/{segment}/chat/completions");
        assert_eq!(got[0].url.path(), path, "{name:?}");
        assert_eq!(got[0].url.query(), Some("api-version=2024-10-21"), "{name:?}");
        assert!(!got[0].headers.contains_key("x-admin"));
    }
}

#[tokio::test]
async fn a_name_that_would_be_a_step_in_the_tree_of_paths_goes_nowhere() {
    for name in [".", "..", ""] {
        let (status, got) = asked(&format!("azw/{name}")).await;
        assert_eq!((status, got.len()), (400, 0), "{name:?}");
    }
}
