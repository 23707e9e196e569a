//! Whose attempt it is, and which: requests that a silent connection swallows, dials that are let in late,
//! prompts that several requests share.

use std::time::Duration;

use crate::support::{World, deployment, path, rule, seconds, send};
use fake_providers::config::{When, Window};
use http::Method;
use record::{AttemptEnd, Stage};
use serde_json::{Value, json};
use vocab::{PromptId, Protocol, mark};

/// A black hole from 10 s to 20 s, and a connection that was used before and is kept.
async fn with_a_silent_connection() -> World {
    let mut hole = rule("f1", "blackhole", Value::Null);
    hole.window = Window { from: seconds(10), to: seconds(20), ramp: Duration::ZERO };
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![hole]);
    assert_eq!(world.plain(0, 1, 2).await.status, 200);
    world
}

#[tokio::test(start_paused = true)]
async fn a_request_that_a_silent_pooled_connection_swallows_met_its_fault() {
    for (asks_s, in_the) in [(12, "window"), (25, "time after it: what fell silent stays silent")] {
        let world = with_a_silent_connection().await;
        world.clock.sleep_until(seconds(asks_s)).await;
        let seen = world.plain(0, 2, 2).await;
        assert_eq!(seen.broke, Some("timeout"), "{in_the}");
        let rows = world.rows().await;
        assert_eq!(rows.len(), 2, "{rows:#?}");
        let row = &rows[1];
        assert_eq!((row.request, row.attempt, row.visit), (Some(2), 1, 1));
        assert_eq!((row.stage, row.ended), (Stage::Request, AttemptEnd::Silent));
        assert_eq!(row.fault.as_deref(), Some("f1"), "{in_the}");
        assert_eq!((row.status, row.tokens_in, row.tokens_out), (None, 0, 0), "nothing is billed");
        let span = (row.arrived_ns / 1_000_000, row.ended_ns / 1_000_000_000);
        assert_eq!(span, (asks_s * 1000, asks_s + 30), "from its arrival to its client's hang-up");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_silent_connection_has_swallowed_is_a_visit() {
    let world = with_a_silent_connection().await;
    world.clock.sleep_until(seconds(25)).await;
    assert_eq!(world.plain(0, 2, 2).await.broke, Some("timeout"));
    assert_eq!(world.plain(0, 2, 2).await.status, 200, "over a connection of its own");
    let rows = world.rows().await;
    assert_eq!((rows[2].attempt, rows[2].visit, rows[2].fault.as_deref()), (2, 2, None));
}

/// Refuses the first attempt of plain requests.
fn first_attempt() -> fake_providers::config::FaultRule {
    let mut first = rule("first", "error", json!({ "status": 503 }));
    first.when = When { attempt: Some(1), stream: Some(false), ..When::default() };
    first
}

#[tokio::test(start_paused = true)]
async fn a_dial_that_is_accepted_late_is_no_attempt_of_its_own() {
    let late = rule("late", "slow_accept", json!({ "by": "3s" }));
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![late, first_attempt()]);
    assert_eq!(world.plain(0, 1, 2).await.status, 503, "its first attempt, whatever the dial took");
    let row = world.row().await;
    assert_eq!((row.attempt, row.visit, row.stage), (1, 1, Stage::Request));
    assert_eq!(row.fault.as_deref(), Some("late+first"));
}

#[tokio::test(start_paused = true)]
async fn a_dial_that_waits_for_room_is_no_attempt_of_its_own() {
    let full = rule("full", "connection_cap", json!({ "max": 1 }));
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![full, first_attempt()]);
    let leaves = tokio::time::timeout(Duration::from_secs(2), world.stream(0, 1, 1000));
    let (left, waited) = tokio::join!(leaves, world.plain(0, 2, 2));
    assert!(left.is_err(), "it leaves, and makes room");
    assert_eq!(waited.status, 503);
    let rows = world.rows().await;
    let of_it: Vec<_> = rows.iter().filter(|row| row.request == Some(2)).collect();
    assert_eq!(of_it.len(), 1, "{rows:#?}");
    assert_eq!((of_it[0].attempt, of_it[0].visit, of_it[0].stage), (1, 1, Stage::Request));
}

#[tokio::test(start_paused = true)]
async fn a_dial_that_is_never_let_in_is_an_attempt() {
    let full = rule("full", "connection_cap", json!({ "max": 1 }));
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![full]);
    let (_, waits) = tokio::join!(world.plain(0, 1, 2), world.plain(0, 2, 2));
    assert_eq!(waits.broke, Some("connect timeout"));
    // The connection that was in its way serves it now.
    assert_eq!(world.plain(0, 2, 2).await.status, 200);
    let rows = world.rows().await;
    let numbers: Vec<_> = rows.iter().filter(|row| row.request == Some(2)).collect();
    let numbers: Vec<_> = numbers.iter().map(|row| (row.attempt, row.visit, row.stage)).collect();
    assert_eq!(numbers, [(1, 1, Stage::Connect), (2, 2, Stage::Request)]);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_is_asked_again_belongs_to_the_request_that_names_itself() {
    for protocol in [Protocol::OpenAi, Protocol::Azure, Protocol::Anthropic] {
        let world = World::new(vec![deployment(protocol, 1)], vec![]);
        let config = &world.config.deployments[0];
        let call = |request: u64| {
            let mut prompt = "one two ".to_owned();
            mark::push_prompt_marks(&mut prompt, PromptId(7), 3);
            let messages = json!([{ "role": "user", "content": prompt }]);
            let mut body = json!({ "model": config.model, "messages": messages, "max_tokens": 50 });
            match protocol {
                Protocol::Anthropic => body["metadata"] = json!({ "user_id": request.to_string() }),
                _ => body["user"] = json!(request.to_string()),
            }
            send(config, Method::POST, path(config), body.to_string())
        };
        for request in [7, 41, 41] {
            let seen = world.call(0, call(request), request).await;
            assert_eq!(seen.status, 200, "{protocol}: {}", seen.body());
            assert!(seen.body().contains("~1.7."), "the answer names its prompt: {}", seen.body());
        }
        let rows = world.rows().await;
        let booked: Vec<_> = rows.iter().map(|row| (row.request, row.attempt, row.visit)).collect();
        assert_eq!(booked, [(Some(7), 1, 1), (Some(41), 1, 1), (Some(41), 2, 2)], "{protocol}");
    }
}
