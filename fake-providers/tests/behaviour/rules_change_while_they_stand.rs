//! The timeline in use: rules switched, replaced, sought, held; open connections follow.

use std::time::Duration;

use crate::support::{World, deployment, rule, seconds};
use fake_providers::config::{FaultRule, When, Window};
use fake_providers::{FakesError, RuleState};
use proptest::prelude::{ProptestConfig, proptest};
use record::AttemptEnd;
use serde_json::{Value, json};
use vocab::{At, Protocol};

fn windowed(id: &str, name: &str, from: u64, to: u64) -> FaultRule {
    let window = Window { from: seconds(from), to: seconds(to), ramp: Duration::ZERO };
    FaultRule { window, ..rule(id, name, Value::Null) }
}

fn world(faults: Vec<FaultRule>) -> World {
    World::new(vec![deployment(Protocol::OpenAi, 1)], faults)
}

fn states(world: &World) -> Vec<(String, RuleState)> {
    world.fakes.rules().into_iter().map(|view| (view.rule.id, view.state)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_rule_can_be_switched_off_and_on() {
    let world = world(vec![windowed("f1", "throttle", 0, 100)]);
    assert_eq!(world.plain(0, 1, 2).await.status, 429);
    world.fakes.switch("f1", false).unwrap();
    assert_eq!(states(&world), [("f1".to_owned(), RuleState::Off)]);
    assert_eq!(world.plain(0, 2, 2).await.status, 200);
    world.fakes.switch("f1", true).unwrap();
    assert_eq!(world.plain(0, 3, 2).await.status, 429);
    let unknown = world.fakes.switch("f2", true).unwrap_err();
    assert_eq!(unknown.to_string(), "there is no rule `f2`; GET /rules lists all");
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_is_switched_on_breaks_open_connections() {
    let world = world(vec![windowed("f1", "refuse", 0, 100)]);
    world.fakes.switch("f1", false).unwrap();
    let switch = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        world.fakes.switch("f1", true).unwrap();
    };
    let (seen, ()) = tokio::join!(world.stream(0, 1, 1000), switch);
    assert_eq!((seen.status, seen.broke, seen.ended_ms), (200, Some("body"), 5_000));
    let row = world.row().await;
    assert_eq!((row.ended, row.fault.as_deref()), (AttemptEnd::Reset, Some("f1")));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_in_a_black_hole_is_given_back() {
    let world = world(vec![rule("f1", "blackhole", Value::Null)]);
    world.fakes.switch("f1", false).unwrap();
    assert_eq!(world.plain(0, 1, 2).await.status, 200);
    world.fakes.switch("f1", true).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.fakes.switch("f1", false).unwrap();
    // The pooled connection is gone, and the next request dials anew.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.plain(0, 2, 2).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn seeking_moves_now_and_open_connections_follow() {
    let world = world(vec![windowed("f1", "refuse", 240, 300)]);
    let seek = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        world.fakes.seek(seconds(238));
        assert_eq!(world.fakes.timeline_now(), Some(seconds(238)));
    };
    let (seen, ()) = tokio::join!(world.stream(0, 1, 1000), seek);
    assert_eq!((seen.broke, seen.ended_ms), (Some("body"), 5_000), "two seconds later");
    assert_eq!(states(&world), [("f1".to_owned(), RuleState::Active)]);
    world.fakes.seek(seconds(300));
    assert_eq!(world.plain(0, 2, 2).await.status, 200);
    assert_eq!(states(&world), [("f1".to_owned(), RuleState::Over)]);
    world.fakes.seek(seconds(0));
    assert_eq!(states(&world), [("f1".to_owned(), RuleState::Waiting)]);
}

#[tokio::test(start_paused = true)]
async fn seeking_into_a_window_breaks_what_is_open_and_counts_anew() {
    let mut first = windowed("f1", "error", 0, 100);
    (first.when.first, first.params) = (Some(1), json!({ "status": 503 }));
    let world = world(vec![first, windowed("f2", "refuse", 200, 300)]);
    let statuses = async || (world.plain(0, 1, 2).await.status, world.plain(0, 2, 2).await.status);
    assert_eq!(statuses().await, (503, 200));
    world.fakes.seek(At::START);
    assert_eq!(statuses().await, (503, 200), "the first again");
    world.fakes.seek(seconds(250));
    // The door hears of it in its next turn.
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(world.plain(0, 3, 2).await.broke, Some("connect"), "the idle connection is gone");
}

#[tokio::test(start_paused = true)]
async fn attempts_in_a_black_hole_end_when_its_rule_is_no_more() {
    for how in ["switched off", "replaced", "anew"] {
        let world = world(vec![rule("f1", "blackhole", Value::Null)]);
        world.fakes.switch("f1", false).unwrap();
        let change = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            world.fakes.switch("f1", true).unwrap();
            tokio::time::sleep(Duration::from_secs(3)).await;
            match how {
                "switched off" => world.fakes.switch("f1", false).unwrap(),
                "replaced" => world.fakes.load(&[]).unwrap(),
                _ => world.fakes.reset(),
            }
            // At once: its client is still there.
            world.row().await.ended
        };
        let (seen, ended) = tokio::join!(world.stream(0, 1, 1000), change);
        assert_eq!(ended, AttemptEnd::Silent, "{how}");
        assert_eq!((seen.broke, seen.ended_ms), (Some("body"), 5_000), "{how}: its client is told");
    }
}

#[tokio::test(start_paused = true)]
async fn a_held_timeline_begins_when_it_is_told() {
    let world = world(vec![windowed("f1", "throttle", 0, 100)]);
    world.fakes.hold();
    assert_eq!((world.plain(0, 1, 2).await.status, world.fakes.timeline_now()), (200, None));
    world.fakes.seek(At::START);
    assert_eq!(world.plain(0, 2, 2).await.status, 429);
    world.fakes.start_at(world.clock.now().plus(Duration::from_secs(1)));
    assert_eq!(world.plain(0, 3, 2).await.status, 200, "before its zero");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.plain(0, 4, 2).await.status, 429);
}

/// Rules that cannot be, and what is said of each: what a scenario is refused for, too.
fn impossible(rule: &FaultRule) -> Vec<(FaultRule, &'static str)> {
    let (from, ramp) = (At(5), Duration::ZERO);
    let years = |years: u64| At(years * 365 * 86_400_000_000_000);
    let window = |window| FaultRule { window, ..rule.clone() };
    let when = |when| FaultRule { when, ..rule.clone() };
    let share = |share| FaultRule { share, ..rule.clone() };
    let id = |id: &str| FaultRule { id: id.to_owned(), ..rule.clone() };
    vec![
        (window(Window { from, to: from, ramp }), "hits nothing"),
        (window(Window { from: At(6), to: from, ramp }), "hits nothing"),
        (window(Window { from: years(11), to: At::NEVER, ramp }), "begin after ten years"),
        (window(Window { from, to: years(11), ramp }), "no longer than ten years"),
        (window(Window { from: At(0), to: At(10), ramp: Duration::from_nanos(6) }), "do not fit"),
        (share(1.5), "a share is from 0 to 1"),
        (share(-0.1), "a share is from 0 to 1"),
        (share(f64::NAN), "a share is from 0 to 1"),
        (when(When { attempt: Some(0), ..When::default() }), "count from 1"),
        (when(When { first: Some(0), ..When::default() }), "count from 1"),
        (when(When { every: Some(0), ..When::default() }), "count from 1"),
        (when(When { nth: Some(0), ..When::default() }), "count from 1"),
        (
            when(When {
                prompt_tokens_min: Some(9),
                prompt_tokens_max: Some(8),
                ..When::default()
            }),
            "exchange min and max",
        ),
        (FaultRule { targets: Vec::new(), ..rule.clone() }, "targets nothing"),
        (FaultRule { targets: vec![1, 0, 1], ..rule.clone() }, "number 2 twice"),
        (id(""), "cannot be a fault's id"),
        (id("a+b"), "cannot be a fault's id"),
        (id("\u{1b}[2J"), "cannot be a fault's id"),
        (id("=1+1"), "cannot be a fault's id"),
        (id(&"x".repeat(81)), "cannot be a fault's id"),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_timeline_is_loaded_whole_or_not_at_all() {
    let world = world(vec![windowed("f1", "throttle", 0, 100)]);
    let other = windowed("outage", "refuse", 0, 100);
    let said = |rules: &[FaultRule]| match world.fakes.load(rules) {
        Ok(()) => String::new(),
        Err(error) => error.to_string(),
    };
    let twice = said(&[other.clone(), other.clone()]);
    assert_eq!(twice, "fault rule outage: another rule has the same id; give each one its own");
    let unknown = said(&[other.clone(), windowed("x", "earthquake", 0, 1)]);
    assert!(unknown.contains("unknown fault `earthquake`"), "{unknown}");
    let nobody = FaultRule { targets: vec![7], ..other.clone() };
    assert!(said(&[nobody]).contains("targets deployment 7"));
    for (rule, problem) in impossible(&other) {
        let said = said(&[rule]);
        assert!(said.contains(problem), "`{problem}` is not in `{said}`");
    }
    let crowd: Vec<FaultRule> =
        (0..=10_000).map(|n| windowed(&format!("r{n}"), "slow", 0, 1)).collect();
    assert!(matches!(world.fakes.load(&crowd), Err(FakesError::TooManyRules(10_001))));
    assert_eq!(states(&world), [("f1".to_owned(), RuleState::Active)], "nothing has changed");
    let load = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.fakes.load(std::slice::from_ref(&other)).unwrap();
    };
    world.fakes.switch("f1", false).unwrap();
    let (seen, ()) = tokio::join!(world.stream(0, 1, 1000), load);
    assert_eq!((seen.broke, seen.ended_ms), (Some("body"), 1_000), "its window is open");
    assert_eq!(states(&world), [("outage".to_owned(), RuleState::Active)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn seeking_anywhere_at_any_time_lands_there(passed in 0u64..1 << 62, to in 0u64..1 << 62) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let world = world(vec![windowed("f1", "refuse", 10, 20)]);
            // Ten years at most: as far as timers reach.
            tokio::time::advance(Duration::from_nanos(passed % (1 << 58))).await;
            world.fakes.seek(At(to));
            let now = world.fakes.timeline_now().unwrap();
            assert_eq!(now.ns(), to);
        });
    }
}
