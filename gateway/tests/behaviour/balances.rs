//! The balancer in front of several instances.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::*;
use gateway::balancer::Balancer;
use gateway::config::Balance;
use vocab::Seed;
use world::Link;

/// A balancer at `gateway:4000` over instances `g1`, `g2`, `g3`, each with an upstream of its own.
fn balanced(balance: Balance, acts: [Act; 3]) -> Lab {
    let lab = Lab::new();
    for (name, act) in ["1", "2", "3"].into_iter().zip(acts) {
        lab.upstream(&format!("u{name}"), &[act]);
        lab.instance(&format!("g{name}"), priority(&[&format!("u{name}")]));
    }
    front(&lab, balance, &["g1", "g2", "g3"]);
    lab
}

fn front(lab: &Lab, balance: Balance, instances: &[&str]) {
    let instances = instances.iter().map(|name| authority(name, 4000)).collect();
    let connector = lab.network.connector("balancer");
    let balancer = Balancer::new(balance, instances, connector, lab.clock, Seed(42));
    let listener = lab.network.listen("gateway", 4000, Link::default()).expect("a free name");
    tokio::spawn(async move { balancer.serve(listener).await });
}

async fn many(lab: &Lab, n: usize) -> BTreeMap<String, usize> {
    let requests: Vec<_> = (0..n)
        .map(|index| {
            let lab = lab.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(index as u64)).await;
                let call_id = index.to_string();
                let headers = [("x-litellm-call-id", call_id.as_str())];
                assert_eq!(lab.post("/v1/chat/completions", &headers, STREAM).await.status, 200);
            })
        })
        .collect();
    for request in requests {
        request.await.expect("answered");
    }
    lab.hosts().into_iter().fold(BTreeMap::new(), |mut counts, host| {
        *counts.entry(host).or_default() += 1;
        counts
    })
}

#[tokio::test(start_paused = true)]
async fn least_conn_avoids_the_slow_instance() {
    let lab = balanced(Balance::LeastConn, [stream(200), stream(1), stream(1)]);
    let counts = many(&lab, 90).await;
    assert!(counts["u1"] < 15, "{counts:?}");
    assert!(counts["u2"] > 30 && counts["u3"] > 10, "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn round_robin_takes_turns_and_random_spreads() {
    let acts = || [stream(1), stream(1), stream(1)];
    let counts = many(&balanced(Balance::RoundRobin, acts()), 30).await;
    assert!(counts.values().all(|&count| count == 10), "{counts:?}");
    let counts = many(&balanced(Balance::Random, acts()), 90).await;
    assert!(counts.len() == 3 && counts.values().all(|&count| count > 15), "{counts:?}");
    assert_eq!(counts, many(&balanced(Balance::Random, acts()), 90).await, "same seed, same luck");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_cannot_be_reached_is_passed_over() {
    let lab = Lab::new();
    lab.upstream("u1", &[stream(2)]).instance("g1", priority(&["u1"]));
    front(&lab, Balance::LeastConn, &["nobody", "g1"]);
    let got = lab.chat(STREAM).await;
    assert_eq!((got.status, got.words().as_str(), got.done()), (200, "w0 w1 ", true));
    assert_eq!(got.header("x-litellm-model-id"), "u1");
}

#[tokio::test(start_paused = true)]
async fn without_any_instance_it_is_a_502() {
    let lab = Lab::new();
    front(&lab, Balance::LeastConn, &["nobody"]);
    assert_eq!(lab.chat(PLAIN).await.status, 502);
}

#[tokio::test(start_paused = true)]
async fn tokens_pass_without_waiting_for_each_other() {
    let lab = balanced(Balance::LeastConn, [stream(3), stream(3), stream(3)]);
    let got = lab.chat(STREAM).await;
    let times: Vec<u128> = got.pieces.iter().map(|(at, _)| at.as_millis()).collect();
    assert_eq!(times, [20, 40, 60]);
}
