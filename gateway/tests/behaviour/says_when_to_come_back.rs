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
