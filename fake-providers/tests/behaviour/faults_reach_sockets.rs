//! The same faults over real sockets: a reset is an RST, silence is silence, a clean end is clean.

use std::time::Duration;

use crate::support::{World, deployment, rule};
use fake_providers::config::Spread;
use record::{AttemptEnd, Stage};
use serde_json::{Value, json};
use vocab::Protocol;

async fn world(name: &str, params: Value) -> World {
    let mut config = deployment(Protocol::OpenAi, 1);
    config.latency.ttft = Spread::Constant(Duration::from_millis(1));
    config.latency.itl = Spread::Constant(Duration::from_millis(1));
    World::on_sockets(vec![config], vec![rule("f1", name, params)]).await
}

#[tokio::test]
async fn resets_cuts_and_clean_ends() {
    for (name, params, status, broke, end) in [
        ("reset", Value::Null, 0, Some("closed"), AttemptEnd::Reset),
        ("cut", json!({ "after_tokens": 3 }), 200, Some("body"), AttemptEnd::Reset),
        ("truncate", json!({ "after_tokens": 3 }), 200, None, AttemptEnd::Truncated),
        ("error", json!(503), 503, None, AttemptEnd::Error),
        ("slow", json!({ "factor": 2 }), 200, None, AttemptEnd::Complete),
    ] {
        let world = world(name, params).await;
        let seen = world.stream(0, 1, 6).await;
        assert_eq!((seen.status, seen.broke), (status, broke), "{name}");
        let row = world.row().await;
        assert_eq!((row.ended, row.fault.as_deref()), (end, Some("f1")), "{name}");
        assert_eq!((row.request, row.gateway.as_str()), (Some(1), "127.0.0.1"));
    }
}

#[tokio::test]
async fn refused_dials_are_accepted_reset_and_counted() {
    let world = world("refuse", Value::Null).await;
    let seen = world.stream(0, 1, 6).await;
    assert!(matches!(seen.broke, Some("closed" | "connect")), "{:?}", seen.broke);
    let row = world.row().await;
    assert_eq!((row.stage, row.ended), (Stage::Connect, AttemptEnd::Refused));
    assert_eq!(row.request, None, "nobody can tell for whom a socket was opened");
}

#[tokio::test]
async fn silence_is_silent() {
    for (name, params, stage, end) in [
        ("blackhole", Value::Null, Stage::Connect, AttemptEnd::Refused),
        ("stall", json!({ "after_tokens": 2 }), Stage::Request, AttemptEnd::Silent),
    ] {
        let world = world(name, params).await;
        let patience = Duration::from_secs(1);
        assert!(tokio::time::timeout(patience, world.stream(0, 1, 6)).await.is_err(), "{name}");
        let rows = world.stop().await;
        assert_eq!((rows.len(), rows[0].stage, rows[0].ended), (1, stage, end));
    }
}
