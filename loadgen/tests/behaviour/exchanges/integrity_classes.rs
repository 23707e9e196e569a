//! Whatever a gateway does to the content, the client sees it, and only whole answers succeed.

use super::stage::{Asked, DONE, FINISH, Step, answer, delta, load, play, stream, words};
use loadgen::config::LoadConfig;
use record::RequestRow;
use vocab::{FailureKind, Integrity, Outcome};

async fn check(want: Integrity, failure: Option<FailureKind>, frames: fn(&Asked) -> Vec<String>) {
    let script = move |asked: &Asked| {
        let mut frames = frames(asked);
        frames.extend([FINISH.to_owned(), DONE.to_owned()]);
        stream(&frames)
    };
    let played = play(&load(1.0, 1), script).await;
    let row = &played.rows[0];
    assert_eq!((row.integrity, row.failure), (Some(want), failure), "{row:?}");
    assert_eq!(row.outcome == Outcome::Success, failure.is_none());
}

#[tokio::test(start_paused = true)]
async fn every_class_is_told_apart() {
    let corrupt = Some(FailureKind::Corrupt);
    let truncated = Some(FailureKind::Truncated);
    check(Integrity::Complete, None, |asked| words(asked, (1, 1), 0..5)).await;
    check(Integrity::Truncated, truncated, |asked| words(asked, (1, 1), 0..4)).await;
    check(Integrity::Empty, truncated, |_| Vec::new()).await;
    check(Integrity::Duplicated, corrupt, |asked| words(asked, (1, 1), [0, 1, 1, 2, 3, 4])).await;
    check(Integrity::Reordered, corrupt, |asked| words(asked, (1, 1), [0, 2, 1, 3, 4])).await;
    check(Integrity::Reordered, corrupt, |asked| words(asked, (1, 1), [0, 1, 3, 4])).await;
    check(Integrity::Wrong, corrupt, |_| vec![delta("I am"), delta(" a model.")]).await;
    check(Integrity::Wrong, corrupt, |_| vec![delta(" ~1.7.1.0 ~1.7.1.1$")]).await;
    check(Integrity::Spliced, corrupt, |asked| {
        [words(asked, (1, 1), 0..2), words(asked, (2, 1), 2..5)].concat()
    })
    .await;
    check(Integrity::Spliced, corrupt, |asked| {
        [words(asked, (1, 1), 0..2), words(asked, (1, 2), 0..5)].concat()
    })
    .await;
}

/// The frames, the first of which says that somebody else goes on from here.
fn marked(mut frames: Vec<String>) -> Vec<String> {
    frames[0].insert_str(0, ": resumed after=2 how=prefill deployment=b\n");
    frames
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_somebody_else_goes_on_with_succeeds_if_it_says_so() {
    let corrupt = Some(FailureKind::Corrupt);
    check(Integrity::Resumed, None, |asked| {
        [words(asked, (1, 1), 0..2), marked(words(asked, (2, 1), 2..5))].concat()
    })
    .await;
    // The same deployment at another visit, and a third one.
    check(Integrity::Resumed, None, |asked| {
        let (second, third) = (words(asked, (1, 2), 2..4), words(asked, (2, 1), 4..5));
        [words(asked, (1, 1), 0..2), marked(second), marked(third)].concat()
    })
    .await;
    // One mark is one change.
    check(Integrity::Spliced, corrupt, |asked| {
        let (second, third) = (words(asked, (2, 1), 2..4), words(asked, (1, 2), 4..5));
        [words(asked, (1, 1), 0..2), marked(second), third].concat()
    })
    .await;
    // Marked, and said twice, or with a hole.
    check(Integrity::Duplicated, corrupt, |asked| {
        [words(asked, (1, 1), 0..2), marked(words(asked, (2, 1), 0..5))].concat()
    })
    .await;
    check(Integrity::Reordered, corrupt, |asked| {
        [words(asked, (1, 1), 0..2), marked(words(asked, (2, 1), 3..5))].concat()
    })
    .await;
    let truncated = Some(FailureKind::Truncated);
    check(Integrity::Truncated, truncated, |asked| {
        [words(asked, (1, 1), 0..2), marked(words(asked, (2, 1), 2..4))].concat()
    })
    .await;
}

/// A load of which nearly every request repeats one prompt, answered with LiteLLM's cache header.
fn repeating() -> LoadConfig {
    let mut config = load(10.0, 1);
    config.phases[0].workload.repeat_share = 1.0;
    config
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_answers_a_repeated_prompt_is_named_and_succeeds() {
    let script = |asked: &Asked| {
        let Some(Step::Say(bytes)) = answer(asked).pop() else { unreachable!() };
        let text = String::from_utf8(bytes).unwrap();
        let hit = "HTTP/1.1 200 OK\r\nx-litellm-cache-key: 9f\r\n";
        vec![Step::Say(text.replacen("HTTP/1.1 200 OK\r\n", hit, 1).into_bytes())]
    };
    let played = play(&repeating(), script).await;
    let class = |row: &RequestRow| (row.outcome, row.integrity);
    assert_eq!(class(&played.rows[0]), (Outcome::Success, Some(Integrity::Complete)));
    for row in &played.rows[1..] {
        assert_eq!(class(row), (Outcome::Success, Some(Integrity::Cached)));
    }
}
