//! Every fault inside an answer, for every persona: what a raw client sees of it, and what the
//! ledger says.

use std::time::Duration;

use crate::support::{PROTOCOLS, Seen, World, chat, deployment, rule};
use record::{AttemptEnd, AttemptKind, Stage};
use serde_json::{Value, json};
use vocab::Protocol;

/// A world with one deployment and one fault.
fn world(protocol: Protocol, name: &str, params: Value) -> World {
    World::new(vec![deployment(protocol, 1)], vec![rule("f1", name, params)])
}

fn terminated(seen: &Seen) -> bool {
    seen.body().contains("[DONE]") || seen.body().contains("message_stop")
}

#[tokio::test(start_paused = true)]
async fn throttle_says_429_and_bills_nothing() {
    for protocol in PROTOCOLS {
        let world = world(protocol, "throttle", json!({ "retry_after": "9500ms" }));
        let seen = world.stream(0, 4, 10).await;
        assert_eq!((seen.status, seen.header("retry-after")), (429, Some("10")));
        assert!(seen.header("retry-after-ms").is_none());
        let row = world.row().await;
        assert_eq!((row.status, row.ended), (Some(429), AttemptEnd::Error));
        assert_eq!((row.tokens_in, row.tokens_out), (0, 0));
        assert_eq!(row.fault.as_deref(), Some("f1"));
    }
    let bare = world(Protocol::OpenAi, "throttle", Value::Null).stream(0, 4, 10).await;
    assert!(bare.header("retry-after").is_none());
    let ms = world(Protocol::Azure, "throttle", json!({ "retry_after_ms": 250 }));
    assert_eq!(ms.stream(0, 4, 10).await.header("retry-after-ms"), Some("250"));
}

#[tokio::test(start_paused = true)]
async fn errors_come_in_any_body() {
    for (body, starts) in [("html", "<html>"), ("text", "upstream connect"), ("empty", "")] {
        let params = json!({ "status": 503, "retry_after": "2s", "body": body });
        let world = world(Protocol::Anthropic, "error", params);
        let seen = world.plain(0, 1, 5).await;
        assert_eq!((seen.status, seen.header("retry-after")), (503, Some("2")));
        assert!(seen.body().starts_with(starts), "{}", seen.body());
        assert_eq!(seen.body().is_empty(), body == "empty");
        assert_eq!(world.row().await.ended, AttemptEnd::Error);
    }
}

#[tokio::test(start_paused = true)]
async fn reset_breaks_the_connection_before_a_head() {
    for protocol in PROTOCOLS {
        let world = world(protocol, "reset", Value::Null);
        let seen = world.stream(0, 4, 10).await;
        assert_eq!((seen.status, seen.broke), (0, Some("closed")));
        let row = world.row().await;
        assert_eq!((row.stage, row.status, row.ended), (Stage::Request, None, AttemptEnd::Reset));
    }
}

#[tokio::test(start_paused = true)]
async fn slow_stretches_first_token_and_gaps() {
    let params = json!({
        "first_token": { "factor": 3, "add": "100ms" }, "between_tokens": { "add": "30ms" }
    });
    let world = world(Protocol::OpenAi, "slow", params);
    let seen = world.stream(0, 4, 3).await;
    let times: Vec<u64> = seen.pieces.iter().map(|(ms, _)| *ms).collect();
    assert_eq!(times, [400, 1300, 1350, 1400, 1400], "head and role, three tokens, the end");
    let row = world.row().await;
    assert_eq!((row.ended, row.fault.as_deref()), (AttemptEnd::Complete, Some("f1")));
}

#[tokio::test(start_paused = true)]
async fn stall_falls_silent_until_the_client_leaves() {
    for protocol in PROTOCOLS {
        let world = world(protocol, "stall", json!({ "after_tokens": 3 }));
        let seen = world.stream(0, 4, 10).await;
        assert_eq!((seen.status, seen.tokens(), seen.broke), (200, 3, Some("timeout")));
        let row = world.row().await;
        assert_eq!((row.ended, row.tokens_in, row.tokens_out), (AttemptEnd::Silent, 12, 3));
        assert_eq!(row.ended_ns, 30_000_000_000, "when the client hung up");
        let plain = world.plain(0, 5, 10).await;
        assert_eq!((plain.status, plain.pieces.len(), plain.broke), (200, 0, Some("timeout")));
    }
    let world = world(Protocol::OpenAi, "stall", json!({ "for": "5s" }));
    let seen = world.stream(0, 4, 2).await;
    assert!(terminated(&seen));
    assert_eq!(seen.ended_ms, 400 + 5000 + 20);
}

#[tokio::test(start_paused = true)]
async fn cut_resets_mid_answer() {
    for protocol in PROTOCOLS {
        let world = world(protocol, "cut", json!({ "after_tokens": 3 }));
        let seen = world.stream(0, 4, 10).await;
        assert_eq!((seen.status, seen.tokens(), seen.broke), (200, 3, Some("body")));
        let row = world.row().await;
        assert_eq!((row.ended, row.tokens_out), (AttemptEnd::Reset, 3));
        let plain = world.plain(0, 5, 10).await;
        assert_eq!((plain.status, plain.broke), (200, Some("body")));
        assert!(!plain.body().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn truncate_ends_in_order_without_terminator() {
    for protocol in PROTOCOLS {
        let world = world(protocol, "truncate", json!({ "after_tokens": 3 }));
        let seen = world.stream(0, 4, 10).await;
        assert_eq!((seen.status, seen.tokens(), seen.broke), (200, 3, None));
        assert!(!terminated(&seen), "{}", seen.body());
        assert_eq!(world.row().await.ended, AttemptEnd::Truncated);
        let plain = world.plain(0, 5, 10).await;
        assert_eq!((plain.status, plain.broke), (200, None));
        assert!(serde_json::from_str::<Value>(&plain.body()).is_err());
        let short = world.stream(0, 6, 3).await;
        assert!(terminated(&short), "an answer that is no longer than the fault's place is spared");
        assert_eq!(world.rows().await[2].fault, None);
    }
}

#[tokio::test(start_paused = true)]
async fn error_events_end_streams_in_the_providers_words() {
    let mut text = String::new();
    for protocol in PROTOCOLS {
        for status in [None, Some(500), Some(502)] {
            let params = json!({ "after_tokens": 2, "status": status });
            let world = world(protocol, "error_event", params);
            let seen = world.stream(0, 4, 10).await;
            assert_eq!((seen.status, seen.tokens(), seen.broke), (200, 2, None));
            assert!(!terminated(&seen));
            let (_, last) = seen.pieces.last().unwrap();
            text += &format!("{protocol} {status:?}: {}\n", last.trim_end());
            let row = world.row().await;
            assert_eq!((row.ended, row.tokens_out), (AttemptEnd::ErrorEvent, 2));
            let plain = world.plain(0, 5, 10).await;
            assert_eq!(plain.status, 200);
            assert!(plain.json()["error"].is_object());
        }
    }
    insta::assert_snapshot!(text);
}

#[tokio::test(start_paused = true)]
async fn garble_breaks_one_chunk() {
    for protocol in PROTOCOLS {
        let world_on = world(protocol, "garble", json!({ "after_tokens": 2 }));
        let seen = world_on.stream(0, 4, 6).await;
        assert!(terminated(&seen), "the stream goes on");
        let body = seen.body();
        let malformed = body.lines().filter(|line| {
            line.strip_prefix("data: ").is_some_and(|data| {
                data != "[DONE]" && serde_json::from_str::<Value>(data).is_err()
            })
        });
        assert_eq!(malformed.count(), 1);
        let row = world_on.row().await;
        assert_eq!((row.ended, row.tokens_out), (AttemptEnd::Complete, 6));
        let plain = world_on.plain(0, 5, 6).await;
        assert!(serde_json::from_str::<Value>(&plain.body()).is_err());
        let world_off = world(protocol, "garble", json!({ "after_tokens": 2, "ends": true }));
        assert!(!terminated(&world_off.stream(0, 4, 6).await));
        assert_eq!(world_off.row().await.ended, AttemptEnd::Truncated);
    }
}

#[tokio::test(start_paused = true)]
async fn faults_add_up_in_one_attempt() {
    let faults = vec![
        rule("late", "slow", json!({ "first_token": { "add": "300ms" } })),
        rule("later", "slow", json!({ "factor": 2 })),
        rule("cut", "cut", json!({ "after_tokens": 1 })),
    ];
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], faults);
    let seen = world.stream(0, 4, 3).await;
    assert_eq!((seen.pieces[0].0, seen.pieces[1].0), (400, 1100), "the head is not late");
    assert_eq!((seen.ended_ms, seen.tokens()), (1140, 1));
    assert_eq!(world.row().await.fault.as_deref(), Some("late+later+cut"));
}

#[tokio::test(start_paused = true)]
async fn conditions_narrow_a_fault() {
    let mut streams = rule("streams", "error", 500.into());
    streams.when.stream = Some(true);
    let mut retries = rule("retries", "error", 502.into());
    retries.when.attempt = Some(2);
    let mut long = rule("long", "error", 504.into());
    long.when.prompt_tokens_min = Some(13);
    let mut every = rule("every", "error", 529.into());
    every.when.every = Some(3);
    let world =
        World::new(vec![deployment(Protocol::OpenAi, 1)], vec![streams, retries, long, every]);
    assert_eq!(world.stream(0, 1, 2).await.status, 500);
    assert_eq!(world.plain(0, 2, 2).await.status, 200);
    assert_eq!(world.plain(0, 3, 2).await.status, 529, "the third arrival");
    assert_eq!(world.plain(0, 2, 2).await.status, 502, "the request's second attempt");
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_is_recorded_with_what_was_generated() {
    let world = World::new(vec![deployment(Protocol::Azure, 1)], vec![]);
    let call = chat(&world.config.deployments[0], 9, 1000, true);
    let calling = world.call(0, call, 9);
    assert!(tokio::time::timeout(Duration::from_millis(510), calling).await.is_err());
    let row = world.row().await;
    assert_eq!((row.ended, row.status), (AttemptEnd::HungUp, Some(200)));
    assert_eq!((row.tokens_in, row.tokens_out), (12, 6), "400, 420, … 500 ms");
    assert_eq!((row.request, row.attempt, row.visit), (Some(9), 1, 1));
    assert_eq!((row.kind, row.gateway.as_str()), (AttemptKind::Request, "client"));
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_before_the_head_bills_nothing() {
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![]);
    for stream in [true, false] {
        let call = chat(&world.config.deployments[0], 9, 1000, stream);
        let calling = world.call(0, call, 9);
        assert!(tokio::time::timeout(Duration::from_millis(300), calling).await.is_err());
    }
    let rows = world.rows().await;
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!((row.ended, row.status), (AttemptEnd::HungUp, None));
        assert_eq!((row.tokens_in, row.tokens_out), (0, 0));
        assert_eq!(row.ended_ns - row.arrived_ns, 300_000_000, "noticed at once");
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_and_visits_are_counted_over_deployments() {
    let both = vec![deployment(Protocol::OpenAi, 1), deployment(Protocol::Anthropic, 2)];
    let world = World::new(both, vec![]);
    for deployment in [0, 1, 0] {
        world.plain(deployment, 3, 2).await;
    }
    let numbers: Vec<_> = world.rows().await.iter().map(|row| (row.attempt, row.visit)).collect();
    assert_eq!(numbers, [(1, 1), (2, 1), (3, 2)]);
}

#[tokio::test(start_paused = true)]
async fn what_is_open_at_the_end_of_the_world_is_silent() {
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![]);
    let call = chat(&world.config.deployments[0], 9, 1000, true);
    {
        let calling = world.call(0, call, 9);
        tokio::pin!(calling);
        assert!(tokio::time::timeout(Duration::from_millis(450), &mut calling).await.is_err());
        world.fakes.close();
    }
    let rows = world.rows().await;
    assert_eq!((rows.len(), rows[0].ended, rows[0].tokens_out), (1, AttemptEnd::Silent, 3));
    assert_eq!(world.stop().await.len(), 1, "no row follows");
}
