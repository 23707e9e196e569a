//! Contract: what the gateway sends each provider, read as bytes and JSON with nothing of ours between.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::{Deployment, Secret};
use http::Method;
use serde_json::{Value, json};
use vocab::Protocol;

/// What the only deployment gets of a chat completion with these headers, which it answers so.
async fn request_at(deployment: Deployment, headers: &[(&str, &str)], reply: Act) -> Sent {
    let lab = Lab::new();
    let host = Arc::clone(&deployment.authority.host);
    lab.upstream(&host, &[reply]).gateway(config("simple-shuffle", vec![deployment]));
    let got = lab.post("/v1/chat/completions", headers, PLAIN).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let mut sent = lab.sent.lock().expect("no poison");
    assert_eq!(sent.len(), 1);
    sent.remove(0)
}

impl Sent {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ascii"))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

#[tokio::test(start_paused = true)]
async fn openai() {
    let headers = [("x-litellm-call-id", "7"), ("x-brownout-request", "7"), ("cookie", "a=b")];
    let sent = request_at(deployment("api.openai.com"), &headers, answer("hi")).await;
    assert_eq!((sent.method.clone(), sent.path.as_str()), (Method::POST, "/v1/chat/completions"));
    assert_eq!(sent.header("authorization"), Some("Bearer sk-upstream"));
    assert_eq!(sent.header("host"), Some("api.openai.com"));
    assert_eq!(sent.header("content-type"), Some("application/json"));
    let hello = json!([{"role": "user", "content": "hello"}]);
    assert_eq!(sent.json(), json!({"model": "gpt-4o", "messages": hello}));
    for (name, _) in headers {
        assert_eq!(sent.header(name), None, "{name} is the client's");
    }
}

#[tokio::test(start_paused = true)]
async fn azure() {
    let azure = Deployment {
        protocol: Protocol::Azure,
        base_path: Arc::from(""),
        api_version: Some(Arc::from("2024-08-01-preview")),
        api_key: Some(Secret::new("sk-azure")),
        ..deployment("westus.openai.azure.com")
    };
    let sent = request_at(azure, &[("authorization", "Bearer client")], answer("hi")).await;
    assert_eq!(
        (sent.method.clone(), sent.path.as_str()),
        (
            Method::POST,
            "/openai/deployments/gpt-4o/chat/completions?api-version=2024-08-01-preview"
        )
    );
    assert_eq!(sent.header("api-key"), Some("sk-azure"));
    assert_eq!(sent.header("authorization"), None);
    let hello = json!([{"role": "user", "content": "hello"}]);
    assert_eq!(sent.json(), json!({"model": "gpt-4o", "messages": hello}));
}

#[tokio::test(start_paused = true)]
async fn anthropic() {
    let claude = Deployment {
        protocol: Protocol::Anthropic,
        model: Arc::from("claude"),
        base_path: Arc::from(""),
        api_key: Some(Secret::new("sk-ant")),
        ..deployment("api.anthropic.com")
    };
    let reply = json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}});
    let sent = request_at(claude, &[], Act::Reply(200, vec![], reply.to_string())).await;
    assert_eq!((sent.method.clone(), sent.path.as_str()), (Method::POST, "/v1/messages"));
    assert_eq!(sent.header("x-api-key"), Some("sk-ant"));
    assert!(sent.header("anthropic-version").is_some());
    let hello = json!([{"role": "user", "content": "hello"}]);
    assert_eq!(sent.json(), json!({"model": "claude", "max_tokens": 4096, "messages": hello}));
}
