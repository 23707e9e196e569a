//! What a client is told to wait when no deployment may be chosen: usage-based routing names the
//! minute of its limits, everybody else the cooldown.

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
async fn usage_based_routing_names_the_minute_of_its_limits() {
    let (got, lab) = over_limit("usage-based-routing-v2", 0).await;
    assert_eq!((got.status, got.header("retry-after")), (429, "60"), "{}", got.body);
    assert!(got.body.contains("Try again in 60 seconds"), "{}", got.body);
    assert!(lab.hosts().is_empty(), "{:?}", lab.hosts());
}

#[tokio::test(start_paused = true)]
async fn other_strategies_name_the_cooldown() {
    let (got, lab) = over_limit("latency-based-routing", 0).await;
    assert_eq!((got.status, got.header("retry-after")), (429, "5"), "{}", got.body);
    assert!(got.body.contains("Try again in 5 seconds"), "{}", got.body);
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
