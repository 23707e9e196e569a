//! `max_parallel_requests`: a deployment answers so many requests at a time, a stream until its end. Our own personality
//! lets further ones wait for their turn; LiteLLM's refuses them, and holds that against nobody.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use std::time::Duration;

use crate::support::*;
use gateway::config::{Config, Deployment};

/// A whole answer that takes so long after its head.
fn whole_in(wait: Duration) -> Act {
    let Act::Reply(_, _, body) = answer("yes") else { unreachable!() };
    Act::Stream(vec![Step::Wait(wait), Step::Say(body)])
}

/// A stream that says a word, and two seconds later that it is over.
fn long_stream() -> Act {
    stream_then(1, &[vec![Step::Wait(Duration::from_secs(2))], end()].concat())
}

/// A config of one deployment `a` that takes `parallel` requests at a time, without retries.
fn narrow(parallel: Option<u32>, personality: &str) -> Config {
    let only = Deployment { max_parallel_requests: parallel, ..deployment("a") };
    let mut config = config("least-busy", vec![only]);
    config.router.num_retries = 0;
    config.personality = gateway::policy::find(personality).expect("a personality");
    config
}

/// The statuses of `n` requests sent at once to the gateway, and the seconds at which attempts were made.
async fn flood(lab: &Lab, n: usize, body: &'static str) -> (Vec<u16>, Vec<f64>) {
    let requests: Vec<_> = (0..n)
        .map(|_| {
            let lab = lab.clone();
            tokio::spawn(async move { lab.chat(body).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(request.await.expect("answered"));
    }
    statuses.sort_unstable();
    (statuses, lab.attempts().into_iter().map(|(_, at)| at).collect())
}

fn lab(config: Config, act: Act) -> Lab {
    let lab = Lab::new();
    lab.upstream("a", &[act]).gateway(config);
    lab
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn further_requests_wait_their_turn() {
    let lab = lab(narrow(Some(2), "brownout"), whole_in(SECOND));
    let (statuses, times) = flood(&lab, 5, PLAIN).await;
    assert_eq!(statuses, [200; 5]);
    assert_eq!(times, [0.0, 0.0, 1.0, 1.0, 2.0]);
}

#[tokio::test(start_paused = true)]
async fn whoever_finds_one_full_is_answered_by_an_idle_one() {
    let lab = Lab::new();
    let of = |id| Deployment { max_parallel_requests: Some(1), ..deployment(id) };
    lab.upstream("a", &[whole_in(SECOND)]).upstream("b", &[whole_in(SECOND)]);
    lab.gateway(config("priority", vec![of("a"), of("b")]));
    let (statuses, times) = flood(&lab, 3, PLAIN).await;
    assert_eq!(statuses, [200; 3]);
    assert_eq!(times, [0.0, 0.0, 1.0], "the third waits: nobody is idle");
    let mut hosts = lab.hosts();
    hosts.sort_unstable();
    assert_eq!(hosts, ["a", "a", "b"], "for the one that was preferred");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_place_longer_than_ten_seconds() {
    let mut config = narrow(Some(1), "brownout");
    config.router.timeout = 60 * SECOND;
    let lab = lab(config, whole_in(30 * SECOND));
    let begun = tokio::time::Instant::now();
    let (statuses, times) = flood(&lab, 2, PLAIN).await;
    assert_eq!((statuses, times), (vec![200, 503], vec![0.0]));
    assert_eq!(begun.elapsed().as_secs(), 30);
    assert_eq!(lab.decided().iter().filter(|told| told.contains("cool")).count(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_nobody_waits() {
    for personality in ["brownout", "litellm-1.106"] {
        let lab = lab(narrow(None, personality), whole_in(SECOND));
        assert_eq!(flood(&lab, 5, PLAIN).await, (vec![200; 5], vec![0.0; 5]), "{personality}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_counts_until_its_end() {
    let lab = lab(narrow(Some(1), "brownout"), long_stream());
    let (statuses, times) = flood(&lab, 3, STREAM).await;
    assert_eq!((statuses, times), (vec![200; 3], vec![0.0, 2.0, 4.0]));
}

/// A place is given back when its request fails, too.
#[tokio::test(start_paused = true)]
async fn a_request_that_fails_leaves_its_place_to_the_next() {
    let lab = lab(narrow(Some(1), "brownout"), refusal(500, &[]));
    let (statuses, times) = flood(&lab, 2, STREAM).await;
    assert_eq!((statuses, times), (vec![503, 503], vec![0.0, 0.0]));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_a_stream_leaves_its_place_to_the_next() {
    let lab = lab(narrow(Some(1), "brownout"), long_stream());
    let first = lab.clone();
    let leaving = tokio::spawn(async move { first.chat(STREAM).await });
    tokio::time::sleep(SECOND).await;
    leaving.abort();
    assert_eq!(lab.chat(STREAM).await.status, 200);
    let times: Vec<f64> = lab.attempts().into_iter().map(|(_, at)| at).collect();
    assert_eq!(times, [0.0, 1.0]);
}

#[tokio::test(start_paused = true)]
async fn litellm_refuses_further_requests_at_once() {
    let lab = lab(narrow(Some(2), "litellm-1.106"), whole_in(SECOND));
    let (statuses, times) = flood(&lab, 4, PLAIN).await;
    assert_eq!((statuses, times), (vec![200, 200, 429, 429], vec![0.0, 0.0]));
    let decided = lab.decided();
    let refused = decided.iter().filter(|line| *line == "a at its limit of 2").count();
    assert_eq!(refused, 2, "{decided:#?}");
    assert_eq!(lab.chat(PLAIN).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn litellm_counts_a_stream_until_its_end_too() {
    let lab = lab(narrow(Some(1), "litellm-1.106"), long_stream());
    let first = lab.clone();
    let first = tokio::spawn(async move { first.chat(STREAM).await });
    tokio::time::sleep(SECOND).await;
    let got = lab.chat(STREAM).await;
    assert_eq!(got.status, 429);
    let message = got.json()["error"]["message"].to_string();
    assert!(message.contains("id=a already has max_parallel_requests=1"), "{message}");
    assert!(first.await.expect("answered").done());
    assert_eq!(lab.chat(STREAM).await.status, 200);
}

/// The spare cools nobody, and nobody cools: the next request goes to `a` again.
#[tokio::test(start_paused = true)]
async fn litellm_goes_on_to_a_fallback_and_holds_it_against_nobody() {
    let lab = Lab::new();
    lab.upstream("a", &[whole_in(SECOND)]).upstream("backup", &[answer("backup")]);
    lab.gateway(with_backup(narrow(Some(1), "litellm-1.106")));
    let (statuses, _) = flood(&lab, 2, PLAIN).await;
    assert_eq!(statuses, [200, 200]);
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    assert_eq!(lab.hosts(), ["a", "backup", "a"]);
    let decided = lab.decided();
    assert!(!decided.iter().any(|line| line.contains("cooldown")), "{decided:#?}");
}

#[tokio::test(start_paused = true)]
async fn litellm_tries_again_as_after_any_429() {
    let mut config = narrow(Some(1), "litellm-1.106");
    config.router.num_retries = 2;
    let lab = lab(config, whole_in(Duration::from_millis(400)));
    let first = lab.clone();
    let first = tokio::spawn(async move { first.chat(PLAIN).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let got = lab.chat(PLAIN).await;
    assert_eq!((got.status, got.header("x-litellm-attempted-retries")), (200, "1"));
    assert_eq!(first.await.expect("answered").status, 200);
    let [_, (_, at)] = &lab.attempts()[..] else { unreachable!("two attempts") };
    assert!((0.6..=1.4).contains(at), "back-off of half a second and jitter: {at}");
}

#[tokio::test(start_paused = true)]
async fn who_is_asked_for_by_id_waits_its_turn_too() {
    let mut config = narrow(Some(1), "brownout");
    config.deployments[0].group = "a".into();
    let lab = lab(config, whole_in(SECOND));
    let by_id = r#"{"model":"a","messages":[{"role":"user","content":"hello"}]}"#;
    let (statuses, times) = flood(&lab, 3, by_id).await;
    assert_eq!((statuses, times), (vec![200; 3], vec![0.0, 1.0, 2.0]));
}
