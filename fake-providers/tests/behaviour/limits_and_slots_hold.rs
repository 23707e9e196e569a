//! Rate limits with headers that agree with them, and slots that make a crowd wait.

use std::time::Duration;

use crate::support::{World, chat, deployment, path, send};
use fake_providers::config::{Capacity, Limits, Rate};
use http::Method;
use record::AttemptEnd;
use serde_json::json;
use vocab::Protocol;

const MINUTE: Duration = Duration::from_secs(60);

fn limited(protocol: Protocol, limits: Limits) -> World {
    let mut config = deployment(protocol, 1);
    config.limits = limits;
    World::new(vec![config], vec![])
}

fn rate(amount: u64) -> Option<Rate> {
    Some(Rate { amount, per: MINUTE })
}

#[tokio::test(start_paused = true)]
async fn openai_counts_down_and_keeps_its_promise() {
    let world = limited(Protocol::OpenAi, Limits { requests: rate(2), ..Limits::default() });
    let first = world.plain(0, 1, 1).await;
    assert_eq!(first.header("x-ratelimit-limit-requests"), Some("2"));
    assert_eq!(first.header("x-ratelimit-remaining-requests"), Some("1"));
    assert_eq!(first.header("x-ratelimit-reset-requests"), Some("30s"));
    world.plain(0, 2, 1).await;
    let third = world.plain(0, 3, 1).await;
    assert_eq!(third.status, 429);
    assert_eq!(third.header("x-ratelimit-remaining-requests"), Some("0"));
    // 0.8 s have passed since the bucket was full: 29.2 s until the first unit is back.
    assert_eq!(third.header("retry-after-ms"), Some("29200"));
    assert_eq!(third.header("retry-after"), Some("30"));
    assert_eq!(third.json()["error"]["code"], "rate_limit_exceeded");
    tokio::time::sleep(Duration::from_millis(29_199)).await;
    assert_eq!(world.plain(0, 4, 1).await.status, 429);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(world.plain(0, 5, 1).await.status, 200);
    let rows = world.rows().await;
    assert_eq!((rows[2].ended, rows[2].tokens_in), (AttemptEnd::Error, 0));
}

#[tokio::test(start_paused = true)]
async fn openai_takes_prompt_plus_max_tokens() {
    let world = limited(Protocol::OpenAi, Limits { tokens: rate(1000), ..Limits::default() });
    let own = world.config.deployments[0].clone();
    let body = json!({
        "model": "gpt-4o", "max_tokens": 300,
        "messages": [{ "role": "user", "content": "one two three" }]
    });
    let seen = world.call(0, send(&own, Method::POST, path(&own), body.to_string()), 1).await;
    assert_eq!(seen.header("x-ratelimit-remaining-tokens"), Some("697"));
}

#[tokio::test(start_paused = true)]
async fn azure_judges_requests_over_ten_seconds() {
    let world = limited(Protocol::Azure, Limits { requests: rate(12), ..Limits::default() });
    let statuses = |range: std::ops::Range<u64>| {
        let world = &world;
        async move {
            let mut seen = Vec::new();
            for request in range {
                seen.push(world.plain(0, request, 1).await);
            }
            seen
        }
    };
    // The run starts 17 s past the minute: the window has 3 s left, and 12/min are 2 in 10 s.
    let seen = statuses(0..3).await;
    assert_eq!(seen.iter().map(|seen| seen.status).collect::<Vec<_>>(), [200, 200, 429]);
    assert_eq!(seen[0].header("x-ratelimit-remaining-requests"), Some("1"));
    assert_eq!(seen[2].header("retry-after-ms"), Some("2200"));
    tokio::time::sleep(Duration::from_millis(2200)).await;
    assert_eq!(statuses(3..4).await[0].status, 200);
}

#[tokio::test(start_paused = true)]
async fn azure_tells_the_impossible_to_wait_for_a_day() {
    let world = limited(Protocol::Azure, Limits { tokens: rate(11), ..Limits::default() });
    let seen = world.plain(0, 1, 1).await;
    assert_eq!((seen.status, seen.header("retry-after")), (429, Some("86400")));
}

#[tokio::test(start_paused = true)]
async fn anthropic_reserves_output_and_settles() {
    let limits = Limits { tokens: rate(6000), output_tokens: rate(6000), ..Limits::default() };
    let world = limited(Protocol::Anthropic, limits);
    let first = world.stream(0, 1, 10).await;
    assert_eq!(first.header("anthropic-ratelimit-output-tokens-remaining"), Some("1904"));
    assert_eq!(first.header("anthropic-ratelimit-input-tokens-remaining"), Some("5988"));
    assert_eq!(
        first.header("anthropic-ratelimit-output-tokens-reset"),
        Some("2026-01-01T00:00:58Z"),
        "4096 of 100 per second are 40.96 s after 00:00:17"
    );
    // 10 of 4096 reserved tokens were said; the rest came back, so a second one fits at once.
    assert_eq!(world.stream(0, 2, 10).await.status, 200);
    let own = world.config.deployments[0].clone();
    let (one, two) = (chat(&own, 3, 500, true), chat(&own, 4, 500, true));
    let (one, two) = tokio::join!(world.call(0, one, 3), world.call(0, two, 4));
    assert_eq!((one.status, two.status), (200, 429), "both reservations do not fit");
    assert!(two.header("retry-after").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_crowd_waits_and_the_overflow_is_turned_away() {
    let mut config = deployment(Protocol::Anthropic, 1);
    config.capacity = Some(Capacity { slots: 1, queue: 1, slowdown: 0.0 });
    let world = World::new(vec![config], vec![]);
    let after = |ms, request| {
        let world = &world;
        async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            world.plain(0, request, 6).await
        }
    };
    let (a, b, c) = tokio::join!(after(0, 1), after(1, 2), after(2, 3));
    assert_eq!((a.status, a.ended_ms), (200, 500));
    assert_eq!((b.status, b.ended_ms), (200, 1000), "queued behind the first");
    assert_eq!((c.status, c.ended_ms), (529, 2), "overloaded in the provider's words");
    assert_eq!(world.plain(0, 4, 1).await.status, 200, "slots are given back");
}

#[tokio::test(start_paused = true)]
async fn a_crowd_slows_everybody() {
    let mut config = deployment(Protocol::OpenAi, 1);
    config.capacity = Some(Capacity { slots: 2, queue: 0, slowdown: 1.0 });
    let world = World::new(vec![config], vec![]);
    let (a, b) = tokio::join!(world.stream(0, 1, 2), world.stream(0, 2, 2));
    assert_eq!((a.ended_ms, b.ended_ms), (630, 840), "1.5 times and twice as long");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_gives_its_slot_back() {
    let mut config = deployment(Protocol::OpenAi, 1);
    config.capacity = Some(Capacity { slots: 1, queue: 0, slowdown: 0.0 });
    let world = World::new(vec![config], vec![]);
    let long = world.stream(0, 1, 10_000);
    assert!(tokio::time::timeout(Duration::from_secs(1), long).await.is_err());
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(world.stream(0, 2, 1).await.status, 200);
}
