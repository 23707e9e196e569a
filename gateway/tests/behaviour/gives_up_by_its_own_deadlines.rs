//! The deadlines of the personality `brownout` where the config sets none but a long timeout: ten
//! seconds for a first word, thirty for a whole answer, ten between words. All else in these tests
//! has shorter limits, under which the defaults never come to bear.

use std::time::Duration;

use crate::support::*;
use gateway::config::Config;

/// Ten minutes of timeout and no limit for streams: what a config has that says nothing.
fn patient(ids: &[&str]) -> Config {
    let mut config = priority(ids);
    config.router.timeout = Duration::from_secs(600);
    config.router.stream_timeout = None;
    config
}

/// Seconds after which `second` was asked in the place of `first`, which does this.
async fn moved_on(act: Act, body: &str) -> f64 {
    let lab = Lab::new();
    lab.upstream("first", &[act]);
    lab.upstream("second", &[if body == STREAM { stream(1) } else { answer("yes") }]);
    lab.gateway(patient(&["first", "second"]));
    let got = lab.chat(body).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let attempts = lab.attempts();
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    attempts[1].1
}

#[tokio::test(start_paused = true)]
async fn a_first_word_has_ten_seconds() {
    let comments = (0..60).flat_map(|_| {
        [Step::Say(": still here\n\n".to_owned()), Step::Wait(Duration::from_secs(1))]
    });
    for act in [Act::Hang, stream_then(0, &[Step::Stall]), Act::Stream(comments.collect())] {
        assert_eq!(moved_on(act.clone(), STREAM).await, 10.0, "{act:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_has_thirty_seconds() {
    assert_eq!(moved_on(Act::Hang, PLAIN).await, 30.0);
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_be_silent_for_ten_seconds() {
    let pause = |seconds| {
        let silence = Step::Wait(Duration::from_secs(seconds));
        stream_then(1, &[vec![silence, word("late ")], end()].concat())
    };
    for (seconds, whole) in [(9, true), (11, false)] {
        let lab = Lab::new();
        lab.upstream("first", &[pause(seconds)]).gateway(patient(&["first"]));
        let got = lab.chat(STREAM).await;
        assert_eq!((got.done(), got.error_event().is_none()), (whole, whole), "{seconds}");
        if !whole {
            assert_eq!(got.took.as_secs_f64().round(), 10.0, "{:?}", got.took);
        }
    }
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

/// A shorter limit of the config holds; a longer one for streams does not lengthen the first word.
#[tokio::test(start_paused = true)]
async fn the_configs_limits_hold_where_they_are_shorter() {
    for (limit, expected) in [(4, 4.0), (60, 10.0)] {
        let lab = Lab::new();
        lab.upstream("first", &[Act::Hang]).upstream("second", &[stream(1)]);
        let mut config = patient(&["first", "second"]);
        config.router.stream_timeout = Some(Duration::from_secs(limit));
        lab.gateway(config);
        assert_eq!(lab.chat(STREAM).await.status, 200);
        assert_eq!(lab.attempts()[1].1, expected);
    }
}
