//! The personality `brownout` where providers say what is left of their limits: who has too little left for a request is
//! passed over before it refuses, as long as somebody else can be asked.

use std::time::Duration;

use crate::support::*;
use gateway::config::{Config, RateLimitHeaders};

const SECOND: Duration = Duration::from_secs(1);

/// A whole answer with these headers.
fn saying(headers: &[(&'static str, &'static str)]) -> Act {
    let Act::Reply(status, mut own, body) = answer("yes") else { unreachable!() };
    own.extend_from_slice(headers);
    Act::Reply(status, own, body)
}

/// Requests: all, what is left, until when.
const fn requests(
    limit: &'static str,
    left: &'static str,
    reset: &'static str,
) -> [(&'static str, &'static str); 3] {
    [
        ("x-ratelimit-limit-requests", limit),
        ("x-ratelimit-remaining-requests", left),
        ("x-ratelimit-reset-requests", reset),
    ]
}

/// A lab whose `first` says this with each answer, and whose `second` says nothing.
fn lab_of(headers: &[(&'static str, &'static str)], config: Config) -> Lab {
    let lab = Lab::new();
    lab.upstream("first", &[saying(headers)]).upstream("second", &[answer("yes")]);
    lab.gateway(config);
    lab
}

fn pair() -> Config {
    priority(&["first", "second"])
}

/// Who is asked by the second of two requests, `wait` after the first, and then by a third.
async fn asked_next(lab: &Lab, wait: Duration) -> Vec<String> {
    for pause in [wait, Duration::ZERO, Duration::ZERO] {
        assert_eq!(lab.chat(PLAIN).await.status, 200);
        tokio::time::sleep(pause).await;
    }
    lab.hosts().split_off(1)
}

#[tokio::test(start_paused = true)]
async fn who_has_nothing_left_is_passed_over_before_it_refuses() {
    let lab = lab_of(&requests("10", "0", "30s"), pair());
    assert_eq!(asked_next(&lab, SECOND).await, ["second", "second"]);
    let told = lab.decided();
    let over = "first passed over: 0 requests left of 1".to_owned();
    assert_eq!(told.iter().filter(|line| **line == over).count(), 2, "{told:?}");
    assert!(!told.iter().any(|line| line.contains("failed")), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_comes_back_evenly_until_the_reset() {
    for (wait, then) in [(2, "second"), (4, "first")] {
        let lab = lab_of(&requests("10", "0", "30s"), pair());
        assert_eq!(asked_next(&lab, wait * SECOND).await[0], then, "after {wait} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_word_without_a_time_holds_for_ten_seconds_and_none_for_more_than_two_minutes() {
    let azure = [("x-ratelimit-remaining-requests", "0")];
    for (wait, then) in [(9, "second"), (10, "first")] {
        let lab = lab_of(&azure, pair());
        assert_eq!(asked_next(&lab, wait * SECOND).await[0], then, "after {wait} s");
    }
    for (wait, then) in [(119, "second"), (120, "first")] {
        let lab = lab_of(&requests("1", "0", "24h0m0s"), pair());
        assert_eq!(asked_next(&lab, wait * SECOND).await[0], then, "after {wait} s");
    }
}

#[tokio::test(start_paused = true)]
async fn plain_seconds_and_moments_of_anthropic_are_read_too() {
    let seconds = requests("10", "0", "30");
    let moments = [
        ("anthropic-ratelimit-requests-limit", "10"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", "2026-01-01T00:00:47Z"),
    ];
    for headers in [seconds, moments] {
        for (wait, then) in [(2, "second"), (4, "first")] {
            let lab = lab_of(&headers, pair());
            assert_eq!(asked_next(&lab, wait * SECOND).await[0], then, "{headers:?} {wait} s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_since_is_taken_off() {
    let slow = |headers: &[(&'static str, &'static str)]| {
        let mut steps = vec![Step::Wait(3 * SECOND)];
        let Act::Reply(_, _, body) = saying(headers) else { unreachable!() };
        steps.push(Step::Say(body));
        Act::Stream(steps)
    };
    let lab = Lab::new();
    let one_left = requests("10", "1", "10m0s");
    lab.upstream("first", &[saying(&one_left), slow(&[])]).upstream("second", &[answer("yes")]);
    let mut config = pair();
    config.router.timeout = 60 * SECOND;
    lab.gateway(config);
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    let (second, third) = tokio::join!(lab.chat(PLAIN), async {
        tokio::time::sleep(SECOND).await;
        lab.chat(PLAIN).await
    });
    assert_eq!((second.status, third.status), (200, 200));
    assert_eq!(lab.hosts(), ["first", "first", "second"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_takes_its_prompt_and_the_longest_answer_it_allows() {
    let tokens = [
        ("x-ratelimit-limit-tokens", "1000"),
        ("x-ratelimit-remaining-tokens", "400"),
        ("x-ratelimit-reset-tokens", "1m0s"),
    ];
    let of = |content: &str, most: u64| {
        format!(
            r#"{{"model":"model","max_tokens":{most},"messages":[{{"role":"user","content":"{content}"}}]}}"#
        )
    };
    let long = "many words ".repeat(200);
    for (body, then) in
        [(of("hi", 100), "first"), (of("hi", 600), "second"), (of(&long, 1), "second")]
    {
        let lab = lab_of(&tokens, pair());
        assert_eq!(lab.chat(PLAIN).await.status, 200);
        assert_eq!(lab.chat(&body).await.status, 200);
        assert_eq!(lab.hosts()[1], then, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_nobody_else_is_left_it_is_asked_all_the_same() {
    let none = requests("10", "0", "30s");
    let lab = Lab::new();
    lab.upstream("first", &[saying(&none)]).upstream("second", &[saying(&none)]);
    lab.gateway(pair());
    let asked = asked_next(&lab, Duration::ZERO).await;
    assert_eq!(asked, ["second", "first"]);

    let lab = lab_of(&none, priority(&["first"]));
    assert_eq!(asked_next(&lab, Duration::ZERO).await, ["first", "first"]);
    assert!(!lab.decided().iter().any(|line| line.contains("passed over")));

    // Whoever failed this request is not asked again for that.
    let lab = Lab::new();
    lab.upstream("first", &[answer("yes"), refusal(500, &[])]);
    lab.upstream("second", &[saying(&none)]);
    lab.gateway(pair());
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    assert_eq!(lab.hosts(), ["first", "first", "second", "first", "second"]);
}

#[tokio::test(start_paused = true)]
async fn a_level_whose_limits_are_used_up_gives_way_to_the_next() {
    let mut config = pair();
    config.deployments[0].order = Some(1);
    config.deployments[1].order = Some(2);
    let lab = lab_of(&requests("10", "0", "30s"), config);
    assert_eq!(asked_next(&lab, SECOND).await, ["second", "second"]);
}

#[tokio::test(start_paused = true)]
async fn neither_litellm_nor_who_says_no_goes_by_it() {
    let mut deaf = pair();
    deaf.own.rate_limit_headers = RateLimitHeaders::Ignored;
    for config in [deaf, litellm(&["first", "second"])] {
        let lab = lab_of(&requests("10", "0", "30s"), config);
        assert_eq!(asked_next(&lab, SECOND).await, ["first", "first"]);
    }
}
