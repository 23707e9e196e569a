//! In virtual time a gateway is a function of its config, its seed and what happens to it.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::time::Duration;

use crate::support::*;

/// Everything that was seen of a few dozen overlapping requests to a fleet in trouble.
fn story(strategy: &'static str) -> String {
    let progress = std::sync::Arc::default();
    world::run_virtual(&progress, async {
        let lab = Lab::new();
        lab.upstream("a", &[stream(5), refusal(429, &[]), stream_then(3, &[Step::Cut]), stream(9)]);
        lab.upstream("b", &[Act::Refuse, refusal(503, &[]), stream(2), Act::Hang, stream(4)]);
        lab.upstream(
            "c",
            &[stream_then(0, &[Step::Stall]), stream(3), stream_then(2, &[]), stream(1)],
        );
        let deployments = ["a", "b", "c"].into_iter().map(deployment).collect();
        lab.gateway(config(strategy, deployments));
        let requests: Vec<_> = (0..40_u64)
            .map(|index| {
                let lab = lab.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(index * 37)).await;
                    let call_id = index.to_string();
                    let headers = [("x-litellm-call-id", call_id.as_str())];
                    let got = lab.post("/chat/completions", &headers, STREAM).await;
                    format!("{index} {} {:?} {:?}", got.status, got.headers, got.pieces)
                })
            })
            .collect();
        let mut story = Vec::new();
        for request in requests {
            story.push(request.await.expect("answered"));
        }
        story.extend(lab.decided());
        story.extend(lab.sent.lock().expect("no poison").iter().map(|sent| format!("{sent:?}")));
        story.join("\n")
    })
    .expect("a runtime")
}

#[test]
fn the_same_seed_tells_the_same_story_byte_by_byte() {
    for entry in gateway::strategy::ALL {
        let first = story(entry.name);
        assert!(first.contains("served after"), "{first}");
        assert!(first == story(entry.name), "{} differs", entry.name);
    }
}
