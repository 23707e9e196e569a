//! The same request meets the same fault and the same token times, whatever else happens; shares
//! and ramps are what they say; the oracle agrees with the run.

use std::time::Duration;

use crate::support::{World, deployment, rule, seconds};
use fake_providers::config::{Spread, Window};
use serde_json::json;
use vocab::{At, Protocol};

fn world(seed: u64) -> World {
    let mut config = deployment(Protocol::OpenAi, 1);
    let ms = Duration::from_millis;
    config.latency.ttft = Spread::Lognormal { p50: ms(500), p99: ms(2000) };
    config.latency.itl = Spread::Lognormal { p50: ms(20), p99: ms(80) };
    let mut some = rule("f1", "cut", json!({ "after_tokens": 2 }));
    some.share = 0.3;
    World::seeded(seed, vec![config], vec![some])
}

/// Times of all pieces since the request was sent.
async fn times(world: &World, request: u64) -> Vec<u64> {
    let start = world.now_ms();
    let seen = world.stream(0, request, 8).await;
    seen.pieces.iter().map(|(ms, _)| ms - start).collect()
}

#[tokio::test(start_paused = true)]
async fn load_moves_nobodys_luck() {
    let (quiet, busy) = (world(42), world(42));
    for request in 0..1000 {
        busy.plain(0, 10_000 + request, 1).await;
    }
    let other = world(43);
    let mut differ = 0;
    for request in 0..60 {
        let alone = times(&quiet, request).await;
        assert_eq!(alone, times(&busy, request).await, "request {request}");
        differ += usize::from(alone != times(&other, request).await);
    }
    assert!(differ > 50, "another seed is another run: {differ} of 60 differ");
}

#[tokio::test(start_paused = true)]
async fn a_second_visit_draws_again() {
    let world = world(42);
    let first = times(&world, 5).await;
    let second = times(&world, 5).await;
    assert_ne!(first, second);
}

#[tokio::test(start_paused = true)]
async fn shares_hold_and_the_oracle_agrees() {
    let world = world(7);
    let mut cut = 0;
    for request in 0..1000 {
        let at = world.clock.now();
        let seen = world.stream(0, request, 4).await;
        assert_eq!(seen.broke.is_none(), world.fakes.would_answer(0, request, at, true, 12));
        cut += u32::from(seen.broke.is_some());
    }
    assert!((250..350).contains(&cut), "{cut} of 1000, planned 30 %");
}

#[test]
fn ramps_rise_and_fall() {
    let mut ramped = rule("f1", "error", 500.into());
    ramped.window = Window { from: seconds(100), to: seconds(200), ramp: Duration::from_secs(20) };
    ramped.share = 0.8;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let _guard = runtime.enter();
    let config = fake_providers::config::FakesConfig {
        seed: vocab::Seed(1),
        deployments: vec![deployment(Protocol::OpenAi, 1)],
        faults: vec![ramped],
        quotas: Vec::new(),
    };
    let rows = std::sync::Arc::new(crate::support::Rows::default());
    let fakes = fake_providers::Fakes::new(config, world::Clock::simulated(), rows).unwrap();
    let share = |at: At| {
        let failed = (0..4000).filter(|n| !fakes.would_answer(0, *n, at, true, 12)).count();
        failed as f64 / 4000.0
    };
    for (at, planned) in [(99, 0.0), (105, 0.2), (110, 0.4), (150, 0.8), (190, 0.4), (200, 0.0)] {
        let seen = share(seconds(at));
        assert!((seen - planned).abs() < 0.03, "{seen} at {at} s, planned {planned}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_ramp_scales_how_slow_not_how_many() {
    let mut slow = rule("f1", "slow", json!({ "first_token": { "factor": 3 } }));
    slow.window = Window { from: seconds(0), to: seconds(100), ramp: Duration::from_secs(20) };
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![slow]);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(times(&world, 1).await[1], 800, "half of the way from 400 to 1200 ms");
    assert!(world.fakes.would_answer(0, 1, world.clock.now(), true, 12), "slow is an answer");
    let mut late = rule("f1", "slow_headers", json!({ "by": "4s" }));
    late.window = Window { from: seconds(0), to: seconds(100), ramp: Duration::from_secs(20) };
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![late]);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(times(&world, 1).await[0], 2400, "400 ms, and half of 4 s");
}
