//! A client that leaves LiteLLM before it has the head of an answer stops nothing: attempts, retries and what
//! they teach go on. Whoever has the head closes the provider's stream, and a limit that the client set itself
//! is held against nobody.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use world::pool::{Pool, PoolOptions};

use crate::support::*;

/// A client that waits so long and then closes its connection.
async fn leaves_after(lab: &Lab, patience: Duration, body: &'static str) {
    let request = Request::post("/v1/chat/completions")
        .header("host", "gateway")
        .header("x-litellm-call-id", "call-1")
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .expect("a request");
    let pool = Pool::new(lab.network.connector("client"), PoolOptions::default());
    let gateway = authority("gateway", 4000);
    let left = tokio::time::timeout(patience, pool.send(&gateway, request, "")).await;
    assert!(left.is_err(), "no head came so soon");
}

#[tokio::test(start_paused = true)]
async fn retries_go_on_and_the_sibling_answers_nobody() {
    let lab = Lab::new();
    lab.upstream("a", &[Act::Hang]).upstream("b", &[answer("yes")]).gateway(litellm(&["a", "b"]));
    leaves_after(&lab, Duration::from_millis(800), PLAIN).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    // The failure is told to least-busy, so that the first of equals is asked again; its second is not.
    let attempts = lab.attempts();
    let hosts: Vec<&str> = attempts.iter().map(|(host, _)| host.as_str()).collect();
    assert_eq!(hosts, ["a", "a", "b"]);
    let story = lab.decided();
    assert_eq!(story[1], "a client left", "told when it happens: {story:?}");
    assert_eq!(story.last().map(String::as_str), Some("b served after 3"));
    let metrics = lab.send("GET", "/metrics", &[], "").await.body;
    assert!(metrics.contains("status_code=\"499\"} 1\n"), "{metrics}");
    assert!(!metrics.contains("status_code=\"200\""), "counted once: {metrics}");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_dies_takes_them_along() {
    let lab = Lab::new();
    lab.upstream("a", &[Act::Hang]);
    let gateway = lab.mortal(litellm(&["a"]));
    leaves_after(&lab, Duration::from_millis(800), PLAIN).await;
    gateway.abort();
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(lab.hosts().len(), 1, "{:?}", lab.decided());
}

#[tokio::test(start_paused = true)]
async fn failures_that_nobody_waits_for_cool_all_the_same() {
    let lab = Lab::new();
    lab.upstream("a", &[Act::Hang]).upstream("b", &[answer("yes")]);
    let mut config = config("cost-based-routing", vec![]);
    let cheap = gateway::config::Deployment { input_cost_per_token: Some(0.1), ..deployment("a") };
    config.deployments = vec![cheap, deployment("b")];
    config.router.num_retries = 0;
    lab.gateway(config);
    for _ in 0..5 {
        leaves_after(&lab, Duration::from_millis(800), PLAIN).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    assert!(lab.decided().contains(&"a cooldown: timeout".to_owned()), "{:?}", lab.decided());
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_head_was_due_ends_with_its_client() {
    let lab = Lab::new();
    let slow =
        Act::Stream([vec![role(), Step::Wait(Duration::from_secs(2))], words(3), end()].concat());
    lab.upstream("a", &[slow]).gateway(litellm(&["a"]));
    // The role has come, and LiteLLM would have sent the head with it.
    leaves_after(&lab, Duration::from_millis(500), STREAM).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(lab.decided(), ["a pick", "a client left"]);
}

#[tokio::test(start_paused = true)]
async fn the_clients_own_timeout_cools_nobody() {
    let lab = Lab::new();
    lab.upstream("a", &[Act::Hang]).upstream("b", &[Act::Hang]).gateway(litellm(&["a", "b"]));
    let body = PLAIN.replace("{\"model\"", "{\"timeout\":1,\"model\"");
    for _ in 0..9 {
        assert_eq!(lab.chat(&body).await.status, 408);
    }
    assert!(!lab.decided().iter().any(|line| line.contains("cooldown")), "{:?}", lab.decided());
    let why = lab.not_done();
    assert!(why.iter().any(|line| line.contains("LimitOfRequest")), "{why:?}");
}
