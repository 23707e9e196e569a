//! The personality `brownout`: the status of a refusal decides what follows, its words refine only 400; whoever cannot
//! answer is left for whoever can, and a request that is at fault itself is sold to nobody.

use std::time::Duration;

use gateway::config::Config;

use crate::support::*;

/// A refusal with this status, in words that blame the request.
fn blaming(status: u16) -> Act {
    let body =
        r#"{"error":{"message":"No.","type":"invalid_request_error","param":null,"code":null}}"#;
    Act::Reply(status, vec![], body.to_owned())
}

fn saying(status: u16, message: &str, kind: &str) -> Act {
    let body = format!(r#"{{"error":{{"message":"{message}","type":"{kind}","code":"{kind}"}}}}"#);
    Act::Reply(status, vec![], body)
}

/// A stream whose first event is this error.
fn error_event(error: &str) -> Act {
    Act::Stream(vec![Step::Say(format!("data: {{\"error\":{error}}}\n\n"))])
}

fn alone_with_backup() -> Config {
    with_backup(priority(&["first"]))
}

#[tokio::test(start_paused = true)]
async fn every_status_but_those_of_a_wrong_request_goes_on_to_the_next() {
    for status in [401, 402, 403, 404, 408, 409, 429, 500, 502, 503, 504, 529] {
        let lab = Lab::new();
        lab.upstream("first", &[blaming(status)]).upstream("second", &[answer("yes")]);
        lab.gateway(priority(&["first", "second"]));
        assert_eq!(lab.chat(PLAIN).await.status, 200, "{status}");
        assert_eq!(lab.hosts(), ["first", "second"], "{status}");
    }
    for status in [400, 405, 413, 414, 415, 422] {
        let lab = Lab::new();
        lab.upstream("first", &[blaming(status)]).upstream("second", &[answer("yes")]);
        lab.gateway(with_backup(priority(&["first", "second"])));
        lab.upstream("backup", &[answer("yes")]);
        assert_eq!(lab.chat(PLAIN).await.status, status);
        assert_eq!(lab.hosts(), ["first"], "{status}: neither a sibling nor a fallback is asked");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unpaid_provider_is_told_apart_and_left_for_ten_minutes() {
    for refusal in [
        saying(400, "Your credit balance is too low to access the API.", "invalid_request_error"),
        saying(402, "Payment required.", "billing_error"),
        saying(429, "You exceeded your current quota, check your plan.", "insufficient_quota"),
    ] {
        let lab = Lab::new();
        lab.upstream("first", &[refusal]).upstream("second", &[answer("yes")]);
        lab.gateway(priority(&["first", "second"]));
        for _ in 0..9 {
            assert_eq!(lab.chat(PLAIN).await.status, 200);
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        let asked = lab.hosts().iter().filter(|host| *host == "first").count();
        assert_eq!(asked, 1, "{:?}", lab.hosts());
        assert!(lab.decided().contains(&"first failed: credit_exhausted".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_in_the_first_event_is_what_it_says() {
    for (error, reason) in [
        (r#"{"message":"m","type":"rate_limit_error","code":429}"#, "rate_limited"),
        (r#"{"message":"m","code":"429"}"#, "rate_limited"),
        (r#"{"message":"m","type":"overloaded_error"}"#, "overloaded"),
        (r#"{"message":"m","status":"RESOURCE_EXHAUSTED"}"#, "rate_limited"),
        (r#"{"message":"m","type":"insufficient_quota"}"#, "credit_exhausted"),
        (r#"{"message":"m","type":"authentication_error"}"#, "unauthorized"),
        (r#"{"message":"m"}"#, "error_event"),
    ] {
        let lab = Lab::new();
        lab.upstream("first", &[error_event(error)]).upstream("backup", &[stream(2)]);
        lab.gateway(alone_with_backup());
        assert_eq!(lab.chat(STREAM).await.words(), "w0 w1 ", "{error}");
        let told = lab.decided();
        assert!(told.contains(&format!("first failed: {reason}")), "{error}: {told:?}");
    }
    let lab = Lab::new();
    lab.upstream("first", &[error_event(r#"{"message":"m","type":"invalid_request_error"}"#)]);
    lab.upstream("backup", &[stream(2)]).gateway(alone_with_backup());
    assert_eq!((lab.chat(STREAM).await.status, lab.hosts().len()), (400, 1));
}

#[tokio::test(start_paused = true)]
async fn a_group_that_cools_is_left_for_its_fallback_at_once() {
    let lab = Lab::new();
    lab.upstream("first", &[blaming(503)]).upstream("backup", &[stream(1)]);
    let mut config = alone_with_backup();
    config.router.allowed_fails = Some(0);
    lab.gateway(config);
    for _ in 0..3 {
        assert_eq!(lab.chat(STREAM).await.words(), "w0 ");
    }
    assert_eq!(lab.hosts(), ["first", "backup", "backup", "backup"]);
    tokio::time::sleep(Duration::from_secs(6)).await;
    lab.chat(STREAM).await;
    assert_eq!(lab.hosts()[4..], ["first", "backup"], "a probe, which is rescued");
}

#[tokio::test(start_paused = true)]
async fn what_is_the_same_a_moment_later_is_not_asked_twice() {
    for status in [401, 402, 403, 404] {
        let lab = Lab::new();
        lab.upstream("first", &[blaming(status)]).gateway(priority(&["first"]));
        assert_ne!(lab.chat(PLAIN).await.status, 200);
        assert_eq!(lab.hosts(), ["first"], "{status}");
    }
    let lab = Lab::new();
    lab.upstream("first", &[blaming(401)]);
    lab.upstream("second", &[blaming(500), answer("yes")]);
    lab.gateway(priority(&["first", "second"]));
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    assert_eq!(lab.hosts(), ["first", "second", "second"]);
}

#[tokio::test(start_paused = true)]
async fn a_finish_reason_before_a_reset_is_a_complete_answer() {
    let finished = [words(2), vec![chunk("{}", "\"stop\""), Step::Cut]].concat();
    let lab = Lab::new();
    lab.upstream("first", &[Act::Stream(finished)]).gateway(priority(&["first"]));
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), got.done()), ("w0 w1 ", true), "{}", got.body);
    assert!(got.error_event().is_none());
    assert_eq!(lab.decided().last().map(String::as_str), Some("first served after 1"));
}

/// The other end closed it for being idle, while the request was on its way.
#[tokio::test(start_paused = true)]
async fn a_reused_connection_that_breaks_before_an_answer_is_nobodys_failure() {
    let lab = Lab::new();
    lab.upstream("first", &[answer("one"), Act::Reset, answer("two"), Act::Reset, Act::Reset]);
    lab.upstream("second", &[answer("three")]);
    lab.gateway(priority(&["first", "second"]));
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.json()["choices"][0]["message"]["content"], "two");
    assert_eq!(lab.hosts(), ["first", "first", "first"]);
    assert!(!lab.decided().iter().any(|told| told.contains("failed")), "{:?}", lab.decided());
    assert_eq!(got.header("x-litellm-attempted-retries"), "0");
    // A fresh one that breaks is a failure.
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.json()["choices"][0]["message"]["content"], "three");
    assert!(lab.decided().contains(&"first failed: reset".to_owned()), "{:?}", lab.decided());
    assert_eq!(lab.hosts()[3..], ["first", "first", "second"]);
}

/// A 400 with this code.
fn blamed(code: &str) -> Act {
    let message = match code {
        "context_length_exceeded" => "This model's maximum context length is 10 tokens.",
        _ => "Rejected by our safety system.",
    };
    let body = format!(
        r#"{{"error":{{"message":"{message}","type":"invalid_request_error","param":null,"code":"{code}"}}}}"#
    );
    Act::Reply(400, Vec::new(), body)
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_does_not_fit_goes_to_another_model_of_the_group_and_not_to_its_twin() {
    let lab = Lab::new();
    for (host, act) in [
        ("first", blamed("context_length_exceeded")),
        ("twin", answer("yes")),
        ("larger", answer("yes")),
    ] {
        lab.upstream(host, &[act]);
    }
    let mut config = priority(&["first", "twin", "larger"]);
    config.deployments[2].model = "a-larger-model".into();
    lab.gateway(config);
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    assert_eq!(lab.hosts(), ["first", "larger"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_filter_refused_goes_where_the_config_says_so_and_nowhere_else() {
    for own in [false, true] {
        let lab = Lab::new();
        lab.upstream("first", &[blamed("content_policy_violation")]);
        lab.upstream("backup", &[answer("yes")]);
        let mut config = with_backup(priority(&["first"]));
        if own {
            let table = config.router.fallbacks.clone();
            config.router.content_policy_fallbacks = table;
        }
        lab.gateway(config);
        let got = lab.chat(PLAIN).await;
        assert_eq!(got.status, if own { 200 } else { 400 }, "{}", got.body);
        assert_eq!(lab.hosts().len(), if own { 2 } else { 1 });
    }
}
