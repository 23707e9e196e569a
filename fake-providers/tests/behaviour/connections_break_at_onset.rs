//! `refuse` and `blackhole`: dials, open connections, pooled ones, and what the ledger says of them.

use std::time::Duration;

use crate::support::{World, chat, deployment, rule, seconds};
use fake_providers::config::Window;
use record::{AttemptEnd, Stage};
use serde_json::Value;
use vocab::Protocol;

/// A rule from 10 s to 20 s.
fn world(name: &str) -> World {
    let mut rule = rule("f1", name, Value::Null);
    rule.window = Window { from: seconds(10), to: seconds(20), ramp: Duration::ZERO };
    World::new(vec![deployment(Protocol::OpenAi, 1)], vec![rule])
}

#[tokio::test(start_paused = true)]
async fn refuse_resets_streams_and_turns_dials_away() {
    let world = world("refuse");
    // 1000 tokens of 20 ms: in the middle of the answer when the window starts.
    let seen = world.stream(0, 1, 1000).await;
    assert_eq!((seen.status, seen.broke, seen.ended_ms), (200, Some("body"), 10_000));
    let refused = world.stream(0, 2, 5).await;
    assert_eq!((refused.broke, refused.ended_ms), (Some("connect"), 10_000));
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(world.stream(0, 2, 5).await.status, 200);
    let rows = world.rows().await;
    assert_eq!((rows[0].ended, rows[0].fault.as_deref()), (AttemptEnd::Reset, Some("f1")));
    assert!(rows[0].tokens_out > 400);
    assert_eq!((rows[1].stage, rows[1].ended), (Stage::Connect, AttemptEnd::Refused));
    assert_eq!((rows[1].request, rows[1].attempt, rows[1].visit), (Some(2), 1, 1));
    assert_eq!((rows[2].attempt, rows[2].visit, rows[2].fault.as_deref()), (2, 2, None));
}

#[tokio::test(start_paused = true)]
async fn refuse_resets_idle_connections_too() {
    let world = world("refuse");
    assert_eq!(world.plain(0, 1, 2).await.status, 200);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let seen = world.plain(0, 2, 2).await;
    assert_eq!(seen.broke, Some("connect"), "the pooled connection is gone");
}

#[tokio::test(start_paused = true)]
async fn blackhole_swallows_streams_and_dials() {
    let world = world("blackhole");
    let seen = world.stream(0, 1, 1000).await;
    assert_eq!((seen.status, seen.broke, seen.ended_ms), (200, Some("timeout"), 30_000));
    let last = seen.pieces.last().map(|(ms, _)| *ms);
    assert!(last.is_some_and(|ms| (9_980..10_000).contains(&ms)), "{last:?}");
    let row = world.row().await;
    assert_eq!((row.ended, row.fault.as_deref()), (AttemptEnd::Silent, Some("f1")));
    assert_eq!(row.ended_ns, 20_000_000_000, "the window's end");
    assert!((470..490).contains(&row.tokens_out), "{}", row.tokens_out);
}

#[tokio::test(start_paused = true)]
async fn blackhole_leaves_dials_standing() {
    let world = world("blackhole");
    tokio::time::sleep(Duration::from_secs(12)).await;
    let seen = world.stream(0, 1, 5).await;
    assert_eq!((seen.broke, seen.ended_ms), (Some("connect timeout"), 17_000));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let row = world.row().await;
    assert_eq!((row.stage, row.ended), (Stage::Connect, AttemptEnd::Refused));
    assert_eq!((row.arrived_ns, row.ended_ns), (12_000_000_000, 17_000_000_000));
}

#[tokio::test(start_paused = true)]
async fn dials_that_still_wait_are_turned_away_when_the_hole_closes() {
    let world = world("blackhole");
    tokio::time::sleep(Duration::from_secs(18)).await;
    let seen = world.stream(0, 1, 5).await;
    assert_eq!((seen.broke, seen.ended_ms), (Some("connect"), 20_000));
    assert_eq!(world.row().await.ended_ns, 20_000_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_full_host_turns_dials_away_until_there_is_room_again() {
    let mut hole = rule("f1", "blackhole", Value::Null);
    hole.window = Window { from: seconds(10), to: seconds(40), ramp: Duration::ZERO };
    let world = World::cramped(2, vec![deployment(Protocol::OpenAi, 1)], vec![hole]);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let (a, b, c) = tokio::join!(world.plain(0, 1, 2), world.plain(0, 2, 2), world.plain(0, 3, 2));
    let broke = [a.broke, b.broke, c.broke];
    assert_eq!(broke, [Some("connect timeout"), Some("connect timeout"), Some("connect")]);
    // The first two have left, so others can wait in their place while the fault lasts.
    assert_eq!(world.plain(0, 4, 2).await.broke, Some("connect timeout"));
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(world.plain(0, 5, 2).await.status, 200, "and be served when it is over");
    let rows = world.rows().await;
    let faults: Vec<_> = rows.iter().map(|row| (row.request, row.fault.as_deref())).collect();
    let met = [
        (Some(3), Some("f1+fake:full")),
        (Some(1), Some("f1")),
        (Some(2), Some("f1")),
        (Some(4), Some("f1")),
        (Some(5), None),
    ];
    assert_eq!(faults, met);
    assert_eq!((rows[0].stage, rows[0].ended), (Stage::Connect, AttemptEnd::Refused));
}

#[tokio::test(start_paused = true)]
async fn a_full_host_says_so_without_any_fault() {
    let world = World::cramped(1, vec![deployment(Protocol::OpenAi, 1)], vec![]);
    let (served, refused) = tokio::join!(world.plain(0, 1, 2), world.plain(0, 2, 2));
    assert_eq!((served.status, refused.broke), (200, Some("connect")));
    let row = &world.rows().await[0];
    assert_eq!((row.request, row.fault.as_deref()), (Some(2), Some("fake:full")));
    assert_eq!((row.stage, row.ended), (Stage::Connect, AttemptEnd::Refused));
}

#[tokio::test(start_paused = true)]
async fn a_share_decides_request_by_request_also_on_open_connections() {
    let mut some = rule("f1", "refuse", Value::Null);
    some.share = 0.4;
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![some]);
    let mut broken = 0;
    for request in 0..200 {
        let fails = world.plain(0, request, 1).await.broke.is_some();
        broken += u32::from(fails);
    }
    assert!((60..100).contains(&broken), "{broken} of 200");
}

#[tokio::test(start_paused = true)]
async fn everybody_behind_the_host_is_hit() {
    let mut neighbour = deployment(Protocol::OpenAi, 2);
    let first = deployment(Protocol::OpenAi, 1);
    neighbour.host.clone_from(&first.host);
    let far = deployment(Protocol::OpenAi, 3);
    let world = World::new(vec![first, neighbour, far], vec![rule("f1", "refuse", Value::Null)]);
    assert_eq!(world.plain(1, 1, 2).await.broke, Some("connect"));
    assert_eq!(world.plain(2, 1, 2).await.status, 200);
    assert_eq!(world.rows().await[0].deployment, "openai-1", "a dial names the first one");
    let call = chat(&world.config.deployments[0], 1, 1, false);
    assert_eq!(world.call(0, call, 1).await.broke, Some("connect"));
}
