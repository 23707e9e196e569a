//! The same request meets the same fault and the same token times, whatever else happens; shares
//! and ramps are what they say.

use std::time::Duration;

use crate::support::{World, deployment, rule, seconds};
use fake_providers::config::{Latency, Spread, Window};
use serde_json::json;
use vocab::Protocol;

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
async fn shares_hold() {
    let world = world(7);
    let mut cut = 0;
    for request in 0..1000 {
        let seen = world.stream(0, request, 4).await;
        cut += u32::from(seen.broke.is_some());
    }
    assert!((250..350).contains(&cut), "{cut} of 1000, planned 30 %");
}

#[tokio::test(start_paused = true)]
async fn ramps_rise_and_fall() {
    let mut ramped = rule("f1", "error", 500.into());
    ramped.window = Window { from: seconds(100), to: seconds(200), ramp: Duration::from_secs(20) };
    ramped.share = 0.8;
    let mut instant = deployment(Protocol::OpenAi, 1);
    let at_once = Spread::Constant(Duration::ZERO);
    instant.latency = Latency { ttft: at_once, itl: at_once };
    let world = World::new(vec![instant], vec![ramped]);
    let mut request = 0;
    for (at, planned) in [(99, 0.0), (105, 0.2), (110, 0.4), (150, 0.8), (190, 0.4), (200, 0.0)] {
        world.clock.sleep_until(seconds(at)).await;
        let mut failed = 0;
        for _ in 0..2000 {
            failed += u32::from(world.plain(0, request, 1).await.status == 500);
            request += 1;
        }
        assert_eq!(world.clock.now(), seconds(at), "all at that instant");
        let seen = f64::from(failed) / 2000.0;
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
    let mut late = rule("f1", "slow_headers", json!({ "by": "4s" }));
    late.window = Window { from: seconds(0), to: seconds(100), ramp: Duration::from_secs(20) };
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![late]);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(times(&world, 1).await[0], 2400, "400 ms, and half of 4 s");
}
