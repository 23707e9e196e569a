//! What each personality makes of the limits that request, deployment and router set.

use std::time::Duration;

use gateway::decisions::{Alternative, Answer, Limits};
use gateway::policy::find;

/// Limits in seconds, and whether somebody else is left; what they become: head, first word, silence
/// before it, gap after it.
type Row = (Answer, u64, Option<u64>, Alternative, (u64, Option<u64>, u64, u64));

fn check(personality: &str, rows: impl IntoIterator<Item = Row>) {
    let policy = find(personality).expect("a row").policy;
    for (answer, timeout, stream_timeout, alternative, expected) in rows {
        let seconds = Duration::from_secs;
        let stream_timeout = stream_timeout.map(seconds);
        let limits = Limits { answer, timeout: seconds(timeout), stream_timeout };
        let made = policy.deadlines(limits, &|| alternative);
        let first_word = made.first_word.map(|limit| limit.as_secs());
        let made = (made.head.as_secs(), first_word, made.silence.as_secs(), made.gap.as_secs());
        assert_eq!(made, expected, "{limits:?} {alternative:?}");
    }
}

#[test]
fn ours_are_short_while_somebody_is_left_and_never_longer_than_the_configs() {
    use Alternative::{Left, None as Nobody};
    check(
        "brownout",
        [
            (Answer::Stream, 600, None, Left, (10, Some(10), 10, 10)),
            (Answer::Stream, 600, Some(60), Left, (10, Some(10), 10, 60)),
            (Answer::Stream, 600, Some(4), Left, (4, Some(4), 4, 4)),
            (Answer::Stream, 4, None, Left, (4, Some(4), 4, 4)),
            (Answer::Stream, 600, None, Nobody, (600, None, 600, 10)),
            (Answer::Stream, 600, Some(60), Nobody, (60, None, 60, 60)),
            (Answer::Stream, 4, None, Nobody, (4, None, 4, 4)),
            (Answer::Whole, 600, None, Left, (30, None, 30, 30)),
            (Answer::Whole, 600, Some(3), Left, (30, None, 30, 30)),
            (Answer::Whole, 4, None, Left, (4, None, 4, 4)),
            (Answer::Whole, 600, None, Nobody, (600, None, 600, 600)),
        ],
    );
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
