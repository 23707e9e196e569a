//! The personality `brownout`: whatever goes wrong before the client has a token goes to the next
//! deployment at once, and what went wrong is remembered.

use std::time::Duration;

use crate::support::*;

/// Every way to fail before the first word, and how long it may take to notice.
fn failures() -> Vec<(&'static str, Act, f64)> {
    let error = Step::Say("data: {\"error\":{\"message\":\"overloaded\"}}\n\n".to_owned());
    let garbled = Step::Say("data: {\"id\n\n".to_owned());
    vec![
        ("connect", Act::Refuse, 0.1),
        ("reset", Act::Reset, 0.1),
        ("rate_limited", refusal(429, &[("retry-after", "30")]), 0.1),
        ("server_error", refusal(500, &[]), 0.1),
        ("unavailable", refusal(503, &[]), 0.1),
        ("timeout", Act::Hang, 3.1),
        ("stalled", stream_then(0, &[Step::Stall]), 3.1),
        ("cut", stream_then(0, &[Step::Cut]), 0.1),
        ("truncated", stream_then(0, &[]), 0.1),
        ("error_event", stream_then(0, &[error]), 0.1),
        ("malformed", stream_then(0, &[garbled]), 0.1),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_failure_before_the_first_token_is_rescued() {
    for (reason, act, within) in failures() {
        let lab = Lab::new();
        lab.upstream("first", &[act]).upstream("second", &[stream(3)]);
        lab.gateway(priority(&["first", "second"]));
        let got = lab.chat(STREAM).await;
        assert_eq!(
            (got.status, got.words().as_str()),
            (200, "w0 w1 w2 "),
            "{reason}: {}",
            got.body
        );
        assert!(got.done() && got.error_event().is_none(), "{reason}");
        assert!(got.pieces[0].0.as_secs_f64() < within, "{reason}: {:?}", got.pieces[0].0);
        assert_eq!(got.header("x-litellm-model-id"), "second", "{reason}");
        let story = lab.decided();
        assert!(story.contains(&format!("first failed: {reason}")), "{story:?}");
        assert!(story.contains(&"second failover to second".to_owned()), "{story:?}");
        assert_eq!(story.last().expect("an end"), "second served after 2");
    }
}

#[tokio::test(start_paused = true)]
async fn words_and_break_in_one_breath_are_rescued_too() {
    let both = Step::Say("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"w\"}}]}\n\ndata: {\"error\":{\"message\":\"no\"}}\n\n".to_owned());
    let lab = Lab::new();
    lab.upstream("first", &[Act::Stream(vec![both])]).upstream("second", &[stream(2)]);
    lab.gateway(priority(&["first", "second"]));
    assert_eq!(lab.chat(STREAM).await.words(), "w0 w1 ");
}

#[tokio::test(start_paused = true)]
async fn whole_answers_are_rescued_from_half_a_body() {
    let half = Act::Stream(vec![Step::Say("{\"choices\":[".to_owned()), Step::Cut]);
    let error_in_200 = Act::Reply(200, vec![], r#"{"error":{"message":"no"}}"#.to_owned());
    for act in [half, error_in_200, Act::Refuse] {
        let lab = Lab::new();
        lab.upstream("first", &[act]).upstream("second", &[answer("yes")]);
        lab.gateway(priority(&["first", "second"]));
        let got = lab.chat(PLAIN).await;
        assert_eq!((got.status, lab.hosts().last().map(String::as_str)), (200, Some("second")));
        assert_eq!(got.json()["choices"][0]["message"]["content"], "yes");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_by_later_requests() {
    let lab = Lab::new();
    lab.upstream("first", &[refusal(429, &[("retry-after", "30")]), stream(1)]);
    lab.upstream("second", &[stream(1)]);
    lab.gateway(priority(&["first", "second"]));
    lab.chat(STREAM).await;
    tokio::time::sleep(Duration::from_secs(28)).await;
    lab.chat(STREAM).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    lab.chat(STREAM).await;
    assert_eq!(lab.hosts(), ["first", "second", "second", "first"]);
}

#[tokio::test(start_paused = true)]
async fn refused_connections_cool() {
    let lab = Lab::new();
    lab.upstream("first", &[Act::Refuse]).upstream("second", &[stream(1)]);
    lab.gateway(priority(&["first", "second"]));
    lab.chat(STREAM).await;
    assert!(lab.decided().contains(&"first cooldown: connect".to_owned()), "{:?}", lab.decided());
    lab.chat(STREAM).await;
    assert!(
        !lab.decided()[5..].iter().any(|line| line.starts_with("first")),
        "{:?}",
        lab.decided()
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_hope_gets_the_time_it_needs() {
    let slow = Act::Stream([vec![Step::Wait(Duration::from_secs(30))], words(2), end()].concat());
    let lab = Lab::new();
    lab.upstream("only", &[slow]);
    let mut config = priority(&["only"]);
    config.router.timeout = Duration::from_secs(120);
    config.router.stream_timeout = None;
    lab.gateway(config);
    let got = lab.chat(STREAM).await;
    assert_eq!((got.status, got.words().as_str(), lab.hosts().len()), (200, "w0 w1 ", 1));
}

#[tokio::test(start_paused = true)]
async fn faults_of_the_request_are_not_repeated_elsewhere() {
    let lab = Lab::new();
    lab.upstream("first", &[refusal(400, &[])]).upstream("second", &[answer("yes")]);
    lab.gateway(priority(&["first", "second"]));
    let got = lab.chat(PLAIN).await;
    assert_eq!((got.status, lab.hosts()), (400, vec!["first".to_owned()]));
    assert_eq!(got.json()["error"]["type"], "invalid_request_error");
}

#[tokio::test(start_paused = true)]
async fn attempts_are_bounded_when_nobody_answers() {
    let lab = Lab::new();
    lab.upstream("first", &[refusal(503, &[])]).upstream("second", &[refusal(503, &[])]);
    lab.gateway(priority(&["first", "second"]));
    let got = lab.chat(STREAM).await;
    assert_eq!(got.status, 503);
    assert!(lab.hosts().len() <= 3, "{:?}", lab.hosts());
    assert_eq!(lab.decided().last().expect("an end"), "- gave up 503: unavailable");
}

#[tokio::test(start_paused = true)]
async fn azures_filter_frame_is_forwarded_but_is_no_token() {
    let filter = Step::Say("data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{}}]}\n\n".to_owned());
    let pause = Step::Wait(Duration::from_millis(50));
    let lab = Lab::new();
    lab.upstream("first", &[Act::Stream(vec![filter.clone(), pause, Step::Cut])]);
    lab.upstream("second", &[Act::Stream([vec![filter], words(1), end()].concat())]);
    lab.gateway(priority(&["first", "second"]));
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), got.done()), ("w0 ", true));
    assert_eq!(got.body.matches("prompt_filter_results").count(), 1, "{}", got.body);
    assert!(got.body.starts_with("data: {\"choices\":[],"));
}

#[tokio::test(start_paused = true)]
async fn keep_alive_comments_are_no_sign_of_an_answer() {
    let mut comments = Vec::new();
    for _ in 0..60 {
        comments.push(Step::Say(": still here\n\n".to_owned()));
        comments.push(Step::Wait(Duration::from_secs(1)));
    }
    let lab = Lab::new();
    lab.upstream("first", &[Act::Stream(comments)]).upstream("second", &[stream(1)]);
    lab.gateway(priority(&["first", "second"]));
    let got = lab.chat(STREAM).await;
    assert_eq!(got.words(), "w0 ");
    assert!(got.took < Duration::from_secs(4), "{:?}", got.took);
}
