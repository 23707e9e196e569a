//! However much a request asks for, it does not become a flood.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::support::*;
use gateway::config::{Config, Deployment};

/// `n` groups `m0`, `m1`, … with a failing deployment each.
fn groups(strategy: &'static str, n: usize) -> (Lab, Config) {
    let lab = Lab::new();
    let deployments = (0..n).map(|index| {
        let name = format!("m{index}");
        lab.upstream(&name, &[refusal(500, &[])]);
        Deployment { group: Arc::from(&*name), ..deployment(&name) }
    });
    let config = config(strategy, deployments.collect());
    (lab, config)
}

#[tokio::test(start_paused = true)]
async fn a_request_names_eight_fallbacks_at_most() {
    for strategy in ["priority", "least-busy"] {
        let (lab, config) = groups(strategy, 20);
        lab.gateway(config);
        let names: Vec<String> = (1..20).map(|index| format!("\"m{index}\"")).collect();
        let body = format!(
            r#"{{"model":"m0","num_retries":0,"fallbacks":[{}],"messages":[]}}"#,
            names.join(",")
        );
        let status = if strategy == "priority" { 503 } else { 500 };
        assert_eq!(lab.chat(&body).await.status, status);
        let expected: Vec<String> = (0..=8).map(|index| format!("m{index}")).collect();
        assert_eq!(lab.hosts(), expected, "{strategy}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_sent_sixty_four_times_at_most() {
    let (lab, mut config) = groups("least-busy", 4);
    config.router.disable_cooldowns = true;
    lab.gateway(config);
    let body = r#"{"model":"m0","num_retries":30,"fallbacks":["m1","m2","m3"],"messages":[]}"#;
    let got = lab.chat(body).await;
    assert_eq!(got.status, 500);
    assert!(got.body.contains("model group 'm0' failed"), "{}", got.body);
    let hosts = lab.hosts();
    let asked: BTreeSet<&str> = hosts.iter().map(String::as_str).collect();
    assert_eq!((hosts.len(), asked.len()), (64, 3), "the last group is not reached");
    assert!(lab.decided().last().expect("an end").contains("gave up 500"));
}
