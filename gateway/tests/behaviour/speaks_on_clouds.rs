//! Clouds that resell models have paths, keys and versions of their own; what is spoken there is the house's own.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::{Deployment, Platform, Secret};
use serde_json::{Value, json};
use vocab::Protocol;

fn on(platform: Platform, protocol: Protocol, (base, model): (&str, &str)) -> Deployment {
    Deployment {
        platform,
        protocol,
        model: Arc::from(model),
        base_path: Arc::from(base),
        api_key: Some(Secret::new("key-of-the-cloud")),
        ..deployment("acme.services.ai.azure.com")
    }
}

/// Path, headers and body of what arrives of `body`.
async fn arrives(deployment: Deployment, path: &str, body: &str) -> (String, Sent, Value) {
    let host = deployment.authority.host.to_string();
    let lab = Lab::new();
    lab.upstream(&host, &[refusal(503, &[])]);
    lab.gateway(config("priority", vec![deployment]));
    let _ = lab.post(path, &[], body).await;
    let sent = lab.sent.lock().expect("no poison").first().cloned().expect("it was sent");
    let body = serde_json::from_str(&sent.body).expect("JSON");
    (sent.path.clone(), sent, body)
}

#[tokio::test(start_paused = true)]
async fn foundry_takes_the_key_in_a_header_of_its_own_and_the_version_in_the_query() {
    let mut mistral = on(Platform::Foundry, Protocol::OpenAi, ("/models", "Mistral-Large-2411"));
    mistral.api_version = Some(Arc::from("2024-05-01-preview"));
    let (path, sent, body) = arrives(mistral.clone(), "/v1/chat/completions", PLAIN).await;
    assert_eq!(path, "/models/chat/completions?api-version=2024-05-01-preview");
    assert_eq!(sent.headers["api-key"], "key-of-the-cloud");
    assert!(!sent.headers.contains_key("authorization"));
    assert_eq!(body["model"], "Mistral-Large-2411");
    // Its older hosts take a bearer token.
    mistral.authority = deployment("mistral.models.ai.azure.com").authority;
    let (_, sent, _) = arrives(mistral, "/v1/chat/completions", PLAIN).await;
    assert_eq!(sent.headers["authorization"], "Bearer key-of-the-cloud");
    let claude = on(Platform::Foundry, Protocol::Anthropic, ("/anthropic", "claude-sonnet-4-5"));
    let (path, sent, _) = arrives(claude, "/v1/chat/completions", PLAIN).await;
    assert_eq!(path, "/anthropic/v1/messages");
    assert_eq!(sent.headers["api-key"], "key-of-the-cloud");
    assert!(
        sent.headers.contains_key("anthropic-version") && !sent.headers.contains_key("x-api-key")
    );
}

#[tokio::test(start_paused = true)]
async fn vertex_names_the_publisher_and_the_model_in_the_path_and_takes_a_token() {
    const BASE: &str = "/v1/projects/p/locations/us-east1";
    let google = format!("{BASE}/publishers/google");
    let gemini = on(Platform::Vertex, Protocol::Gemini, (&google, "gemini-2.5-pro"));
    let (path, sent, _) = arrives(gemini.clone(), "/v1/chat/completions", PLAIN).await;
    assert_eq!(path, format!("{google}/models/gemini-2.5-pro:generateContent"));
    assert_eq!(sent.headers["authorization"], "Bearer key-of-the-cloud");
    assert!(!sent.headers.contains_key("x-goog-api-key"));
    let (path, _, _) = arrives(gemini, "/v1/chat/completions", STREAM).await;
    assert_eq!(path, format!("{google}/models/gemini-2.5-pro:streamGenerateContent?alt=sse"));
    let anthropic = format!("{BASE}/publishers/anthropic");
    let claude =
        on(Platform::Vertex, Protocol::Anthropic, (&anthropic, "claude-sonnet-4@20250514"));
    let messages =
        r#"{"model":"model","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#;
    for (front, asked, method) in [
        ("/v1/chat/completions", PLAIN, "rawPredict"),
        ("/v1/chat/completions", STREAM, "streamRawPredict"),
        ("/v1/messages", messages, "rawPredict"),
    ] {
        let (path, sent, body) = arrives(claude.clone(), front, asked).await;
        assert_eq!(path, format!("{anthropic}/models/claude-sonnet-4%4020250514:{method}"));
        assert_eq!(sent.headers["authorization"], "Bearer key-of-the-cloud");
        assert_eq!(
            (body.get("model"), &body["anthropic_version"]),
            (None, &json!("vertex-2023-10-16"))
        );
    }
    // A count has a model of its own in the path, and so the body keeps the one that is meant.
    let (path, _, body) = arrives(claude, "/v1/messages/count_tokens", messages).await;
    assert_eq!(path, format!("{anthropic}/models/count-tokens:rawPredict"));
    assert_eq!(body["model"], "claude-sonnet-4@20250514");
    assert_eq!(body["anthropic_version"], "vertex-2023-10-16");
    let openapi = format!("{BASE}/endpoints/openapi");
    let llama = on(Platform::Vertex, Protocol::OpenAi, (&openapi, "meta/llama-3.1-405b"));
    let (path, _, body) = arrives(llama, "/v1/chat/completions", PLAIN).await;
    assert_eq!(path, format!("{openapi}/chat/completions"));
    assert_eq!(body["model"], "meta/llama-3.1-405b");
}
