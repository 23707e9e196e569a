//! `max_parallel_requests`: more requests wait for their turn, none is refused.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use std::time::Duration;

use crate::support::*;
use gateway::config::Deployment;

/// A whole answer that takes a second after its head.
fn in_a_second() -> Act {
    let Act::Reply(_, _, body) = answer("yes") else { unreachable!() };
    Act::Stream(vec![Step::Wait(Duration::from_secs(1)), Step::Say(body)])
}

/// The statuses of `n` requests sent at once to one deployment that takes `parallel` at a time, and
/// the seconds at which it got them.
async fn flood(
    n: usize,
    parallel: Option<u32>,
    body: &'static str,
    act: Act,
) -> (Vec<u16>, Vec<f64>) {
    let lab = Lab::new();
    lab.upstream("a", &[act]);
    let only = Deployment { max_parallel_requests: parallel, ..deployment("a") };
    let mut config = config("least-busy", vec![only]);
    config.router.num_retries = 0;
    lab.gateway(config);
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
    (statuses, lab.attempts().into_iter().map(|(_, at)| at).collect())
}

#[tokio::test(start_paused = true)]
async fn further_requests_wait_their_turn() {
    let (statuses, times) = flood(5, Some(2), PLAIN, in_a_second()).await;
    assert_eq!(statuses, [200; 5]);
    assert_eq!(times, [0.0, 0.0, 1.0, 1.0, 2.0]);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_nobody_waits() {
    let (statuses, times) = flood(5, None, PLAIN, in_a_second()).await;
    assert_eq!((statuses, times), (vec![200; 5], vec![0.0; 5]));
}

/// LiteLLM too counts a stream only until it begins.
#[tokio::test(start_paused = true)]
async fn a_stream_that_speaks_leaves_its_place_to_the_next() {
    let long = stream_then(1, &[vec![Step::Wait(Duration::from_secs(2))], end()].concat());
    let (statuses, times) = flood(3, Some(1), STREAM, long).await;
    assert_eq!((statuses, times), (vec![200; 3], vec![0.0; 3]));
}

/// A place is given back when its request fails, too.
#[tokio::test(start_paused = true)]
async fn a_request_that_fails_leaves_its_place_to_the_next() {
    let (statuses, times) = flood(2, Some(1), STREAM, Act::Hang).await;
    assert_eq!((statuses, times), (vec![408, 408], vec![0.0, 3.0]));
}
