//! A gateway tells its observer what it does not do after a failure, by which rule, and with which figures.

use crate::support::*;
use serde_json::json;

/// What is told of one request to `hosts` that all answer with `act`.
async fn told(lab: &Lab, hosts: &[&str], act: &Act, body: &str) -> Vec<String> {
    for host in hosts {
        lab.upstream(host, &vec![act.clone(); 9]);
    }
    lab.chat(body).await;
    lab.not_done()
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_cools_nobody_tells_the_figures_of_its_rule() {
    let lab = Lab::new();
    lab.gateway(litellm(&["a", "b"]));
    let told = told(&lab, &["a", "b"], &refusal(500, &[]), STREAM).await;
    let first = told.iter().find(|line| line.contains("no cooldown")).expect("told");
    assert!(
        first.ends_with("no cooldown: FewCalls { failed: 1, calls: 1, calls_min: 5 }"),
        "{told:?}"
    );
    let later = told.iter().filter(|line| line.ends_with("no cooldown: LaterFailure"));
    assert_eq!(later.count(), lab.hosts().len() - 1, "one row per failed attempt: {told:?}");
}

#[tokio::test(start_paused = true)]
async fn giving_up_tells_which_retries_were_used_and_that_no_fallback_is_named() {
    let lab = Lab::new();
    lab.gateway(litellm(&["a"]));
    let told = told(&lab, &["a"], &refusal(503, &[]), STREAM).await;
    let attempts = lab.hosts().len();
    let ends = &told[told.len() - 2..];
    assert_eq!(
        ends,
        [
            format!("a no retry: RetriesUsed {{ failed: {attempts}, retries: {} }}", attempts - 1),
            "a no fallback: NoneNamed".to_owned()
        ]
    );
    let once = told.iter().filter(|line| line.contains("no retry")).count();
    assert_eq!(once, 1, "once per group, however many attempts it took");
}

#[tokio::test(start_paused = true)]
async fn a_request_at_fault_is_neither_repeated_nor_sold_twice_and_both_are_told() {
    let lab = Lab::new();
    lab.gateway(priority(&["a", "b"]));
    let told = told(&lab, &["a", "b"], &refusal(400, &[]), STREAM).await;
    assert_eq!(
        told,
        [
            "a no cooldown: RequestAtFault",
            "a no retry: RequestAtFault",
            "a no fallback: RequestAtFault"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_after_content_tells_that_it_cannot_be_taken_back() {
    for make in [priority, litellm] {
        let lab = Lab::new();
        lab.upstream("a", &[stream_then(3, &[Step::Cut])]).upstream("b", &[stream(3)]);
        lab.gateway(make(&["a", "b"]));
        let got = lab.chat(STREAM).await;
        assert!(got.error_event().is_some(), "{}", got.body);
        let told = lab.not_done();
        assert_eq!(told.last().map(String::as_str), Some("a no retry: Committed"), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_the_request_switches_off_is_told_as_such() {
    let lab = Lab::new();
    lab.gateway(litellm(&["a"]));
    let mut body: serde_json::Value = serde_json::from_str(STREAM).expect("JSON");
    body["disable_fallbacks"] = json!(true);
    let told = told(&lab, &["a"], &refusal(500, &[]), &body.to_string()).await;
    assert_eq!(told.last().map(String::as_str), Some("a no fallback: Disabled"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_longer_than_a_client_is_made_to_wait_is_told_with_both() {
    let lab = Lab::new();
    lab.gateway(priority(&["a"]));
    let told = told(&lab, &["a"], &refusal(429, &[("retry-after", "90")]), STREAM).await;
    assert!(
        told.contains(&"a no retry: LongWait { asked: 90s, longest: 10s }".to_owned()),
        "{told:?}"
    );
}
