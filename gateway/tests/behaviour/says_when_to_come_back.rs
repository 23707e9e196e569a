//! What a client is told when no deployment may be chosen, in the words of LiteLLM: each strategy's refusal is an error
//! of its own, and only that of usage-based routing makes retries wait.

use std::time::Duration;

use crate::support::*;
use gateway::config::Deployment;

/// An answer of a gateway whose only deployment is over its limit from the start.
async fn over_limit(strategy: &'static str, num_retries: u32) -> (Got, Lab) {
    let lab = Lab::new();
    lab.upstream("a", &[answer("yes")]);
    let full = Deployment { rpm: Some(1), tpm: Some(1), ..deployment("a") };
    let mut config = config(strategy, vec![full]);
    config.router.num_retries = num_retries;
    lab.gateway(config);
    (lab.chat(PLAIN).await, lab)
}

#[tokio::test(start_paused = true)]
async fn usage_based_routing_raises_a_rate_limit_error_and_names_no_wait() {
    let (got, lab) = over_limit("usage-based-routing-v2", 0).await;
    assert_eq!((got.status, got.header("retry-after")), (429, ""), "{}", got.body);
    assert_eq!(got.json()["error"]["type"], "throttling_error");
    assert!(got.body.contains("litellm.RateLimitError: No deployments available"), "{}", got.body);
    assert!(lab.hosts().is_empty(), "{:?}", lab.hosts());
}

#[tokio::test(start_paused = true)]
async fn the_checks_before_a_choice_raise_a_bare_error() {
    let lab = Lab::new();
    lab.upstream("a", &[answer("yes")]);
    let full = Deployment { rpm: Some(0), ..deployment("a") };
    let mut config = config("simple-shuffle", vec![full]);
    config.router.enable_pre_call_checks = true;
    config.router.num_retries = 0;
    lab.gateway(config);
    let got = lab.chat(PLAIN).await;
    assert_eq!((got.status, got.header("retry-after")), (429, ""), "{}", got.body);
    assert_eq!(got.json()["error"]["type"], "internal_server_error");
}

#[tokio::test(start_paused = true)]
async fn other_strategies_name_the_cooldown() {
    let (got, lab) = over_limit("latency-based-routing", 0).await;
    assert_eq!((got.status, got.header("retry-after")), (429, "5"), "{}", got.body);
    assert!(got.body.contains("Try again in 5 seconds"), "{}", got.body);
    assert_eq!(got.json()["error"]["type"], "rate_limit_error");
    assert!(lab.hosts().is_empty(), "{:?}", lab.hosts());
}

/// LiteLLM's retries obey a wait that stands in the error's own headers, and only that.
#[tokio::test(start_paused = true)]
async fn retries_wait_for_the_minute_of_the_limits_and_for_no_cooldown() {
    let (got, _) = over_limit("usage-based-routing-v2", 1).await;
    assert!(got.took >= Duration::from_secs(60), "{:?}", got.took);
    let (got, _) = over_limit("latency-based-routing", 1).await;
    assert!(got.took < Duration::from_secs(5), "{:?}", got.took);
}

/// Ours: what providers say of themselves would tell the client something about itself that is not true.
#[tokio::test(start_paused = true)]
async fn all_down_is_a_503_with_the_soonest_wait_and_a_line_for_each() {
    let lab = Lab::new();
    lab.upstream("first", &[refusal(429, &[("retry-after", "30")])]);
    lab.upstream("second", &[refusal(401, &[])]).upstream("third", &[Act::Refuse]);
    let mut config = priority(&["first", "second", "third"]);
    config.router.num_retries = 0;
    config.router.cooldown_time = std::time::Duration::from_secs(60);
    lab.gateway(config);
    let got = lab.chat(PLAIN).await;
    let error = &got.json()["error"];
    assert_eq!((got.status, error["type"].as_str()), (503, Some("no_deployment_answered")));
    assert_eq!(got.header("retry-after"), "30");
    let said = error["message"].as_str().expect("text");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "No deployment answered.");
    assert_eq!(lines[1], "first: 429 (rate_limited): Too many of them.");
    assert!(lines[2].starts_with("second: 401 (unauthorized): Incorrect API key"), "{said}");
    assert!(lines[3].starts_with("third: connect: "), "{said}");
    // Nobody is asked who said that it would refuse.
    let asked = lab.hosts().len();
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.status, 503);
    assert!(!lab.hosts()[asked..].contains(&"first".to_owned()), "{:?}", lab.hosts());
}
