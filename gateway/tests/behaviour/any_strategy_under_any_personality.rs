//! Two keys, not one: the strategy picks, the personality decides what follows, and each does so beside
//! every other. A personality that only this file knows is played like the two that are shipped.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use gateway::config::{Config, DeploymentIndex};
use gateway::decisions::{
    Allowance, Alternative, CandidateQuery, Circumstances, CooldownBook, CooldownStep, Deadlines,
    FailedAttempt, Failure, FallbackQuery, Limits, NextStep, NoCooldown, NoFallback, NoRetry,
    Shortage, Target,
};
use gateway::policy::{self, Kind, Personality, Policy};
use gateway::strategy;
use vocab::{At, Seed};
use world::Link;

use crate::support::*;

fn named(name: &str) -> Personality {
    policy::find(name).expect("a row of the table")
}

fn playing(personality: Personality, strategy: &'static str, ids: &[&str]) -> Config {
    let deployments = ids.iter().map(|id| deployment(id)).collect();
    Config { personality, ..config(strategy, deployments) }
}

#[tokio::test(start_paused = true)]
async fn least_busy_goes_on_under_ours_and_asks_the_idle_once_more_under_litellms() {
    for (name, status, hosts, told) in [
        ("brownout", 200, vec!["first", "second"], "second failover to second"),
        ("litellm-1.106", 200, vec!["first", "first", "second"], "first retry #2"),
    ] {
        let lab = Lab::new();
        lab.upstream("first", &[refusal(500, &[])]).upstream("second", &[answer("yes")]);
        lab.gateway(playing(named(name), "least-busy", &["first", "second"]));
        assert_eq!(lab.chat(PLAIN).await.status, status, "{name}");
        assert_eq!(lab.hosts(), hosts, "{name}: who fails is idle, until a failure is not told");
        assert!(lab.decided().contains(&told.to_owned()), "{name}: {:?}", lab.decided());
    }
}

#[tokio::test(start_paused = true)]
async fn one_refused_connection_cools_under_ours_only_whatever_the_strategy() {
    for entry in strategy::ALL {
        for (name, cools) in [("brownout", true), ("litellm-1.106", false)] {
            let lab = Lab::new();
            lab.upstream("only", &[Act::Refuse, answer("yes")]);
            lab.gateway(playing(named(name), entry.name, &["only"]));
            lab.chat(PLAIN).await;
            let story = lab.decided();
            let cooled = story.contains(&"only cooldown: connect".to_owned());
            assert_eq!(cooled, cools, "{} under {name}: {story:?}", entry.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn priority_does_not_repeat_a_begun_stream_under_litellms() {
    for (name, status, hosts) in
        [("brownout", 200, vec!["first", "second"]), ("litellm-1.106", 500, vec!["first"])]
    {
        let lab = Lab::new();
        lab.upstream("first", &[stream_then(0, &[Step::Cut])]).upstream("second", &[stream(2)]);
        lab.gateway(playing(named(name), "priority", &["first", "second"]));
        let got = lab.chat(STREAM).await;
        assert_eq!(
            (got.status, lab.hosts()),
            (status, hosts.into_iter().map(str::to_owned).collect())
        );
        assert_eq!(got.body.contains("litellm.APIConnectionError: "), status == 500, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn words_that_came_with_the_break_were_sent_under_litellms_only() {
    let both = Step::Say("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"w\"}}]}\n\ndata: {\"error\":{\"message\":\"no\"}}\n\n".to_owned());
    for (name, words, broken) in [("brownout", "w0 w1 ", false), ("litellm-1.106", "w", true)] {
        let lab = Lab::new();
        lab.upstream("first", &[Act::Stream(vec![both.clone()])]).upstream("second", &[stream(2)]);
        lab.gateway(playing(named(name), "priority", &["first", "second"]));
        let got = lab.chat(STREAM).await;
        assert_eq!((got.words().as_str(), got.error_event().is_some()), (words, broken), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dial_that_takes_too_long_is_a_timeout_under_litellms_only() {
    for (name, told) in
        [("brownout", "silent failed: connect"), ("litellm-1.106", "silent failed: timeout")]
    {
        let lab = Lab::new();
        let _nobody_accepts =
            lab.network.listen("silent", 443, Link::default()).expect("a free name");
        let mut config = playing(named(name), "priority", &["silent"]);
        config.router.timeout = Duration::from_secs(600);
        lab.gateway(config);
        lab.chat(PLAIN).await;
        assert!(lab.decided().contains(&told.to_owned()), "{name}: {:?}", lab.decided());
    }
}

#[tokio::test(start_paused = true)]
async fn levels_of_order_hold_under_ours_for_every_strategy() {
    for entry in strategy::ALL {
        let lab = Lab::new();
        lab.upstream("second", &[answer("yes")]).upstream("first", &[refusal(500, &[])]);
        let mut config = playing(named("brownout"), entry.name, &["second", "first"]);
        (config.deployments[0].order, config.deployments[1].order) = (Some(2), Some(1));
        lab.gateway(config);
        assert_eq!(lab.chat(PLAIN).await.status, 200, "{}", entry.name);
        assert_eq!(lab.hosts(), ["first", "second"], "{}", entry.name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_third_personality_is_one_file() {
    let once = Personality {
        name: "once",
        kind: Kind::Emulated,
        summary: "One attempt, one second, no memory.",
        policy: &Once,
    };
    let lab = Lab::new();
    lab.upstream("first", &[Act::Hang]).upstream("second", &[answer("yes")]);
    lab.gateway(playing(once, "priority", &["first", "second"]));
    let got = lab.chat(PLAIN).await;
    assert_eq!((got.status, got.took.as_secs_f64().round()), (408, 1.0));
    let message = got.json()["error"]["message"].as_str().expect("a message").to_owned();
    assert!(message.starts_with("once: 408 Received Model Group=model"), "{message}");
    assert_eq!(lab.hosts(), ["first"]);
}

/// Gives up at the first failure.
#[derive(Debug)]
struct Once;

impl Policy for Once {
    fn candidates(&self, query: &CandidateQuery<'_>) -> Result<Vec<DeploymentIndex>, Shortage> {
        Ok(query.members.to_vec())
    }

    fn retries(&self, _: &FailedAttempt<'_>) -> Allowance {
        Allowance::Configured(0)
    }

    fn after_failure(&self, _: &FailedAttempt<'_>, _: Allowance) -> NextStep {
        let why = NoRetry::RetriesUsed { failed: 1, retries: 0 };
        NextStep::Stop { wait: Duration::ZERO, why }
    }

    fn fallbacks(&self, _: &FallbackQuery<'_>) -> Result<Vec<Target>, NoFallback> {
        Err(NoFallback::NoneNamed)
    }

    fn deadlines(&self, _: Limits, _: &dyn Fn() -> Alternative) -> Deadlines {
        let second = Duration::from_secs(1);
        Deadlines {
            head: second,
            first_word: None,
            silence: second,
            gap: second,
            whole: None,
            hedge: None,
            alarm: None,
            left: None,
        }
    }

    fn cooldown_book(&self, _: &Config, _: Seed) -> Box<dyn CooldownBook> {
        Box::new(Once)
    }

    fn error_text(&self, failure: &Failure) -> String {
        format!("once: {}", failure.status)
    }
}

impl CooldownBook for Once {
    fn remaining(&self, _: DeploymentIndex, _: At) -> Option<Duration> {
        None
    }

    fn succeeded(&mut self, _: DeploymentIndex, _: At) {}

    fn failed(&mut self, _: DeploymentIndex, _: &Failure, _: Circumstances) -> CooldownStep {
        CooldownStep::None(NoCooldown::Off)
    }
}
