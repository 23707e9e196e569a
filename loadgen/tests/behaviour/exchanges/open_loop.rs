//! The load comes as planned, whatever the answers do, and every offered request ends exactly once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::stage::{Asked, DONE, HEAD, Step, answer, chunk, load, play, run_on, serve, words};
use loadgen::arrival::{self, Arrivals};
use loadgen::config::{Dialect, LoadConfig};
use record::RequestRow;
use vocab::{At, FailureKind, Integrity, Outcome};
use world::MemoryNetwork;

const SECOND: u64 = 1_000_000_000;

fn hang(_: &Asked) -> Vec<Step> {
    vec![Step::Wait(Duration::from_secs(100_000))]
}

fn slow(asked: &Asked) -> Vec<Step> {
    let mut steps = vec![Step::Wait(Duration::from_secs(3))];
    steps.extend(answer(asked));
    steps
}

fn poisson(per_second: f64, seconds: u64) -> LoadConfig {
    let mut config = load(per_second, seconds);
    config.phases[0].arrivals =
        Arrivals { process: arrival::find("poisson").expect("in the table"), per_second };
    config
}

/// Rows by number, without what only the server decides.
fn arrivals(mut rows: Vec<RequestRow>) -> Vec<(u64, u64, bool)> {
    rows.sort_by_key(|row| row.request);
    rows.into_iter().map(|row| (row.request, row.intended_ns, row.stream)).collect()
}

#[tokio::test(start_paused = true)]
async fn two_targets_meet_the_same_arrivals() {
    let config = poisson(20.0, 10);
    let good = play(&config, answer).await;
    let bad = play(&config, slow).await;
    assert!(good.rows.len() > 100);
    assert_eq!(arrivals(good.rows), arrivals(bad.rows));
}

#[tokio::test(start_paused = true)]
async fn a_run_repeats_itself_row_for_row() {
    let script = |asked: &Asked| match asked.prompt.0 % 3 {
        0 => answer(asked),
        1 => slow(asked),
        _ => vec![Step::Reset],
    };
    let first = play(&poisson(50.0, 10), script).await;
    let second = play(&poisson(50.0, 10), script).await;
    assert_eq!(first.rows, second.rows);
    assert_eq!(first.summary, second.summary);
}

#[tokio::test(start_paused = true)]
async fn slow_answers_do_not_slow_the_arrivals() {
    let played = play(&load(10.0, 5), slow).await;
    assert_eq!((played.summary.offered, played.summary.succeeded), (50, 50));
    let counts = played.live.counts();
    assert_eq!((counts.offered, counts.succeeded, counts.in_flight), (50, 50, 0));
    assert!(counts.now_ns >= 7_900_000_000, "the last answer, at {}", counts.now_ns);
    for row in &played.rows {
        let lag = row.sent_ns.unwrap() - row.intended_ns;
        assert!(lag <= 1_000_000, "one tick of tokio's timer at most, was {lag} ns");
    }
    assert_eq!(played.summary.in_flight_max, 31, "10 per second for 3 s, both ends included");
    assert!(played.summary.lag.p99_ns <= 1_001_000, "{:?}", played.summary.lag);
}

#[tokio::test(start_paused = true)]
async fn beyond_the_bound_requests_are_never_sent() {
    let mut config = load(10.0, 1);
    config.in_flight_max = 4;
    let played = play(&config, slow).await;
    let summary = played.summary;
    assert_eq!((summary.offered, summary.sent, summary.never_sent), (10, 4, 6));
    assert_eq!((summary.succeeded, summary.in_flight_max), (4, 4));
    let row = &played.rows[0];
    assert_eq!((row.request, row.outcome, row.failure), (4, Outcome::NeverSent, None));
    assert_eq!((row.sent_ns, row.status, row.integrity), (None, None, None));
}

#[tokio::test(start_paused = true)]
async fn the_timeout_counts_from_the_intended_instant_and_bounds_the_drain() {
    let mut config = load(1.0, 3);
    config.client.timeout = Duration::from_millis(2500);
    let before = tokio::time::Instant::now();
    let played = play(&config, hang).await;
    assert_eq!(before.elapsed(), Duration::from_millis(4500), "the last one's timeout");
    for row in &played.rows {
        assert_eq!(row.failure, Some(FailureKind::Timeout));
        assert_eq!(row.end_ns, Some(row.intended_ns + 2_500_000_000));
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_generator_gives_nobody_more_time_and_says_how_late_it_was() {
    let mut config = load(1.0, 3);
    config.client.timeout = Duration::from_millis(2500);
    tokio::spawn(async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        // The machine stands still for 2 s: the arrivals at 1 s and 2 s come late.
        tokio::time::advance(Duration::from_secs(2)).await;
    });
    let played = play(&config, hang).await;
    for row in &played.rows {
        assert_eq!(row.end_ns, Some(row.intended_ns + 2_500_000_000), "{row:?}");
    }
    assert_eq!(played.rows[1].sent_ns, Some(2_500_000_000));
    assert!(played.summary.lag.max_ns >= 1_500_000_000, "{:?}", played.summary.lag);
}

#[tokio::test(start_paused = true)]
async fn warm_up_is_where_the_intended_instant_lies() {
    let mut config = load(2.0, 2);
    config.phases[0].warmup = true;
    let mut main = config.phases[0].clone();
    main.warmup = false;
    main.name = "after".to_owned();
    (main.from, main.to) = (At(2 * SECOND), At(4 * SECOND));
    config.phases.push(main);
    let played = play(&config, slow).await;
    assert_eq!(played.rows.len(), 8);
    for row in &played.rows {
        let early = row.intended_ns < 2 * SECOND;
        assert_eq!((row.warmup, row.phase == "main"), (early, early), "{row:?}");
        assert!(row.end_ns.unwrap() > 2 * SECOND, "all end after warm-up");
    }
}

#[tokio::test(start_paused = true)]
async fn clients_that_leave_with_the_tokens_that_they_stayed_for_have_succeeded() {
    let mut config = load(20.0, 10);
    config.client.leave_after_tokens = Some(3);
    config.client.leave_share = 0.25;
    let script = |asked: &Asked| {
        let mut steps = vec![Step::Say(HEAD.into())];
        for word in words(asked, (1, 1), 0..asked.answer) {
            steps.extend([Step::Say(chunk(&word)), Step::Wait(Duration::from_millis(100))]);
        }
        steps.extend([Step::Say(chunk(DONE)), Step::Say(b"0\r\n\r\n".to_vec())]);
        steps
    };
    let played = play(&config, script).await;
    assert_eq!((played.summary.succeeded, played.summary.cancelled), (200, 0));
    let left: Vec<&RequestRow> =
        played.rows.iter().filter(|row| row.integrity == Some(Integrity::Truncated)).collect();
    assert!((30..70).contains(&left.len()), "{} of 200", left.len());
    for row in left {
        assert_eq!((row.outcome, row.tokens, row.failure), (Outcome::Success, 3, None), "{row:?}");
        assert_eq!(row.end_ns, row.last_token_ns);
    }
}

#[tokio::test(start_paused = true)]
async fn clients_that_would_leave_and_do_not_get_what_they_stay_for_have_failed() {
    let mut config = load(5.0, 10);
    config.client.leave_after_tokens = Some(3);
    config.client.leave_share = 1.0;
    let script = |asked: &Asked| {
        let mut steps = vec![Step::Say(HEAD.into())];
        for word in words(asked, (1, 1), 0..2) {
            steps.push(Step::Say(chunk(&word)));
        }
        steps.push(Step::Say(b"0\r\n\r\n".to_vec()));
        steps
    };
    let played = play(&config, script).await;
    assert_eq!((played.summary.failed, played.summary.succeeded), (50, 0));
    for row in &played.rows {
        assert_eq!((row.tokens, row.failure), (2, Some(FailureKind::Truncated)), "{row:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_interruption_cancels_what_is_open_and_offers_nothing_more() {
    let network = MemoryNetwork::new();
    serve(&network, slow);
    let stop = Arc::new(AtomicBool::new(false));
    let raise = Arc::clone(&stop);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(4510)).await;
        raise.store(true, Ordering::Relaxed);
    });
    let played = run_on(&network, &load(10.0, 60), Dialect::OpenAi, stop).await;
    let summary = played.summary;
    assert!(summary.interrupted);
    assert_eq!((summary.offered, summary.succeeded, summary.cancelled), (46, 16, 30));
    for row in played.rows.iter().filter(|row| row.outcome == Outcome::Cancelled) {
        assert!(row.end_ns.unwrap() <= 4_600_000_000, "within one poll: {row:?}");
        assert!(row.sent_ns.is_some() && row.failure.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn an_interruption_while_draining_does_not_wait_for_timeouts() {
    let network = MemoryNetwork::new();
    serve(&network, hang);
    let stop = Arc::new(AtomicBool::new(false));
    let raise = Arc::clone(&stop);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        raise.store(true, Ordering::Relaxed);
    });
    let before = tokio::time::Instant::now();
    let played = run_on(&network, &load(1.0, 2), Dialect::OpenAi, stop).await;
    assert!(before.elapsed() < Duration::from_millis(5100), "{:?}", before.elapsed());
    assert!(played.summary.interrupted);
    assert_eq!(played.summary.cancelled, 2);
}

#[tokio::test(start_paused = true)]
async fn an_undisturbed_run_is_not_interrupted() {
    assert!(!play(&load(1.0, 2), answer).await.summary.interrupted);
}
