//! What a stream's first frame took reaches the strategy: over the wire, between two deployments of
//! which one begins late and speaks fast, and the other begins at once and speaks slowly.

use std::time::Duration;

use crate::support::*;

/// A stream that begins after `first`, with the role and a word; the other words come `between` apart.
fn paced(first: Duration, between: Duration) -> Act {
    opening(vec![Step::Wait(first), role(), word("w0 ")], between)
}

/// A stream that begins with these steps; further words come `between` apart.
fn opening(mut steps: Vec<Step>, between: Duration) -> Act {
    for text in ["w1 ", "w2 "] {
        steps.extend([Step::Wait(between), word(text)]);
    }
    Act::Stream([steps, end()].concat())
}

/// Hosts that get sixteen streams, one after the other, under a strategy.
async fn asked(strategy: &'static str) -> Vec<String> {
    let lab = Lab::new();
    let (late, prompt) = (Duration::from_millis(1500), Duration::from_millis(100));
    lab.upstream("late", &[paced(late, prompt)]).upstream("prompt", &[paced(prompt, late)]);
    lab.gateway(config(strategy, vec![deployment("late"), deployment("prompt")]));
    for _ in 0..16 {
        assert!(lab.chat(STREAM).await.done());
    }
    lab.hosts()
}

#[tokio::test(start_paused = true)]
async fn the_latency_strategy_moves_to_the_deployment_that_begins_first() {
    let hosts = asked("latency-based-routing").await;
    // Each is tried until it has a sample; from then on the first frame decides.
    let late = hosts.iter().filter(|host| *host == "late").count();
    assert_eq!(late, 1, "{hosts:?}");
    assert_eq!(hosts[2..], vec!["prompt".to_owned(); 14]);
}

/// LiteLLM looks at the first frame, and that one names the role.
#[tokio::test(start_paused = true)]
async fn a_first_word_that_is_late_after_a_first_frame_in_time_goes_unseen() {
    let lab = Lab::new();
    let late = vec![role(), Step::Wait(Duration::from_secs(5)), word("w0 ")];
    let prompt = vec![role(), word("w0 ")];
    let between = Duration::from_millis(100);
    lab.upstream("late", &[opening(late, between)]);
    lab.upstream("prompt", &[opening(prompt, between)]);
    let mut config =
        config("latency-based-routing", vec![deployment("late"), deployment("prompt")]);
    config.router.stream_timeout = Some(Duration::from_secs(30));
    lab.gateway(config);
    for n in 0..16 {
        let call_id = n.to_string();
        let headers = [("x-litellm-call-id", call_id.as_str())];
        assert!(lab.post("/v1/chat/completions", &headers, STREAM).await.done());
    }
    let late = lab.hosts().iter().filter(|host| *host == "late").count();
    assert!((3..=13).contains(&late), "a tie is drawn each time: {late} of 16");
}

/// The other strategies have no such preference, so the test above is not true of any two hosts.
#[tokio::test(start_paused = true)]
async fn a_strategy_that_does_not_look_stays_where_it_is() {
    let hosts = asked("least-busy").await;
    assert_eq!(hosts, vec!["late".to_owned(); 16]);
}

/// Whole answers have no first token: seconds per token decide.
#[tokio::test(start_paused = true)]
async fn whole_answers_are_judged_by_their_length() {
    let lab = Lab::new();
    let Act::Reply(_, _, body) = answer("yes") else { unreachable!() };
    let after = |wait| Act::Stream(vec![Step::Wait(wait), Step::Say(body.clone())]);
    lab.upstream("slow", &[after(Duration::from_secs(2))]);
    lab.upstream("fast", &[after(Duration::from_secs(1))]);
    lab.gateway(config("latency-based-routing", vec![deployment("slow"), deployment("fast")]));
    for _ in 0..8 {
        assert_eq!(lab.chat(PLAIN).await.status, 200);
    }
    assert_eq!(lab.hosts()[2..], vec!["fast".to_owned(); 6]);
}
