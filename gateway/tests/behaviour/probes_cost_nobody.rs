//! The personality `brownout` where a deployment that was out is to show whether it is back: a user's request shows it, and
//! the user loses nothing, because somebody else is asked beside it before long.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use crate::support::*;
use gateway::config::Config;

const SECOND: Duration = Duration::from_secs(1);

/// Longest that a probe is waited for alone.
const DELAY: Duration = Duration::from_secs(2);

/// What an answer of a healthy deployment takes here.
const HEALTHY: Duration = Duration::from_millis(50);

/// A patient user's config; accidents cool for five seconds.
fn patient(ids: &[&str]) -> Config {
    let mut config = priority(ids);
    config.router.timeout = 600 * SECOND;
    config.router.stream_timeout = None;
    config
}

/// Lets `first` fail twice, which takes it out, and waits until it may be back.
async fn probed(lab: &Lab, body: &str) {
    for _ in 0..2 {
        assert_eq!(lab.chat(body).await.status, 200);
    }
    let decided = lab.decided();
    assert!(decided.iter().any(|line| line.starts_with("first cooldown")), "{decided:?}");
    tokio::time::sleep(6 * SECOND).await;
}

/// A lab of `first`, which fails twice and then does this, and `second`, which is well.
async fn lab_of(config: Config, then: &[Act], body: &str) -> Lab {
    let lab = Lab::new();
    let well = if body == STREAM { stream(1) } else { answer("yes") };
    let acts = [vec![refusal(500, &[]); 2], then.to_vec()].concat();
    lab.upstream("first", &acts).upstream("second", std::slice::from_ref(&well));
    lab.gateway(config);
    probed(&lab, body).await;
    lab
}

/// How often a request was a probe.
fn probes(lab: &Lab) -> usize {
    let told = lab.decisions.lock().expect("no poison");
    told.iter().filter(|line| line.ends_with("probe")).count()
}

/// Whatever a probe meets before its first word.
fn failures() -> Vec<Act> {
    let comments =
        (0..60).flat_map(|_| [Step::Say(": still here\n\n".to_owned()), Step::Wait(SECOND)]);
    let mut acts = vec![
        Act::Refuse,
        Act::Hang,
        Act::Reset,
        Act::Stream(comments.collect()),
        stream_then(0, &[Step::Stall]),
        stream_then(0, &[Step::Cut]),
        stream_then(0, &[]),
        Act::Stream(vec![Step::Say("data: nonsense\n\n".to_owned())]),
        Act::Stream([vec![Step::Wait(30 * SECOND)], words(1), end()].concat()),
    ];
    acts.extend([401, 404, 408, 429, 500, 503, 529].map(|status| refusal(status, &[])));
    acts.push(refusal(429, &[("retry-after", "86400")]));
    acts
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_probe_that_fails_longer_than_the_delay() {
    for act in failures() {
        let lab = lab_of(patient(&["first", "second"]), std::slice::from_ref(&act), STREAM).await;
        let got = lab.chat(STREAM).await;
        assert_eq!((got.status, got.words().as_str()), (200, "w0 "), "{act:?}");
        assert_eq!(got.header("x-litellm-model-id"), "second", "{act:?}");
        assert!(got.took <= DELAY + HEALTHY, "{act:?}: {:?}", got.took);
        assert_eq!(probes(&lab), 1, "{act:?}");
        // It was seen to be away still: the next one does not pay again.
        let begun = lab.hosts().len();
        let next = lab.chat(STREAM).await;
        assert!(next.took <= HEALTHY, "{act:?}: {:?}", next.took);
        assert_eq!(lab.hosts().split_off(begun), ["second"], "{act:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_that_is_a_probe_is_not_waited_for_longer_either() {
    for act in [Act::Hang, Act::Reset, refusal(500, &[]), Act::Stream(vec![Step::Stall])] {
        let lab = lab_of(patient(&["first", "second"]), std::slice::from_ref(&act), PLAIN).await;
        let got = lab.chat(PLAIN).await;
        assert_eq!(got.status, 200, "{act:?}");
        assert!(got.took <= DELAY + HEALTHY, "{act:?}: {:?}", got.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_answers_in_time_is_asked_alone_and_brings_its_deployment_back() {
    let lab = lab_of(patient(&["first", "second"]), &[stream(1)], STREAM).await;
    for _ in 0..3 {
        let got = lab.chat(STREAM).await;
        assert_eq!(got.header("x-litellm-model-id"), "first");
    }
    assert_eq!(lab.hosts().split_off(4), ["first", "first", "first"]);
    assert_eq!(probes(&lab), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_asked_beside_a_probe_where_no_sibling_is_left() {
    let lab = Lab::new();
    lab.upstream("first", &[refusal(500, &[]), refusal(500, &[]), Act::Hang]);
    lab.upstream("backup", &[stream(1)]);
    lab.gateway(with_backup(patient(&["first"])));
    probed(&lab, STREAM).await;
    let got = lab.chat(STREAM).await;
    assert_eq!((got.status, got.header("x-litellm-model-id")), (200, "backup"));
    assert!(got.took <= DELAY + HEALTHY, "{:?}", got.took);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_alone_is_probed_by_the_request_and_nothing_else() {
    let lab = Lab::new();
    let late = Act::Stream([vec![Step::Wait(30 * SECOND)], words(1), end()].concat());
    lab.upstream("first", &[refusal(429, &[("retry-after", "5")]), late]);
    lab.gateway(patient(&["first"]));
    let got = lab.chat(STREAM).await;
    assert_eq!(got.status, 200);
    assert_eq!(lab.hosts(), ["first", "first"]);
    assert!(got.took >= 30 * SECOND, "{:?}", got.took);
}

/// Two that may be back, and one that never was away.
#[tokio::test(start_paused = true)]
async fn neither_a_second_attempt_nor_a_hedge_is_a_probe_while_somebody_proven_is_left() {
    let twice = |then: Act| vec![refusal(500, &[]), refusal(500, &[]), then];
    for act in [Act::Hang, refusal(500, &[])] {
        let lab = Lab::new();
        lab.upstream("first", &twice(act.clone())).upstream("second", &twice(Act::Hang));
        lab.upstream("third", &[stream(1)]);
        lab.gateway(patient(&["first", "second", "third"]));
        probed(&lab, STREAM).await;
        let begun = lab.hosts().len();
        let got = lab.chat(STREAM).await;
        assert_eq!(got.header("x-litellm-model-id"), "third");
        assert!(got.took <= DELAY + HEALTHY, "{:?}", got.took);
        assert_eq!(lab.hosts().split_off(begun), ["first", "third"], "{act:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_attempt_beside_a_probe_takes_nothing_from_the_budget_and_none_is_made_without_hedging()
 {
    let mut none = patient(&["first", "second"]);
    none.own.hedging = 0.0;
    let late = Act::Stream([vec![Step::Wait(30 * SECOND)], words(1), end()].concat());
    let lab = lab_of(none, std::slice::from_ref(&late), STREAM).await;
    assert_eq!(lab.chat(STREAM).await.header("x-litellm-model-id"), "first");

    // As many as the burst holds, each after a cooldown: all of them are hedged, and nothing was paid in.
    let mut poor = patient(&["first", "second"]);
    poor.own.hedging = 1e-6;
    let lab = lab_of(poor, &[Act::Hang], STREAM).await;
    for _ in 0..24 {
        let got = lab.chat(STREAM).await;
        assert!(got.took <= DELAY + HEALTHY, "{:?}", got.took);
        tokio::time::sleep(6 * SECOND).await;
    }
    assert_eq!(probes(&lab), 24);
}

/// A stream that speaks once a second, so many times, and then does this.
fn long(seconds: usize, turn: &[Step]) -> Act {
    let speaks = (0..seconds).flat_map(|_| [Step::Wait(SECOND), word("w ")]);
    Act::Stream([vec![role(), word("w ")], speaks.collect(), turn.to_vec()].concat())
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_has_spoken_for_ten_seconds_need_not_end() {
    for (spoken, expected) in [(9, "second"), (12, "first")] {
        let acts = [long(60, &end()), stream(1)];
        let lab = lab_of(patient(&["first", "second"]), &acts, STREAM).await;
        let probe = tokio::spawn({
            let lab = lab.clone();
            async move { lab.chat(STREAM).await }
        });
        tokio::time::sleep(SECOND * spoken).await;
        let got = lab.chat(STREAM).await;
        assert_eq!(got.header("x-litellm-model-id"), expected, "after {spoken} s");
        assert!(probe.await.expect("no panic").done());
        assert_eq!(probes(&lab), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_breaks_before_that_takes_its_deployment_out_again() {
    let lab =
        lab_of(patient(&["first", "second"]), &[long(8, &[Step::Cut]), stream(1)], STREAM).await;
    assert!(!lab.chat(STREAM).await.done());
    assert_eq!(lab.chat(STREAM).await.header("x-litellm-model-id"), "second");
    tokio::time::sleep(6 * SECOND).await;
    assert_eq!(lab.chat(STREAM).await.header("x-litellm-model-id"), "first");
}

/// One that kept failing answers several probes, and each may show it by speaking.
#[tokio::test(start_paused = true)]
async fn speaking_is_one_proof_of_several() {
    let lab = Lab::new();
    let acts = [vec![refusal(500, &[]); 3], vec![long(30, &end()); 3]].concat();
    lab.upstream("first", &acts).upstream("second", &[stream(1)]);
    lab.gateway(patient(&["first", "second"]));
    probed(&lab, STREAM).await;
    assert_eq!(lab.chat(STREAM).await.header("x-litellm-model-id"), "second", "the probe failed");
    tokio::time::sleep(6 * SECOND).await;
    let asks = |lab: &Lab| {
        let lab = lab.clone();
        tokio::spawn(async move { lab.chat(STREAM).await })
    };
    let first = asks(&lab);
    tokio::time::sleep(12 * SECOND).await;
    let (second, third) = (asks(&lab), asks(&lab));
    let answered = |got: Got| got.header("x-litellm-model-id").to_owned();
    let mut by = Vec::new();
    for got in [first, second, third] {
        by.push(answered(got.await.expect("no panic")));
    }
    assert_eq!(by, ["first", "first", "second"], "one probe at a time");
}
