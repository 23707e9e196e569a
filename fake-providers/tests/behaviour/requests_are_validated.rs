//! What the providers refuse, and in which words.

use crate::support::{World, deployment, path, rate_of, send};
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use vocab::Protocol;

/// Each body's answer: status and error.
async fn told(protocol: Protocol, path: &str, bodies: &[(&str, Value)]) -> String {
    let world = World::new(vec![deployment(protocol, 1)], vec![]);
    let own = world.config.deployments[0].clone();
    let mut text = String::new();
    for (name, body) in bodies {
        let call = send(&own, Method::POST, path, body.to_string());
        let seen = world.call(0, call, 1).await;
        let error = seen.json()["error"].clone();
        text += &format!("{name}: {} {error}\n", seen.status);
    }
    text
}

#[tokio::test(start_paused = true)]
async fn openai_chat() {
    let user = json!([{ "role": "user", "content": "hi" }]);
    let call = json!({ "id": "call_1", "type": "function",
        "function": { "name": "f", "arguments": "{}" } });
    let text = told(
        Protocol::OpenAi,
        "/v1/chat/completions",
        &[
            ("no model", json!({ "messages": user })),
            ("no messages", json!({ "model": "gpt-4o" })),
            ("empty messages", json!({ "model": "gpt-4o", "messages": [] })),
            (
                "bad role",
                json!({ "model": "gpt-4o", "messages": [{ "role": "robot", "content": "x" }] }),
            ),
            ("unknown member", json!({ "model": "gpt-4o", "messages": user, "top_kk": 1 })),
            (
                "orphan result",
                json!({ "model": "gpt-4o", "messages": [
            { "role": "tool", "tool_call_id": "call_9", "content": "x" }] }),
            ),
            (
                "open call",
                json!({ "model": "gpt-4o", "messages": [
            { "role": "assistant", "tool_calls": [call] }] }),
            ),
            ("no room", json!({ "model": "gpt-4o", "messages": user, "max_tokens": 0 })),
            ("too many choices", json!({ "model": "gpt-4o", "messages": user, "n": 129 })),
            (
                "too many stops",
                json!({ "model": "gpt-4o", "messages": user, "stop": ["a", "b", "c", "d", "e"] }),
            ),
            ("old spelling", json!({ "model": "o3-mini", "messages": user, "max_tokens": 9 })),
            (
                "choice without tools",
                json!({ "model": "gpt-4o", "messages": user, "tool_choice": "auto" }),
            ),
            ("unknown model", json!({ "model": "gpt-99", "messages": user })),
        ],
    )
    .await;
    insta::assert_snapshot!("openai-chat", text);
}

#[tokio::test(start_paused = true)]
async fn other_operations_of_openai() {
    let mut text = told(
        Protocol::OpenAi,
        "/v1/responses",
        &[
            ("no input", json!({ "model": "gpt-4o" })),
            ("little room", json!({ "model": "gpt-4o", "input": "hi", "max_output_tokens": 3 })),
            (
                "orphan result",
                json!({ "model": "gpt-4o", "input": [
            { "type": "function_call_output", "call_id": "call_9", "output": "x" }] }),
            ),
        ],
    )
    .await;
    text += &told(
        Protocol::OpenAi,
        "/v1/embeddings",
        &[
            ("no input", json!({ "model": "gpt-4o" })),
            ("empty input", json!({ "model": "gpt-4o", "input": [] })),
            ("odd encoding", json!({ "model": "gpt-4o", "input": "hi", "encoding_format": "hex" })),
        ],
    )
    .await;
    insta::assert_snapshot!("openai-others", text);
}

#[tokio::test(start_paused = true)]
async fn anthropic_messages() {
    let user = json!([{ "role": "user", "content": "hi" }]);
    let with = |extra: Value| {
        let mut body = json!({ "model": "gpt-4o", "max_tokens": 2000, "messages": user });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let text = told(
        Protocol::Anthropic,
        "/v1/messages",
        &[
            ("no limit", json!({ "model": "gpt-4o", "messages": user })),
            ("system role", with(json!({ "messages": [{ "role": "system", "content": "x" }] }))),
            ("unknown member", with(json!({ "n": 2 }))),
            (
                "orphan result",
                with(json!({ "messages": [{ "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "toolu_9", "content": "x" }] }] })),
            ),
            (
                "small budget",
                with(json!({ "thinking": { "type": "enabled", "budget_tokens": 5 } })),
            ),
            (
                "large budget",
                with(json!({ "thinking": { "type": "enabled", "budget_tokens": 9000 } })),
            ),
            ("tool without schema", with(json!({ "tools": [{ "name": "f" }] }))),
        ],
    )
    .await;
    insta::assert_snapshot!("anthropic-messages", text);
}

#[tokio::test(start_paused = true)]
async fn anthropics_versions_differ_in_sampling() {
    let world = World::new(vec![deployment(Protocol::Anthropic, 1)], vec![]);
    let own = world.config.deployments[0].clone();
    let body = json!({ "model": "gpt-4o", "max_tokens": 9, "temperature": 0.5,
        "messages": [{ "role": "user", "content": "[[answer:1]]" }] });
    for (version, status) in [("2023-06-01", 200), ("2026-10-21", 400), ("2020-01-01", 400)] {
        // The newer SDK presents its key as a bearer's.
        let call = Request::builder()
            .method(Method::POST)
            .uri("/v1/messages")
            .header("host", &own.host)
            .header("authorization", format!("Bearer {}", own.key))
            .header("anthropic-version", version)
            .header("anthropic-beta", "context-1m-2025-08-07")
            .body(Full::new(body.to_string().into()))
            .unwrap();
        assert_eq!(world.call(0, call, 1).await.status, status, "{version}");
    }
}

#[tokio::test(start_paused = true)]
async fn prompts_beyond_the_window() {
    for protocol in crate::support::PROTOCOLS {
        let mut config = deployment(protocol, 1);
        config.context_window = Some(100);
        let world = World::new(vec![config], vec![]);
        let own = world.config.deployments[0].clone();
        let body = json!({ "model": "gpt-4o", "max_tokens": 99,
            "messages": [{ "role": "user", "content": "one two" }] });
        let seen = world.call(0, send(&own, Method::POST, path(&own), body.to_string()), 1).await;
        assert_eq!(seen.status, 400);
        insta::assert_snapshot!(format!("window-{protocol}"), seen.body());
    }
}

#[tokio::test(start_paused = true)]
async fn azure_needs_an_api_version_on_classic_paths() {
    let world = World::new(vec![deployment(Protocol::Azure, 1)], vec![]);
    let own = world.config.deployments[0].clone();
    let body =
        json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "[[answer:1]]" }] });
    for (path, status) in [
        ("/openai/deployments/gpt-4o/chat/completions", 404),
        ("/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", 200),
        ("/openai/deployments/gpt-9/chat/completions?api-version=2024-10-21", 404),
        ("/openai/deployments/gpt-4o/responses?api-version=2024-10-21", 404),
        ("/openai/v1/chat/completions", 200),
    ] {
        let seen = world.call(0, send(&own, Method::POST, path, body.to_string()), 1).await;
        assert_eq!(seen.status, status, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_deployments_share_a_quota() {
    let (mut config, mut other) =
        (deployment(Protocol::OpenAi, 1), deployment(Protocol::OpenAi, 2));
    config.host = "api.test".to_owned();
    other.host = "api.test".to_owned();
    let world = World::sharing(vec![config, other], rate_of(2));
    assert_eq!(world.plain(0, 1, 1).await.header("x-ratelimit-remaining-requests"), Some("1"));
    assert_eq!(world.plain(1, 2, 1).await.header("x-ratelimit-remaining-requests"), Some("0"));
    assert_eq!(world.plain(0, 3, 1).await.status, 429);
}
