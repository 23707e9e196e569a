//! `max_parallel_requests`: more requests wait, none is refused.

use std::time::Duration;

use crate::support::*;
use gateway::config::Deployment;

#[tokio::test(start_paused = true)]
async fn further_requests_wait_their_turn() {
    let lab = Lab::new();
    let slow = Act::Stream([vec![Step::Wait(Duration::from_secs(1))], words(1), end()].concat());
    lab.upstream("a", &[Act::Hang, slow]);
    let two = Deployment { max_parallel_requests: Some(2), ..deployment("a") };
    let mut config = config("least-busy", vec![two]);
    config.router.num_retries = 0;
    lab.gateway(config);
    let requests: Vec<_> = (0..4)
        .map(|_| {
            let lab = lab.clone();
            tokio::spawn(async move { lab.chat(STREAM).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(request.await.expect("answered"));
    }
    assert_eq!(statuses, [408, 200, 200, 200]);
    // The first hangs for 3 s in one slot; a stream holds the other only until its head.
    let times: Vec<f64> = lab.attempts().into_iter().map(|(_, at)| at).collect();
    assert_eq!(times[..2], [0.0, 0.0]);
    assert!(times[2..].iter().all(|&at| at < 3.0), "{times:?}");
}
