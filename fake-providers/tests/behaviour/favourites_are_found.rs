//! Rules about the favourite: who answered most in the minute before the window, found when it opens.

use std::time::Duration;

use crate::support::{World, deployment, rule, seconds};
use fake_providers::config::{FaultRule, Favourite, FoundFavourite, Window};
use record::AttemptEnd;
use serde_json::{Value, json};
use vocab::Protocol;

/// Three deployments behind hosts of their own.
fn world(faults: Vec<FaultRule>) -> World {
    World::new((1..=3).map(|number| deployment(Protocol::OpenAi, number)).collect(), faults)
}

/// From 10 s to 20 s at the favourite.
fn at_favourite(id: &str, name: &str, params: Value) -> FaultRule {
    let window = Window { from: seconds(10), to: seconds(20), ramp: Duration::ZERO };
    FaultRule { window, favourite: Some(Favourite::alone(3)), ..rule(id, name, params) }
}

fn found(world: &World) -> Vec<(String, u64, Vec<String>)> {
    let plain = |(rule, found): (String, FoundFavourite)| {
        let ids = found.deployments.iter().map(ToString::to_string).collect();
        (rule, found.at.ns() / 1_000_000_000, ids)
    };
    world.fakes.found_favourites().into_iter().map(plain).collect()
}

fn one(rule: &str, at: u64, ids: &[&str]) -> Vec<(String, u64, Vec<String>)> {
    vec![(rule.to_owned(), at, ids.iter().map(ToString::to_string).collect())]
}

async fn until(world: &World, second: u64) {
    world.clock.sleep_until(seconds(second)).await;
}

#[tokio::test(start_paused = true)]
async fn the_favourite_is_who_answered_most_in_the_minute_before() {
    let world = world(vec![at_favourite("f1", "error", json!({ "status": 500 }))]);
    for (request, deployment) in [(1, 0), (2, 2), (3, 2), (4, 1)] {
        assert_eq!(world.plain(deployment, request, 2).await.status, 200);
    }
    assert_eq!(found(&world), [], "its window is still to come");
    until(&world, 12).await;
    let statuses = [
        world.plain(0, 5, 2).await.status,
        world.plain(1, 6, 2).await.status,
        world.plain(2, 7, 2).await.status,
    ];
    assert_eq!(statuses, [200, 200, 500]);
    assert_eq!(found(&world), one("f1", 10, &["openai-3"]), "found when it opened, not when asked");
}

#[tokio::test(start_paused = true)]
async fn answers_inside_the_window_change_nothing() {
    let world = world(vec![at_favourite("f1", "error", json!({ "status": 500 }))]);
    world.plain(1, 1, 2).await;
    until(&world, 10).await;
    for request in 2..6 {
        assert_eq!(world.plain(2, request, 2).await.status, 200);
    }
    assert_eq!(world.plain(1, 7, 2).await.status, 500);
    assert_eq!(found(&world), one("f1", 10, &["openai-2"]));
}

#[tokio::test(start_paused = true)]
async fn open_connections_of_the_favourite_are_cut_at_the_start() {
    for (name, how) in [("refuse", AttemptEnd::Reset), ("blackhole", AttemptEnd::Silent)] {
        let world = world(vec![at_favourite("f1", name, Value::Null)]);
        world.plain(1, 1, 2).await;
        let (cut, spared) = tokio::join!(world.stream(1, 2, 600), world.stream(0, 3, 600));
        assert!(cut.broke.is_some(), "{name}");
        assert_eq!(spared.broke, None, "{name}: nobody preferred this one");
        let rows = world.rows().await;
        let row = rows.iter().find(|row| row.request == Some(2)).unwrap();
        assert_eq!((row.ended, row.fault.as_deref()), (how, Some("f1")));
    }
}

#[tokio::test(start_paused = true)]
async fn idle_connections_of_the_favourite_are_closed_too() {
    let idle = at_favourite("f1", "idle_close", json!({ "after": "2s" }));
    let mut slow = rule("f2", "slow_accept", json!({ "by": "1s" }));
    (slow.targets, slow.window.from) = (vec![0, 1, 2], seconds(11));
    let world = world(vec![idle, slow]);
    for (request, deployment) in [(1, 0), (2, 1), (3, 1)] {
        world.plain(deployment, request, 2).await;
    }
    until(&world, 11).await;
    let before = world.now_ms();
    let kept = world.plain(0, 4, 2).await.ended_ms - before;
    let dialled = world.plain(1, 5, 2).await.ended_ms - before - kept;
    assert_eq!(dialled - kept, 1_000, "only the favourite's was closed and is dialled again");
}

#[tokio::test(start_paused = true)]
async fn where_nobody_answered_whoever_was_tried_most_is_the_favourite() {
    let mut down = rule("down", "error", json!({ "status": 503 }));
    down.targets = vec![0, 1, 2];
    down.window.to = seconds(10);
    let world = world(vec![down, at_favourite("f1", "error", json!({ "status": 500 }))]);
    for (request, deployment) in [(1, 0), (2, 1), (3, 1), (4, 2)] {
        assert_eq!(world.plain(deployment, request, 2).await.status, 503);
    }
    until(&world, 10).await;
    assert_eq!(found(&world), one("f1", 10, &["openai-2"]));
}

#[tokio::test(start_paused = true)]
async fn where_nobody_was_called_the_rules_own_targets_are_hit() {
    let mut unused = at_favourite("f1", "error", json!({ "status": 500 }));
    unused.targets = vec![1];
    let world = world(vec![unused]);
    until(&world, 11).await;
    assert_eq!(world.plain(1, 1, 2).await.status, 500);
    assert_eq!(found(&world), one("f1", 10, &["openai-2"]));
}

#[tokio::test(start_paused = true)]
async fn a_favourites_whole_set_is_hit() {
    let mut region = at_favourite("f1", "error", json!({ "status": 500 }));
    region.favourite = Some(Favourite { set_of: vec![0, 1, 1] });
    let world = world(vec![region]);
    world.plain(2, 1, 2).await;
    until(&world, 10).await;
    assert_eq!(found(&world), one("f1", 10, &["openai-2", "openai-3"]));
}

#[tokio::test(start_paused = true)]
async fn each_window_finds_its_own_favourite() {
    let mut second = at_favourite("f2", "error", json!({ "status": 502 }));
    second.window = Window { from: seconds(80), to: seconds(90), ramp: Duration::ZERO };
    let world = world(vec![at_favourite("f1", "error", json!({ "status": 500 })), second]);
    world.plain(0, 1, 2).await;
    until(&world, 30).await;
    world.plain(2, 2, 2).await;
    until(&world, 80).await;
    assert_eq!(world.plain(0, 3, 2).await.status, 200);
    assert_eq!(world.plain(2, 4, 2).await.status, 502);
    let both = [one("f1", 10, &["openai-1"]), one("f2", 80, &["openai-3"])].concat();
    assert_eq!(found(&world), both);
}

#[tokio::test(start_paused = true)]
async fn a_window_into_which_somebody_seeks_opens_at_that_moment() {
    let world = world(vec![at_favourite("f1", "error", json!({ "status": 500 }))]);
    world.plain(1, 1, 2).await;
    until(&world, 1).await;
    world.fakes.seek(seconds(15));
    assert_eq!(world.plain(1, 2, 2).await.status, 500);
    assert_eq!(found(&world), one("f1", 15, &["openai-2"]));
    world.plain(2, 3, 2).await;
    world.plain(2, 4, 2).await;
    until(&world, 5).await;
    world.fakes.seek(seconds(12));
    assert_eq!(world.plain(2, 5, 2).await.status, 500, "sought again, found anew");
    world.fakes.seek(seconds(0));
    assert_eq!(found(&world), [], "and not yet");
}

#[tokio::test(start_paused = true)]
async fn a_rule_without_a_set_for_every_deployment_is_refused() {
    let world = world(Vec::new());
    let mut short = at_favourite("f1", "refuse", Value::Null);
    short.favourite = Some(Favourite::alone(2));
    let refused = world.fakes.load(&[short]).unwrap_err().to_string();
    assert!(refused.contains("`set_of` for each deployment"), "{refused}");
}
