//! What a raw client sees of the faults that change an answer's shape, its connection or what the
//! provider admits, for every persona; and what the ledger says.

use std::time::Duration;

use crate::support::{PROTOCOLS, Seen, World, deployment, rule};
use fake_providers::config::{Limits, Rate};
use record::{AttemptEnd, Stage};
use serde_json::{Value, json};
use vocab::Protocol;

fn world(protocol: Protocol, name: &str, params: Value) -> World {
    World::new(vec![deployment(protocol, 1)], vec![rule("f1", name, params)])
}

fn terminators(seen: &Seen) -> usize {
    let body = seen.body();
    body.matches("[DONE]").count() + body.matches("event: message_stop").count()
}

/// A stream of ten tokens that meets the fault, its client, and the row that it leaves.
async fn streamed(protocol: Protocol, name: &str, params: Value) -> (Seen, record::AttemptRow) {
    let world = world(protocol, name, params);
    let seen = world.stream(0, 4, 10).await;
    let row = world.row().await;
    assert_eq!(row.fault.as_deref(), Some("f1"), "{protocol} {name}");
    (seen, row)
}

#[tokio::test(start_paused = true)]
async fn shaped_streams_are_whole() {
    for protocol in PROTOCOLS {
        for (name, params) in [
            ("no_usage", Value::Null),
            ("comments", json!({ "ids": true })),
            ("split", Value::Null),
            ("drip", json!({ "bytes": 100, "every": "5ms" })),
            ("unknown_event", json!({ "after_tokens": 3 })),
            ("double_done", Value::Null),
            ("slow_headers", json!({ "by": "3s" })),
            ("slow_accept", json!({ "by": "3s" })),
            ("content_type", Value::Null),
        ] {
            let (seen, row) = streamed(protocol, name, params).await;
            assert_eq!((seen.status, seen.broke), (200, None), "{protocol} {name}");
            assert_eq!((row.ended, row.tokens_out), (AttemptEnd::Complete, 10), "{name}");
            let (tokens, ends) = if name == "double_done" { (11, 2) } else { (10, 1) };
            assert_eq!((seen.tokens(), terminators(&seen)), (tokens, ends), "{protocol} {name}");
            let body = seen.body();
            assert_eq!(body.contains('·'), name == "split" || name == "drip");
            assert_eq!(body.contains("\n:\n"), name == "comments", "{protocol}");
            assert_eq!(body.contains("id: 1\n"), name == "comments", "{protocol}");
            assert_eq!(body.contains("brownout.unknown"), name == "unknown_event");
            if name == "split" {
                assert!(seen.pieces.len() >= body.len() / 2, "{}", seen.pieces.len());
            }
            if name.starts_with("slow_") {
                assert_eq!(seen.pieces[0].0, 3400, "{protocol} {name}");
            }
            let html = seen.header("content-type") == Some("text/html");
            assert_eq!(html, name == "content_type");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn usage_is_missing_where_it_would_be() {
    let usage = |seen: &Seen| seen.body().contains("\"prompt_tokens\":12");
    let healthy = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![]);
    assert!(usage(&healthy.stream(0, 4, 10).await));
    let (seen, _) = streamed(Protocol::OpenAi, "no_usage", Value::Null).await;
    assert!(!usage(&seen), "{}", seen.body());
    let silent = world(Protocol::OpenAi, "no_usage", Value::Null).plain(0, 4, 10).await;
    assert!(silent.body().contains("\"choices\"") && !usage(&silent), "{}", silent.body());
}

#[tokio::test(start_paused = true)]
async fn nothing_left_to_spend_is_said_under_the_status_that_is_asked_for() {
    for (protocol, status, words) in [
        (Protocol::OpenAi, 400, "\"billing_hard_limit_reached\""),
        (Protocol::OpenAi, 402, "\"insufficient_quota\""),
        (Protocol::OpenAi, 429, "\"insufficient_quota\""),
        (Protocol::Azure, 400, "\"invalid_request_error\""),
        (Protocol::Azure, 402, "\"error\""),
        (Protocol::Azure, 429, "token rate limit"),
        (Protocol::Anthropic, 400, "Your credit balance is too low"),
        (Protocol::Anthropic, 402, "\"billing_error\""),
        (Protocol::Anthropic, 429, "\"enforced_spend_limit_reached\""),
    ] {
        let params = json!({ "status": status, "kind": "quota" });
        let seen = world(protocol, "error", params).plain(0, 4, 10).await;
        assert_eq!(seen.status, status, "{protocol}");
        assert!(seen.body().contains(words), "{protocol} {status}: {}", seen.body());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_can_come_as_one_document() {
    for protocol in PROTOCOLS {
        let (seen, row) = streamed(protocol, "no_stream", Value::Null).await;
        assert_eq!((seen.status, seen.broke), (200, None), "{protocol}");
        assert_eq!(seen.header("content-type"), Some("application/json"), "{protocol}");
        assert!(serde_json::from_str::<Value>(&seen.body()).is_ok(), "{}", seen.body());
        assert_eq!((row.ended, row.tokens_out), (AttemptEnd::Complete, 10), "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_buffering_proxy_keeps_a_body_back_to_its_end() {
    for protocol in PROTOCOLS {
        let healthy = World::new(vec![deployment(protocol, 1)], vec![]).stream(0, 4, 10).await;
        let (seen, row) = streamed(protocol, "buffered", Value::Null).await;
        let last = healthy.pieces.last().map(|(at, _)| *at);
        assert_eq!(seen.pieces.iter().map(|(at, _)| Some(*at)).collect::<Vec<_>>(), [last]);
        assert_eq!((seen.tokens(), terminators(&seen), seen.broke), (10, 1, None), "{protocol}");
        assert_eq!((row.ended, row.tokens_out), (AttemptEnd::Complete, 10), "{protocol}");
        // Of an endless answer full buffers leave by themselves.
        let rules = vec![rule("f1", "buffered", Value::Null), rule("f2", "endless", Value::Null)];
        let endless = World::new(vec![deployment(protocol, 1)], rules).stream(0, 4, 10).await;
        let first = endless.pieces.first().map(|(at, _)| *at);
        let together = endless.pieces.iter().filter(|(at, _)| Some(*at) == first);
        let bytes: usize = together.map(|(_, piece)| piece.len()).sum();
        assert!(first.is_none() || bytes >= 256 * 1024, "{protocol}: {bytes} at {first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_answer_is_closed_and_a_talking_one_is_spared() {
    for protocol in PROTOCOLS {
        for (silence, spared) in [("10s", false), ("4s", true)] {
            let stall = json!({ "after_tokens": 3, "for": silence });
            let rules = vec![
                rule("f1", "idle_timeout", json!({ "after": "5s" })),
                rule("f2", "stall", stall),
            ];
            let world = World::new(vec![deployment(protocol, 1)], rules);
            let seen = world.stream(0, 4, 10).await;
            let (tokens, broke) = if spared { (10, None) } else { (3, Some("body")) };
            assert_eq!((seen.tokens(), seen.broke), (tokens, broke), "{protocol} {silence}");
            let ended = if spared { AttemptEnd::Complete } else { AttemptEnd::Closed };
            assert_eq!(world.row().await.ended, ended, "{protocol} {silence}");
            if !spared {
                let last = seen.pieces.last().map(|(at, _)| *at);
                assert_eq!(Some(seen.ended_ms), last.map(|at| at + 5000), "{protocol}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn thoughts_come_before_the_first_word_and_are_counted() {
    for protocol in PROTOCOLS {
        let healthy = World::new(vec![deployment(protocol, 1)], vec![]).stream(0, 4, 10).await;
        let (seen, row) = streamed(protocol, "thinking", json!({ "tokens": 50 })).await;
        let first = |seen: &Seen| {
            seen.pieces.iter().find(|(_, piece)| piece.contains("~1.4.1.0")).unwrap().0
        };
        assert!(first(&seen) >= first(&healthy) + 500, "{protocol}");
        assert_eq!((seen.tokens(), terminators(&seen), seen.broke), (10, 1, None), "{protocol}");
        assert_eq!((row.ended, row.tokens_out), (AttemptEnd::Complete, 60), "{protocol}");
        let plain = world(protocol, "thinking", json!({ "tokens": 50 }));
        assert_eq!(plain.plain(0, 4, 10).await.status, 200, "{protocol}");
        assert_eq!(plain.row().await.tokens_out, 60, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn frames_come_twice_or_change_places() {
    for protocol in PROTOCOLS {
        let (seen, row) = streamed(protocol, "duplicate", json!({ "after_tokens": 3 })).await;
        assert_eq!((seen.tokens(), terminators(&seen)), (11, 1));
        assert_eq!(seen.body().matches("~1.4.1.3").count(), 2, "{protocol}");
        assert_eq!((row.ended, row.tokens_out), (AttemptEnd::Complete, 11), "billed as it is said");
        let whole = world(protocol, "duplicate", json!({ "after_tokens": 3 }));
        let body = whole.plain(0, 4, 10).await.body();
        assert_eq!(body.matches("~1.4.1.3").count(), 2, "{protocol}: {body}");
        assert_eq!(whole.row().await.tokens_out, 11, "{protocol}");
        let (seen, _) = streamed(protocol, "reorder", json!({ "after_tokens": 3 })).await;
        let body = seen.body();
        let at = |seq: u32| body.find(&format!("~1.4.1.{seq}")).unwrap();
        assert!(at(2) < at(4) && at(4) < at(3) && at(3) < at(5), "{protocol}");
        assert_eq!((seen.tokens(), terminators(&seen)), (10, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_stands_for_an_answer() {
    for protocol in PROTOCOLS {
        for (name, params, broke, end) in [
            ("html", Value::Null, None, AttemptEnd::Truncated),
            ("truncate_json", Value::Null, None, AttemptEnd::Truncated),
            ("short_body", Value::Null, Some("body"), AttemptEnd::Closed),
            ("oversize", json!({ "mb": 1 }), None, AttemptEnd::Complete),
            ("empty", Value::Null, None, AttemptEnd::Complete),
            ("error_200", Value::Null, None, AttemptEnd::ErrorEvent),
        ] {
            let world = world(protocol, name, params);
            let seen = world.plain(0, 4, 10).await;
            assert_eq!((seen.status, seen.broke), (200, broke), "{protocol} {name}");
            let row = world.row().await;
            assert_eq!((row.ended, row.fault.as_deref()), (end, Some("f1")), "{protocol} {name}");
            let parsed = serde_json::from_str::<Value>(&seen.body());
            let good = ["oversize", "empty", "error_200"].contains(&name);
            assert_eq!(parsed.is_ok(), good, "{protocol} {name}: {}", seen.body());
            assert_eq!(seen.body().starts_with("<!DOCTYPE"), name == "html");
            assert_eq!(seen.body().len() > 1_000_000, name == "oversize");
            assert_eq!(parsed.is_ok_and(|body| body["error"].is_object()), name == "error_200");
        }
        let (seen, row) = streamed(protocol, "empty", Value::Null).await;
        assert_eq!((seen.tokens(), terminators(&seen), row.tokens_out), (0, 1, 0), "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_under_200_in_every_shape() {
    for protocol in PROTOCOLS {
        for shape in ["envelope", "native", "foreign", "string", "chunk"] {
            let params = json!({ "status": 500, "shape": shape });
            let (seen, row) = streamed(protocol, "error_200", params).await;
            assert_eq!((seen.status, seen.broke, seen.tokens()), (200, None, 0), "{shape}");
            assert_eq!(
                seen.header("content-type").map(|it| it.starts_with("text/event")),
                Some(true)
            );
            assert_eq!((row.ended, row.tokens_out), (AttemptEnd::ErrorEvent, 0));
            assert_eq!(seen.body().starts_with('{'), shape == "envelope", "{}", seen.body());
            assert_eq!(terminators(&seen), usize::from(shape != "envelope"), "{protocol} {shape}");
            assert_eq!(seen.body().contains("\"choices\":[]"), shape == "chunk");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn endings_that_are_none() {
    for protocol in PROTOCOLS {
        let (seen, row) = streamed(protocol, "hang", Value::Null).await;
        assert_eq!((seen.status, seen.broke, row.ended), (0, Some("timeout"), AttemptEnd::Silent));
        let (seen, row) = streamed(protocol, "stall", Value::Null).await;
        assert_eq!((seen.status, seen.pieces.len()), (200, 0), "nothing follows the head");
        assert_eq!(row.ended, AttemptEnd::Silent);
        let beats = json!({ "after_tokens": 2, "heartbeats": "5s" });
        let (seen, row) = streamed(protocol, "stall", beats).await;
        assert_eq!((seen.tokens(), seen.broke), (2, Some("timeout")));
        assert_eq!((seen.pieces.len(), row.ended), (1 + 2 + 5, AttemptEnd::Silent), "{protocol}");
        let (seen, row) = streamed(protocol, "endless", Value::Null).await;
        assert_eq!((seen.broke, terminators(&seen)), (Some("timeout"), 0));
        assert!(seen.tokens() > 1000 && row.ended == AttemptEnd::HungUp, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn framing_breaks_off() {
    for protocol in PROTOCOLS {
        for with in ["fin", "garbage"] {
            let params = json!({ "after_tokens": 3, "with": with });
            let (seen, row) = streamed(protocol, "chunk_break", params.clone()).await;
            assert_eq!((seen.tokens(), seen.broke), (3, Some("body")), "{protocol} {with}");
            assert_eq!((row.ended, row.tokens_out), (AttemptEnd::Closed, 3));
            let plain = world(protocol, "chunk_break", params).plain(0, 5, 10).await;
            assert_eq!((plain.status, plain.broke), (200, Some("body")), "{protocol} {with}");
        }
        let params = json!({ "after_tokens": 3, "inside": "frame" });
        let (seen, row) = streamed(protocol, "truncate", params).await;
        assert_eq!((seen.broke, terminators(&seen)), (None, 0));
        assert!(!seen.body().ends_with("\n\n"), "{}", seen.body());
        assert_eq!(row.ended, AttemptEnd::Truncated);
    }
}

#[tokio::test(start_paused = true)]
async fn connections_fail_in_their_ways() {
    for (name, params, broke, stage, end) in [
        ("dns", Value::Null, "connect", Stage::Connect, AttemptEnd::Refused),
        (
            "dns",
            json!({ "kind": "timeout", "after": "4s" }),
            "connect",
            Stage::Connect,
            AttemptEnd::Refused,
        ),
        (
            "dns",
            json!({ "kind": "timeout", "after": "30s" }),
            "connect timeout",
            Stage::Connect,
            AttemptEnd::Refused,
        ),
        ("tls", Value::Null, "closed", Stage::Connect, AttemptEnd::Closed),
        ("close", Value::Null, "closed", Stage::Connect, AttemptEnd::Closed),
        ("reset", json!({ "before_request": true }), "closed", Stage::Connect, AttemptEnd::Reset),
    ] {
        let world = world(Protocol::OpenAi, name, params);
        let seen = world.plain(0, 4, 2).await;
        assert_eq!((seen.status, seen.broke), (0, Some(broke)), "{name}");
        let row = world.row().await;
        assert_eq!((row.stage, row.ended, row.request), (stage, end, Some(4)), "{name}");
        assert_eq!(row.fault.as_deref(), Some("f1"), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_closed_or_reset() {
    let fin = world(Protocol::OpenAi, "idle_close", json!({ "after": "5s" }));
    assert_eq!(fin.plain(0, 1, 2).await.status, 200);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(fin.plain(0, 2, 2).await.status, 200, "the pool has seen the end and dials again");
    let rst = world(Protocol::OpenAi, "idle_close", json!({ "after": "5s", "with": "rst" }));
    assert_eq!(rst.plain(0, 1, 2).await.status, 200);
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(rst.plain(0, 2, 2).await.status, 200, "not idle for long enough");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(rst.plain(0, 3, 2).await.broke, Some("closed"));
    assert_eq!(rst.plain(0, 4, 2).await.status, 200, "a fresh connection");
    let rows = rst.rows().await;
    assert_eq!((rows[2].ended, rows[2].fault.as_deref()), (AttemptEnd::Reset, Some("f1")));
}

#[tokio::test(start_paused = true)]
async fn a_cap_lets_dials_wait_for_room() {
    let waits = world(Protocol::OpenAi, "connection_cap", json!({ "max": 1 }));
    // One at a time over a connection that its client keeps: the second dial waits until it gives up.
    let (a, b) = tokio::join!(waits.plain(0, 1, 2), waits.plain(0, 2, 2));
    assert_eq!((a.status, b.broke), (200, Some("connect timeout")));
    let refuses = world(Protocol::OpenAi, "connection_cap", json!({ "max": 1, "then": "refuse" }));
    let (a, b) = tokio::join!(refuses.plain(0, 1, 2), refuses.plain(0, 2, 2));
    assert_eq!((a.status, b.broke), (200, Some("connect")));
    let rows = refuses.rows().await;
    assert_eq!((rows[0].stage, rows[0].fault.as_deref()), (Stage::Connect, Some("f1")));
    assert_eq!(rows[1].fault, None, "the one that found room met nothing");
}

#[tokio::test(start_paused = true)]
async fn providers_say_no_in_their_state() {
    for protocol in PROTOCOLS {
        for (name, statuses) in [
            ("quota_exhausted", &[429, 402][..]),
            ("revoke_key", &[401, 403]),
            ("remove_model", &[404]),
            ("recovery", &[503]),
        ] {
            let world = world(protocol, name, Value::Null);
            let seen = world.plain(0, 4, 2).await;
            assert!(statuses.contains(&seen.status), "{protocol} {name}: {}", seen.status);
            assert!(seen.header("retry-after").is_none(), "{protocol} {name}");
            assert_eq!(world.row().await.fault.as_deref(), Some("f1"));
        }
    }
    let cold = world(Protocol::OpenAi, "cold_start", json!({ "requests": 2, "factor": 5 }));
    let mut heads = Vec::new();
    for request in 0..3 {
        let before = cold.now_ms();
        heads.push(cold.stream(0, request, 1).await.pieces[0].0 - before);
    }
    assert_eq!(heads, [2000, 2000, 400]);
}

#[tokio::test(start_paused = true)]
async fn a_recovery_spares_more_and_more() {
    let mut back = rule("f1", "recovery", Value::Null);
    back.window.to = crate::support::seconds(100);
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![back]);
    let mut refused = [0; 2];
    for request in 0..100 {
        let fails = world.plain(0, request, 1).await.status == 503;
        refused[usize::from(request >= 50)] += u32::from(fails);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(refused[0] > refused[1] + 5, "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn lowered_limits_show_in_the_headers() {
    let mut config = deployment(Protocol::OpenAi, 1);
    let rate = Rate { amount: 60, per: Duration::from_secs(60) };
    config.limits = Limits { requests: Some(rate), ..Limits::default() };
    let mut lower = rule("f1", "lower_limits", json!({ "factor": 0.5 }));
    lower.window.from = crate::support::seconds(10);
    let world = World::new(vec![config], vec![lower]);
    let before = world.plain(0, 1, 2).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let after = world.plain(0, 2, 2).await;
    let limit = |seen: &Seen| seen.header("x-ratelimit-limit-requests").map(str::to_owned);
    assert_eq!((limit(&before).as_deref(), limit(&after).as_deref()), (Some("60"), Some("30")));
}

#[tokio::test(start_paused = true)]
async fn throttles_say_when_to_come_back_in_many_forms() {
    for (params, name, value) in [
        (json!({ "retry_after": "1500ms", "as": "float" }), "retry-after", Some("1.500")),
        (json!({ "retry_after": "24h" }), "retry-after", Some("86400")),
        (
            json!({ "retry_after": "43s", "as": "date" }),
            "retry-after",
            Some("Thu, 01 Jan 2026 00:01:00 GMT"),
        ),
        (json!({ "should_retry": false }), "x-should-retry", Some("false")),
        (Value::Null, "retry-after", None),
    ] {
        let seen = world(Protocol::OpenAi, "throttle", params.clone()).plain(0, 1, 2).await;
        assert_eq!((seen.status, seen.header(name)), (429, value), "{params}");
    }
}
