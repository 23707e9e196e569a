//! LiteLLM tells its strategies of a request's first failure and of no other. least-busy then
//! believes that the others are under way, for an hour.

use crate::support::*;

fn named(hosts: &[&str]) -> Vec<String> {
    hosts.iter().map(|&host| host.to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_failed_stays_counted_and_keeps_traffic_away() {
    for act in [refusal(500, &[]), Act::Reset, Act::Hang] {
        let lab = Lab::new();
        lab.upstream("a", &[act.clone(), act, answer("yes")]).upstream("b", &[answer("yes")]);
        lab.gateway(litellm(&["a", "b"]));
        for _ in 0..4 {
            assert_eq!(lab.chat(PLAIN).await.status, 200);
        }
        // The first of equals once, once more since its failure was told, and then never again, though well.
        assert_eq!(lab.hosts(), named(&["a", "a", "b", "b", "b", "b"]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_and_a_broken_stream_fail_once_and_leave_nothing_behind() {
    for (sick, well, body) in [
        (refusal(429, &[("retry-after", "1")]), answer("yes"), PLAIN),
        (stream_then(2, &[Step::Cut]), stream(2), STREAM),
    ] {
        let lab = Lab::new();
        lab.upstream("a", &[sick, well.clone()])
            .upstream("b", &[well])
            .gateway(litellm(&["a", "b"]));
        lab.chat(body).await;
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        lab.chat(body).await;
        assert_eq!(lab.hosts().last().map(String::as_str), Some("a"), "{:?}", lab.hosts());
    }
}

/// A 401 cools at once, but only its request's first: that of the fallback was not the first.
#[tokio::test(start_paused = true)]
async fn a_fallback_that_fails_too_is_not_counted() {
    let lab = Lab::new();
    let mut config = litellm(&["a", "b", "c"]);
    config.router.num_retries = 0;
    for (index, group) in [(1, "second"), (2, "third")] {
        config.deployments[index].group = group.into();
    }
    let first = config.deployments[0].group.clone();
    config.router.fallbacks = [(first, vec!["second".into(), "third".into()])].into();
    lab.upstream("a", &[refusal(401, &[])])
        .upstream("b", &[refusal(401, &[])])
        .upstream("c", &[answer("yes")]);
    lab.gateway(config);
    for _ in 0..2 {
        assert_eq!(lab.chat(PLAIN).await.status, 200);
    }
    assert_eq!(lab.hosts(), named(&["a", "b", "c", "b", "c"]));
}
