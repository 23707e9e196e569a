//! The personality `brownout` where an answer is late: the user's limits are how long it may take, and long before they
//! are over somebody else is asked beside it. Whoever speaks first answers; nothing is thrown away that may still come.

use std::time::Duration;

use crate::support::*;
use gateway::config::Config;

const SECOND: Duration = Duration::from_secs(1);

/// Ten minutes of timeout and no limit for streams: what a config has that says nothing.
fn patient(ids: &[&str]) -> Config {
    let mut config = priority(ids);
    config.router.timeout = 600 * SECOND;
    config.router.stream_timeout = None;
    config
}

/// A whole answer whose body comes so long after its head.
fn whole_in(wait: Duration) -> Act {
    let Act::Reply(_, _, body) = answer("yes") else { unreachable!() };
    Act::Stream(vec![Step::Wait(wait), Step::Say(body)])
}

/// A stream whose first word comes after `wait`.
fn stream_in(wait: Duration) -> Act {
    Act::Stream([vec![role(), Step::Wait(wait), word("w0 ")], end()].concat())
}

/// Seconds after which `second` was asked beside `first`, which does this.
async fn asked_after(act: Act, body: &str) -> f64 {
    let lab = Lab::new();
    lab.upstream("first", &[act]);
    lab.upstream("second", &[if body == STREAM { stream(1) } else { answer("yes") }]);
    lab.gateway(patient(&["first", "second"]));
    let got = lab.chat(body).await;
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!(got.header("x-litellm-model-id"), "second");
    let attempts = lab.attempts();
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    attempts[1].1
}

/// A lab whose `first` has given 40 good streams, so that 20 ms are usual for it, and then does this.
async fn watched(config: Config, then: &[Act]) -> Lab {
    let lab = Lab::new();
    let acts = [vec![stream(1); 40], then.to_vec()].concat();
    lab.upstream("first", &acts).upstream("second", &[stream(1)]).upstream("backup", &[stream(1)]);
    lab.gateway(config);
    for _ in 0..40 {
        assert_eq!(lab.chat(STREAM).await.words(), "w0 ");
    }
    assert!(lab.hosts().iter().all(|host| host == "first"));
    lab
}

/// Attempts since there were 40.
fn since(lab: &Lab) -> Vec<String> {
    lab.hosts().split_off(40)
}

#[tokio::test(start_paused = true)]
async fn nobody_watched_yet_has_ten_seconds_for_a_first_word_and_a_minute_for_all() {
    let comments =
        (0..60).flat_map(|_| [Step::Say(": still here\n\n".to_owned()), Step::Wait(SECOND)]);
    for act in [Act::Hang, stream_then(0, &[Step::Stall]), Act::Stream(comments.collect())] {
        assert_eq!(asked_after(act.clone(), STREAM).await, 10.0, "{act:?}");
    }
    assert_eq!(asked_after(Act::Hang, PLAIN).await, 60.0);
}

#[tokio::test(start_paused = true)]
async fn whoever_was_watched_has_the_usual_time() {
    let lab = watched(patient(&["first", "second"]), &[Act::Hang]).await;
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), got.header("x-litellm-model-id")), ("w0 ", "second"));
    assert_eq!(since(&lab), ["first", "second"]);
    assert!(got.took < SECOND / 5, "{:?}", got.took);
    let told = lab.decided();
    assert!(told.contains(&"second hedge after 50 ms".to_owned()), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_healthy_answer_that_takes_long_is_asked_for_once() {
    for ids in [vec!["first"], vec!["first", "second"], vec!["first", "second", "third"]] {
        let lab = Lab::new();
        for id in &ids {
            lab.upstream(id, &[whole_in(35 * SECOND)]);
        }
        lab.gateway(patient(&ids));
        let got = lab.chat(PLAIN).await;
        assert_eq!((got.status, got.took.as_secs(), lab.hosts().len()), (200, 35, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_late_may_still_answer_first() {
    let lab = Lab::new();
    lab.upstream("first", &[whole_in(70 * SECOND)]).upstream("second", &[Act::Hang]);
    lab.gateway(patient(&["first", "second"]));
    let got = lab.chat(PLAIN).await;
    assert_eq!((got.status, got.took.as_secs()), (200, 70));
    assert_eq!(got.header("x-litellm-model-id"), "first");
    assert_eq!(lab.hosts(), ["first", "second"]);
    let told = lab.decided();
    assert_eq!(told.last().map(String::as_str), Some("first served after 2"), "{told:?}");
    assert!(!told.iter().any(|line| line.contains("cooldown")), "nobody is at fault: {told:?}");
}

#[tokio::test(start_paused = true)]
async fn one_of_two_that_fails_leaves_it_to_the_other() {
    for (first, second, from) in [
        (stream_in(13 * SECOND), refusal(500, &[]), "first"),
        (Act::Stream(vec![Step::Wait(12 * SECOND), Step::Cut]), stream_in(5 * SECOND), "second"),
    ] {
        let lab = Lab::new();
        lab.upstream("first", &[first]).upstream("second", &[second]);
        lab.gateway(patient(&["first", "second"]));
        let got = lab.chat(STREAM).await;
        assert_eq!(got.words(), "w0 ", "{}", got.body);
        assert_eq!(got.header("x-litellm-model-id"), from);
        assert_eq!(lab.hosts(), ["first", "second"]);
    }
}

#[tokio::test(start_paused = true)]
async fn where_nobody_else_is_in_the_group_its_fallback_is_asked_beside() {
    let lab = watched(with_backup(patient(&["first"])), &[Act::Hang]).await;
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), got.header("x-litellm-model-id")), ("w0 ", "backup"));
    assert_eq!(got.header("x-litellm-model-group"), "backup");
    assert_eq!(got.header("x-litellm-attempted-fallbacks"), "1");
    assert_eq!(since(&lab), ["first", "backup"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_hangs_is_out_after_five_who_were_overtaken() {
    let lab = watched(patient(&["first", "second"]), &[Act::Hang]).await;
    for _ in 0..20 {
        let got = lab.chat(STREAM).await;
        assert!(got.took < SECOND / 5, "{:?}", got.took);
    }
    let asked = since(&lab).iter().filter(|host| *host == "first").count();
    assert_eq!(asked, 5);
    assert!(lab.decided().contains(&"first cooldown: stalled".to_owned()));
}

/// Whoever waits at a deployment that is taken out of the rotation does not wait for its own lateness.
#[tokio::test(start_paused = true)]
async fn many_at_once_at_one_that_hangs_are_all_rescued() {
    let lab = watched(patient(&["first", "second"]), &[Act::Hang]).await;
    let requests: Vec<_> = (0..50)
        .map(|_| {
            let lab = lab.clone();
            tokio::spawn(async move { lab.chat(STREAM).await })
        })
        .collect();
    for request in requests {
        let got = request.await.expect("answered");
        assert_eq!(got.words(), "w0 ");
        assert!(got.took < SECOND / 2, "{:?}", got.took);
    }
}

/// Where everything is slow, asking twice makes it slower.
#[tokio::test(start_paused = true)]
async fn slowness_everywhere_does_not_double_the_load() {
    let lab = Lab::new();
    let slow = stream_in(SECOND);
    lab.upstream("first", &[vec![stream(1); 40], vec![slow.clone()]].concat());
    lab.upstream("second", &[slow]).gateway({
        let mut config = patient(&["first", "second"]);
        config.router.disable_cooldowns = true;
        config
    });
    for _ in 0..240 {
        assert_eq!(lab.chat(STREAM).await.words(), "w0 ");
    }
    let extra = lab.hosts().len() - 240;
    // A burst of ten and one in twenty; less, once a second is what is usual.
    assert!((1..=20).contains(&extra), "{extra}");
}

/// Who hangs is never observed, so that what is usual does not grow: only the budget bounds hedges then. When it is
/// empty, requests wait until they are very late.
#[tokio::test(start_paused = true)]
async fn one_attempt_in_twenty_is_hedged_and_ten_in_a_burst() {
    let mut config = patient(&["first", "second"]);
    config.router.disable_cooldowns = true;
    let turns = (0..100).flat_map(|_| [Act::Hang, stream(1)]).collect::<Vec<_>>();
    let lab = watched(config, &turns).await;
    for _ in 0..200 {
        assert_eq!(lab.chat(STREAM).await.words(), "w0 ");
    }
    let told = lab.decided();
    let hedges = |after: &str| {
        told.iter().filter(|line| line.ends_with(&format!("hedge after {after} ms"))).count()
    };
    // The bucket was full after the first 40, so that what the first of these pays in is lost.
    assert_eq!((hedges("50"), hedges("2000")), (10 + 199 / 20, 81));
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_be_silent_as_long_as_the_config_says() {
    let pause = |seconds| {
        let silence = Step::Wait(Duration::from_secs(seconds));
        stream_then(1, &[vec![silence, word("late ")], end()].concat())
    };
    for (limit, seconds, whole) in [(None, 300, true), (Some(60), 59, true), (Some(60), 61, false)]
    {
        let lab = Lab::new();
        let mut config = patient(&["first"]);
        config.router.stream_timeout = limit.map(Duration::from_secs);
        lab.upstream("first", &[pause(seconds)]).gateway(config);
        let got = lab.chat(STREAM).await;
        assert_eq!((got.done(), got.error_event().is_none()), (whole, whole), "{seconds}");
        if !whole {
            assert_eq!(got.took.as_secs_f64().round(), 60.0, "{:?}", got.took);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn silence_within_streams_counts_while_it_lasts() {
    let lab = Lab::new();
    lab.upstream("first", &[stream_then(3, &[Step::Stall])]).upstream("second", &[stream(1)]);
    lab.gateway(patient(&["first", "second"]));
    for _ in 0..2 {
        let lab = lab.clone();
        tokio::spawn(async move { lab.chat(STREAM).await });
    }
    tokio::time::sleep(9 * SECOND).await;
    assert!(!lab.decided().iter().any(|line| line.contains("cooldown")), "not yet");
    tokio::time::sleep(2 * SECOND).await;
    assert!(lab.decided().contains(&"first cooldown: stalled".to_owned()), "{:?}", lab.decided());
    assert_eq!(lab.chat(STREAM).await.header("x-litellm-model-id"), "second");
}

#[tokio::test(start_paused = true)]
async fn comments_do_not_hide_a_stall() {
    let beats = (0..100).flat_map(|_| [Step::Wait(SECOND), Step::Say(": beat\n\n".to_owned())]);
    let lab = Lab::new();
    lab.upstream("first", &[stream_then(2, &beats.collect::<Vec<_>>())])
        .gateway(priority(&["first"]));
    let got = lab.chat(STREAM).await;
    assert!(got.error_event().is_some() && !got.done(), "{}", got.body);
    assert_eq!(got.took.as_secs_f64().round(), 3.0, "{:?}", got.took);
}

/// Giving up on the only deployment helps nobody: it has what the config grants.
#[tokio::test(start_paused = true)]
async fn the_last_hope_has_the_timeout_of_the_config() {
    for body in [STREAM, PLAIN] {
        let lab = Lab::new();
        let mut config = patient(&["only"]);
        config.router.num_retries = 0;
        lab.upstream("only", &[Act::Hang]).gateway(config);
        let got = lab.chat(body).await;
        assert_eq!((got.status, got.took.as_secs()), (408, 600));
    }
}

#[tokio::test(start_paused = true)]
async fn a_shorter_limit_of_the_config_holds() {
    let lab = Lab::new();
    lab.upstream("first", &[Act::Hang]).upstream("second", &[stream(1)]);
    let mut config = patient(&["first", "second"]);
    config.router.stream_timeout = Some(4 * SECOND);
    lab.gateway(config);
    assert_eq!(lab.chat(STREAM).await.status, 200);
    assert_eq!(lab.attempts()[1].1, 4.0);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_request_bounds_everything_and_leaves_half_for_somebody_else() {
    for body in [STREAM, PLAIN] {
        let lab = Lab::new();
        lab.upstream("first", &[Act::Hang]).upstream("second", &[Act::Hang]);
        lab.gateway(patient(&["first", "second"]));
        let path = "/v1/chat/completions";
        let got = lab.post(path, &[("x-litellm-timeout", "4")], body).await;
        assert_eq!((got.status, got.took.as_secs_f64()), (408, 4.0), "{}", got.body);
        let attempts = lab.attempts();
        assert_eq!(attempts[1], ("second".to_owned(), 2.0), "{attempts:?}");
        assert!(!lab.decided().iter().any(|line| line.contains("cooldown")));
    }
    let lab = Lab::new();
    let drip = (0..100).flat_map(|_| [Step::Say(" ".to_owned()), Step::Wait(SECOND / 2)]).collect();
    lab.upstream("first", &[Act::Stream(drip)]).gateway(patient(&["first"]));
    let got = lab.post("/v1/chat/completions", &[("x-litellm-timeout", "4")], PLAIN).await;
    assert_eq!((got.status, got.took.as_secs_f64()), (408, 4.0), "a body that drips");
}

/// A deployment that takes requests and never answers, beside one that is well, where nobody knows yet what is usual.
#[tokio::test(start_paused = true)]
async fn nobody_spends_the_timeout_on_a_whole_answer_that_hangs_beside_somebody_who_is_well() {
    let lab = Lab::new();
    lab.upstream("first", &[Act::Hang]).upstream("second", &[answer("yes")]);
    let mut config = priority(&["first", "second"]);
    config.router.timeout = 30 * SECOND;
    config.own.hedging = 1e-6;
    lab.gateway(config);
    let mut took = Vec::new();
    for _ in 0..30 {
        let got = lab.chat(PLAIN).await;
        assert_eq!((got.status, got.header("x-litellm-model-id")), (200, "second"));
        took.push(got.took.as_millis());
    }
    // The burst of ten pays for half of the limit; those that find it used up wait for three quarters of it.
    assert!(took.iter().all(|took| *took < 23_000), "{took:?}");
    assert!(took.iter().any(|took| (15_000..16_000).contains(took)), "{took:?}");
    let cooled = lab.decided().iter().any(|line| line.starts_with("first cooldown"));
    assert!(cooled, "it is found out: {:?}", lab.decided());
}

/// Short answers tell what is usual of short ones.
#[tokio::test(start_paused = true)]
async fn a_short_answer_is_late_where_a_long_one_is_not() {
    let body = |most: u32| {
        PLAIN.replace("\"model\":\"model\"", &format!("\"model\":\"model\",\"max_tokens\":{most}"))
    };
    let (long, short) = (whole_in(20 * SECOND), whole_in(SECOND));
    let acts: Vec<Act> =
        (0..40).map(|n| if n % 2 == 0 { long.clone() } else { short.clone() }).collect();
    for (most, asked_after) in [(10, 1.1), (4000, 22.0)] {
        let lab = Lab::new();
        lab.upstream("first", &[&*acts, &[Act::Hang]].concat());
        lab.upstream("second", &[answer("yes")]);
        lab.gateway(patient(&["first", "second"]));
        for n in 0..40 {
            assert_eq!(lab.chat(&body(if n % 2 == 0 { 4000 } else { 10 })).await.status, 200);
        }
        let begun = lab.start.elapsed().as_secs_f64();
        assert_eq!(lab.chat(&body(most)).await.header("x-litellm-model-id"), "second");
        let after = lab.attempts().last().expect("an attempt").1 - begun;
        assert!((after - asked_after).abs() < 0.1, "{most}: {after}");
    }
}

/// A whole answer that somebody else overtook may only be a long one: it counts when it is four times as late.
#[tokio::test(start_paused = true)]
async fn a_whole_answer_that_is_overtaken_early_is_held_against_nobody() {
    let lab = Lab::new();
    lab.upstream("first", &[vec![whole_in(SECOND); 40], vec![whole_in(3 * SECOND)]].concat());
    lab.upstream("second", &[answer("yes")]);
    lab.gateway(patient(&["first", "second"]));
    for _ in 0..40 {
        assert_eq!(lab.chat(PLAIN).await.header("x-litellm-model-id"), "first");
    }
    for _ in 0..8 {
        let got = lab.chat(PLAIN).await;
        assert_eq!(got.header("x-litellm-model-id"), "second");
        assert!(got.took < 2 * SECOND, "{:?}", got.took);
    }
    let decided = lab.decided();
    assert!(!decided.iter().any(|line| line.contains("cooldown")), "{decided:?}");
}
