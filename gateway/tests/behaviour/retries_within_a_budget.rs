//! `retry_budget`, `hedging` and `slow_start` of the personality `brownout`: how much an outage may add to the load, and
//! how much of it a deployment gets that has just come back.

use std::time::Duration;

use gateway::config::Config;

use crate::support::*;

/// Two deployments that never cool, so that every request tries both.
fn never_cooling(share: Option<f64>) -> Config {
    let mut config = priority(&["first", "second"]);
    config.router.disable_cooldowns = true;
    config.router.num_retries = 1;
    config.own.retry_budget = share;
    config
}

/// Attempts of 400 requests that come within two seconds and all fail.
async fn attempts_of_an_outage(config: Config) -> usize {
    let lab = Lab::new();
    lab.upstream("first", &[refusal(500, &[])]).upstream("second", &[refusal(500, &[])]);
    lab.gateway(config);
    for _ in 0..400 {
        assert_eq!(lab.chat(PLAIN).await.status, 503);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    lab.hosts().len()
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_multiply_the_load() {
    assert_eq!(attempts_of_an_outage(never_cooling(None)).await, 800);
    // Ten per second, over ten seconds, and one for every fifth request so far.
    let bounded = attempts_of_an_outage(never_cooling(Some(0.2))).await;
    assert!((560..=590).contains(&bounded), "{bounded}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_may_not_be_retried_says_so() {
    let lab = Lab::new();
    lab.upstream("first", &[refusal(500, &[])]).upstream("second", &[refusal(500, &[])]);
    lab.gateway(never_cooling(Some(0.0)));
    for _ in 0..101 {
        lab.chat(PLAIN).await;
    }
    let last = lab.not_done().into_iter().rfind(|line| line.contains("no retry"));
    assert_eq!(last.as_deref(), Some("first no retry: BudgetUsed { share: 0.0 }"));
}

#[tokio::test(start_paused = true)]
async fn without_hedging_a_late_answer_is_waited_for() {
    let lab = Lab::new();
    let late = Act::Stream(
        [vec![role(), Step::Wait(Duration::from_secs(60)), word("w0 ")], end()].concat(),
    );
    lab.upstream("first", &[late]).upstream("second", &[stream(1)]);
    let mut config = priority(&["first", "second"]);
    config.router.timeout = Duration::from_secs(600);
    config.router.stream_timeout = None;
    config.own.hedging = 0.0;
    lab.gateway(config);
    let got = lab.chat(STREAM).await;
    assert_eq!((got.header("x-litellm-model-id"), lab.hosts().len()), ("first", 1));
}

/// Requests of 100 that `first` gets in the ten seconds after it is back.
async fn share_after_a_cooldown(slow_start: Duration, announced: bool) -> usize {
    let lab = Lab::new();
    let said = if announced { refusal(429, &[("retry-after", "2")]) } else { Act::Refuse };
    lab.upstream("first", &[said, answer("yes")]).upstream("second", &[answer("yes")]);
    let mut config = config_by("simple-shuffle", &["first", "second"]);
    config.own.slow_start = slow_start;
    lab.gateway(config);
    // Until it has failed, has cooled, and has answered its probe.
    // A connection that is refused reaches nobody.
    let calls = if announced { 2 } else { 1 };
    let back = |lab: &Lab| lab.hosts().iter().filter(|host| *host == "first").count() >= calls;
    for number in 0..200 {
        if back(&lab) {
            break;
        }
        let id = format!("before-{number}");
        lab.post("/v1/chat/completions", &[("x-litellm-call-id", &id)], PLAIN).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(back(&lab));
    let before = lab.hosts().len();
    for number in 0..100 {
        let id = format!("after-{number}");
        lab.post("/v1/chat/completions", &[("x-litellm-call-id", &id)], PLAIN).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    lab.hosts()[before..].iter().filter(|host| *host == "first").count()
}

fn config_by(strategy: &'static str, ids: &[&str]) -> Config {
    let ours = priority(ids).personality;
    let deployments = ids.iter().map(|id| deployment(id)).collect();
    Config { personality: ours, ..config(strategy, deployments) }
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_back_gets_its_share_slowly() {
    let at_once = share_after_a_cooldown(Duration::ZERO, false).await;
    let slowly = share_after_a_cooldown(Duration::from_secs(10), false).await;
    // Its share grows from a tenth of a half to a half: a bit more than half of what it had at once.
    assert!((40..=60).contains(&at_once), "{at_once}");
    assert!((18..=38).contains(&slowly), "{slowly}");
    let back_as_said = share_after_a_cooldown(Duration::from_secs(10), true).await;
    assert!((40..=60).contains(&back_as_said), "{back_as_said}");
}
