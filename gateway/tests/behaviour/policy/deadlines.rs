//! What each personality makes of the limits that request, deployment and router set.

use std::time::Duration;

use gateway::decisions::{Alternative, Answer, Limits, Pace, Thinking};
use gateway::policy::find;

/// Limits in seconds, and whether somebody else is left; what they become: head, first word, silence
/// before it, gap after it.
type Row = (Answer, u64, Option<u64>, Alternative, (u64, Option<u64>, u64, u64));

fn check(personality: &str, rows: impl IntoIterator<Item = Row>) {
    let policy = find(personality).expect("a row").policy;
    for (answer, timeout, stream_timeout, alternative, expected) in rows {
        let seconds = Duration::from_secs;
        let stream_timeout = stream_timeout.map(seconds);
        let limits = Limits {
            answer,
            timeout: seconds(timeout),
            stream_timeout,
            left: None,
            pace: Pace::default(),
        };
        let made = policy.deadlines(limits, &|| alternative);
        let first_word = made.first_word.map(|limit| limit.as_secs());
        let made = (made.head.as_secs(), first_word, made.silence.as_secs(), made.gap.as_secs());
        assert_eq!(made, expected, "{limits:?} {alternative:?}");
    }
}

/// What the user set bounds an answer, whoever else could give one.
#[test]
fn ours_are_the_configs() {
    for alternative in [Alternative::Left, Alternative::None] {
        check(
            "brownout",
            [
                (Answer::Stream, 600, None, alternative, (600, Some(600), 600, 600)),
                (Answer::Stream, 600, Some(60), alternative, (60, Some(60), 60, 60)),
                (Answer::Stream, 4, None, alternative, (4, Some(4), 4, 4)),
                (Answer::Whole, 600, None, alternative, (600, None, 600, 600)),
                (Answer::Whole, 600, Some(3), alternative, (600, None, 600, 600)),
            ],
        );
    }
}

/// Seconds after which somebody else is asked, too: if the budget allows it, and in any case.
fn hedge(
    answer: Answer,
    pace: Pace,
    left: Option<u64>,
    alternative: Alternative,
) -> Option<(f64, f64)> {
    let (timeout, left) = (Duration::from_secs(600), left.map(Duration::from_secs));
    let limits = Limits { answer, timeout, stream_timeout: None, left, pace };
    let made = find("brownout").expect("a row").policy.deadlines(limits, &|| alternative);
    made.hedge.map(|hedge| (hedge.usual.as_secs_f64(), hedge.late.as_secs_f64()))
}

#[test]
fn an_answer_is_late_by_what_is_usual_and_by_its_prompt_and_thoughts_where_nobody_knows() {
    let (stream, left) = (Answer::Stream, Alternative::Left);
    let usual = |seconds| Pace { usual: Some(Duration::from_secs_f64(seconds)), ..Pace::default() };
    let long = Pace { prompt_tokens: 100_000, ..Pace::default() };
    let deep = Pace { thinking: Thinking::Asked, ..Pace::default() };
    for (answer, pace, expected) in [
        (stream, Pace::default(), (10.0, 10.0)),
        (stream, long, (34.0, 34.0)),
        (stream, deep, (60.0, 60.0)),
        (Answer::Whole, Pace::default(), (60.0, 60.0)),
        (stream, usual(1.5), (1.65, 6.6)),
        (stream, usual(0.2), (0.22, 2.0)),
        (stream, usual(0.01), (0.05, 2.0)),
        (stream, usual(5.0), (5.5, 10.0)),
        (stream, usual(20.0), (22.0, 22.0)),
    ] {
        assert_eq!(hedge(answer, pace, None, left), Some(expected), "{answer:?} {pace:?}");
    }
    assert_eq!(hedge(stream, usual(1.5), None, Alternative::None), None);
    assert_eq!(hedge(stream, Pace::default(), Some(8), left), Some((4.0, 4.0)), "half of its time");
}

/// What is given up at a limit is asked of somebody else before that, by the budget at half of it where nobody knows
/// what is usual, and in any case at three quarters.
#[test]
fn a_whole_answer_is_late_before_its_limit_is_over() {
    let policy = find("brownout").expect("a row").policy;
    let seconds = Duration::from_secs_f64;
    for (timeout, usual, expected) in [
        (600.0, None, (60.0, 60.0)),
        (100.0, None, (50.0, 60.0)),
        (30.0, None, (15.0, 22.5)),
        (30.0, Some(2.0), (2.2, 8.8)),
        (30.0, Some(10.0), (11.0, 22.5)),
        (30.0, Some(25.0), (22.5, 22.5)),
    ] {
        let pace = Pace { usual: usual.map(seconds), ..Pace::default() };
        let (answer, timeout) = (Answer::Whole, seconds(timeout));
        let limits = Limits { answer, timeout, stream_timeout: None, left: None, pace };
        let made = policy.deadlines(limits, &|| Alternative::Left).hedge.expect("a hedge");
        let made = (made.usual.as_secs_f64(), made.late.as_secs_f64());
        assert_eq!(made, expected, "{timeout:?} {usual:?}");
    }
}

#[test]
fn litellms_are_one_limit_for_everything() {
    for alternative in [Alternative::Left, Alternative::None] {
        check(
            "litellm-1.106",
            [
                (Answer::Stream, 600, Some(3), alternative, (3, None, 3, 3)),
                (Answer::Stream, 5, Some(60), alternative, (60, None, 60, 60)),
                (Answer::Stream, 600, None, alternative, (600, None, 600, 600)),
                (Answer::Whole, 5, Some(3), alternative, (5, None, 5, 5)),
            ],
        );
    }
}
