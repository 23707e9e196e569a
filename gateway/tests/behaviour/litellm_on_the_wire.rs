//! What LiteLLM 1.106.2 was seen to do (reference: its real proxy against a scripted OpenAI, two
//! retries, 5 s timeout, 3 s for streams), row by row.

use std::time::Duration;

use crate::support::*;

const RETRY_AFTER_2: &[(&str, &str)] = &[("retry-after", "2")];

fn near(took: Duration, seconds: f64) {
    let took = took.as_secs_f64();
    assert!((took - seconds).abs() < 1.2, "took {took} s, LiteLLM about {seconds} s");
}

#[tokio::test(start_paused = true)]
async fn a_429_is_retried_after_its_wait_and_waited_for_once_more() {
    let lab = Lab::new();
    lab.upstream("a", &[refusal(429, RETRY_AFTER_2)]).gateway(litellm(&["a"]));
    let got = lab.chat(PLAIN).await;
    assert_eq!((got.status, lab.hosts().len()), (429, 3));
    near(got.took, 7.2);
    assert_eq!(got.header("llm_provider-retry-after"), "2");
    assert_eq!(got.header("retry-after"), "", "the upstream's wait is not the gateway's");
    assert_eq!(got.json()["error"]["code"], "429");
    assert_eq!(got.json()["error"]["type"], "throttling_error");
}

#[tokio::test(start_paused = true)]
async fn a_429_falls_back_after_three_attempts() {
    let lab = Lab::new();
    lab.upstream("a", &[refusal(429, RETRY_AFTER_2)]).upstream("backup", &[answer("yes")]);
    lab.gateway(with_backup(litellm(&["a"])));
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.status, 200);
    assert_eq!(lab.hosts(), ["a", "a", "a", "backup"]);
    near(got.took, 7.2);
    assert_eq!(got.header("x-litellm-attempted-fallbacks"), "1");
    assert_eq!(got.header("x-litellm-attempted-retries"), "0");
    assert_eq!(got.header("x-litellm-model-group"), "backup");
}

#[tokio::test(start_paused = true)]
async fn server_errors_back_off_before_the_error_and_before_the_fallback() {
    for (status, backup, seconds) in [(500, false, 5.2), (503, true, 4.6)] {
        let lab = Lab::new();
        lab.upstream("a", &[refusal(status, &[])]).upstream("backup", &[answer("yes")]);
        let config = litellm(&["a"]);
        lab.gateway(if backup { with_backup(config) } else { config });
        let got = lab.chat(PLAIN).await;
        assert_eq!(got.status, if backup { 200 } else { status });
        assert_eq!(lab.hosts().iter().filter(|host| *host == "a").count(), 3);
        near(got.took, seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn client_errors_fall_back_at_once() {
    for status in [400, 401, 404] {
        let lab = Lab::new();
        lab.upstream("a", &[refusal(status, &[])]).upstream("backup", &[answer("yes")]);
        lab.gateway(with_backup(litellm(&["a"])));
        let got = lab.chat(PLAIN).await;
        assert_eq!((got.status, lab.hosts()), (200, vec!["a".to_owned(), "backup".to_owned()]));
        assert!(got.took < Duration::from_millis(100));
    }
}

#[tokio::test(start_paused = true)]
async fn a_401_cools_even_a_single_deployment_and_the_next_request_is_told_to_wait() {
    let lab = Lab::new();
    lab.upstream("a", &[refusal(401, &[])]).gateway(litellm(&["a"]));
    assert_eq!(lab.chat(PLAIN).await.status, 401);
    let second = lab.chat(PLAIN).await;
    assert_eq!((second.status, second.header("retry-after")), (429, "5"));
    let error = &second.json()["error"];
    assert_eq!(error["type"], "all_deployments_in_cooldown");
    let text = error["message"].as_str().expect("a text");
    assert!(text.contains("No deployments available for selected model, Try again in 5"), "{text}");
    assert_eq!(lab.hosts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hang_times_out_three_times() {
    for (body, backup, status, seconds) in
        [(PLAIN, false, 408, 20.6), (PLAIN, true, 200, 20.2), (STREAM, false, 408, 13.8)]
    {
        let lab = Lab::new();
        lab.upstream("a", &[Act::Hang]).upstream("backup", &[answer("yes")]);
        let config = litellm(&["a"]);
        lab.gateway(if backup { with_backup(config) } else { config });
        let got = lab.chat(body).await;
        assert_eq!(got.status, status);
        assert_eq!(lab.hosts().iter().filter(|host| *host == "a").count(), 3);
        near(got.took, seconds - 1.0);
        if status == 408 {
            let text = got.json()["error"]["message"].as_str().expect("a text").to_owned();
            assert!(text.starts_with("litellm.Timeout: APITimeoutError - Request timed out."));
            assert_eq!(got.json()["error"]["type"], "invalid_request_error");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_of_a_pair_goes_to_the_sibling_without_a_wait() {
    let lab = Lab::new();
    lab.upstream("bad", &[refusal(429, RETRY_AFTER_2)]).upstream("good", &[answer("yes")]);
    lab.gateway(litellm(&["bad", "good"]));
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.status, 200);
    assert_eq!(got.header("x-litellm-attempted-retries"), "1");
    assert_eq!(got.header("x-litellm-max-retries"), "2");
    assert_eq!(got.header("x-litellm-model-id"), "good");
    assert!(got.took < Duration::from_millis(100));
    lab.chat(PLAIN).await;
    assert_eq!(lab.hosts(), ["bad", "good", "good"]);
}

#[tokio::test(start_paused = true)]
async fn only_the_first_failing_deployment_of_a_request_cools() {
    let lab = Lab::new();
    lab.upstream("a", &[refusal(429, RETRY_AFTER_2)]);
    lab.upstream("b", &[refusal(429, RETRY_AFTER_2)]);
    lab.gateway(litellm(&["a", "b"]));
    let got = lab.chat(PLAIN).await;
    assert_eq!((got.status, lab.hosts()), (429, ["a", "b", "b"].map(str::to_owned).to_vec()));
    assert!(got.took < Duration::from_millis(300));
    lab.chat(PLAIN).await;
    assert_eq!(lab.hosts()[3], "b");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_after_words_ends_with_an_error_event_and_no_fallback() {
    let turns: [(&str, Vec<Step>); 4] = [
        ("cut", vec![Step::Cut]),
        ("stall", vec![Step::Stall]),
        (
            "error event",
            vec![Step::Say("data: {\"error\":{\"message\":\"overloaded\"}}\n\n".into())],
        ),
        ("malformed", vec![Step::Say("data: {\"id\":\n\n".into())]),
    ];
    for (name, turn) in turns {
        let lab = Lab::new();
        lab.upstream("a", &[stream_then(5, &turn)]).upstream("backup", &[stream(3)]);
        lab.gateway(with_backup(litellm(&["a"])));
        let got = lab.chat(STREAM).await;
        assert_eq!((got.status, got.words().as_str()), (200, "w0 w1 w2 w3 w4 "), "{name}");
        let error = got.error_event().unwrap_or_else(|| panic!("{name}: {}", got.body));
        assert_eq!(error["code"], "500", "{name}");
        assert!(error["type"].is_null() && error["param"].is_null(), "{name}");
        assert!(!got.done() && !got.broken, "{name}");
        assert_eq!(lab.hosts(), ["a"], "{name}");
        if name == "stall" {
            near(got.took, 3.1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_cut_after_the_role_chunk_is_a_fallback_or_the_role_and_an_error() {
    for backup in [true, false] {
        let lab = Lab::new();
        lab.upstream("a", &[stream_then(0, &[Step::Wait(Duration::from_millis(50)), Step::Cut])]);
        lab.upstream("backup", &[stream(3)]);
        let config = litellm(&["a"]);
        lab.gateway(if backup { with_backup(config) } else { config });
        let got = lab.chat(STREAM).await;
        if backup {
            assert_eq!((got.status, got.words().as_str()), (200, "w0 w1 w2 "));
            assert!(got.done());
            assert_eq!(lab.hosts(), ["a", "backup"]);
        } else {
            assert_eq!((got.status, lab.hosts().len()), (200, 1));
            assert!(got.body.starts_with("data: {\"id\":\"c\""), "the role: {}", got.body);
            assert_eq!(got.error_event().expect("an error event")["code"], "500");
            assert!(!got.done() && got.words().is_empty(), "{}", got.body);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_done_but_with_a_finish_reason_is_complete() {
    let lab = Lab::new();
    let finish = chunk("{}", "\"stop\"");
    lab.upstream("a", &[stream_then(2, &[finish])]).gateway(litellm(&["a"]));
    let got = lab.chat(STREAM).await;
    assert!(got.done() && got.error_event().is_none(), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn the_error_is_the_primarys_and_names_what_was_tried() {
    let lab = Lab::new();
    lab.upstream("a", &[refusal(400, &[])]).upstream("backup", &[refusal(401, &[])]);
    lab.gateway(with_backup(litellm(&["a"])));
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.status, 400);
    insta::assert_snapshot!(got.json()["error"]["message"].as_str().expect("a text"), @r"
    litellm.BadRequestError: OpenAIException - Invalid value.

    LiteLLM: model group 'model' failed with the error above. Fallback to backup also failed: litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: sk-****.
    ");
}

#[tokio::test(start_paused = true)]
async fn the_request_overrides_retries_timeout_and_fallbacks() {
    let lab = Lab::new();
    lab.upstream("a", &[Act::Hang]).upstream("backup", &[answer("yes")]);
    lab.gateway(with_backup(litellm(&["a"])));
    let body = r#"{"model":"model","num_retries":0,"timeout":1.5,"disable_fallbacks":true,"messages":[{"role":"user","content":"hi"}]}"#;
    let got = lab.chat(body).await;
    assert_eq!((got.status, lab.hosts()), (408, vec!["a".to_owned()]));
    near(got.took, 1.5);
    let headers = [("x-litellm-num-retries", "1"), ("x-litellm-timeout", "1")];
    let body =
        r#"{"model":"model","fallbacks":["backup"],"messages":[{"role":"user","content":"hi"}]}"#;
    let got = lab.post("/chat/completions", &headers, body).await;
    assert_eq!((got.status, lab.hosts().len()), (200, 4));
    let sent = lab.sent.lock().expect("no poison");
    assert_eq!(sent[3].body, r#"{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}"#);
}

#[tokio::test(start_paused = true)]
async fn decisions_tell_the_story() {
    let lab = Lab::new();
    lab.upstream("bad", &[refusal(429, &[])]).upstream("good", &[answer("yes")]);
    lab.gateway(litellm(&["bad", "good"]));
    lab.chat(PLAIN).await;
    let story = lab.decided();
    assert_eq!(
        story,
        [
            "bad pick",
            "bad failed: rate_limited",
            "bad cooldown: rate_limited",
            "good retry #2",
            "good served after 2"
        ]
    );
}
