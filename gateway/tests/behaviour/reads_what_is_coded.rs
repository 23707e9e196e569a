//! Answers that come compressed though nobody asked for it: gzip is undone, anything else is a failure of who sent it.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of a test stop it where they fail")]

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::*;

const MIB: usize = 1024 * 1024;

/// An act of text, under this coding.
fn coded(act: Act, coding: &'static str) -> Act {
    let (status, steps) = match act {
        Act::Reply(status, _, body) => (status, vec![Step::Say(body)]),
        Act::Stream(steps) => (200, steps),
        Act::Refuse | Act::Hang | Act::Reset | Act::Coded(..) => panic!("no text"),
    };
    let mut coder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut sent: Vec<_> = steps
        .into_iter()
        .map(|step| match step {
            Step::Say(text) => {
                coder.write_all(text.as_bytes()).expect("memory");
                coder.flush().expect("memory");
                Step::Send(Bytes::from(std::mem::take(coder.get_mut())))
            }
            other => other,
        })
        .collect();
    sent.push(Step::Send(Bytes::from(coder.finish().expect("memory"))));
    Act::Coded(status, coding, sent)
}

/// Who sends one byte over and over, `bytes` of them, behind this beginning.
fn bomb(beginning: &str, bytes: usize) -> Act {
    let mut coder = GzEncoder::new(Vec::new(), Compression::best());
    coder.write_all(beginning.as_bytes()).expect("memory");
    for _ in 0..bytes / MIB {
        coder.write_all(&[b'x'; MIB]).expect("memory");
    }
    Act::Coded(200, "gzip", vec![Step::Send(Bytes::from(coder.finish().expect("memory")))])
}

fn lab(acts: &[Act]) -> Lab {
    let lab = Lab::new();
    lab.upstream("a", acts).upstream("b", &[answer("from b"), stream(1)]);
    lab.gateway(priority(&["a", "b"]));
    lab
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_in_gzip_is_an_answer() {
    let lab = lab(&[coded(answer("yes"), "gzip"), coded(answer("again"), "GZIP")]);
    for words in ["yes", "again"] {
        let got = lab.chat(PLAIN).await;
        assert_eq!(got.json()["choices"][0]["message"]["content"], words);
        for header in ["content-encoding", "llm_provider-content-encoding"] {
            assert_eq!(got.header(header), "", "it is coded no more");
        }
    }
    assert_eq!(lab.decided(), ["a pick", "a served after 1", "a pick", "a served after 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_in_gzip_flows_word_by_word() {
    let lab = lab(&[coded(stream(3), "gzip"), coded(stream_then(2, &[Step::Stall]), "gzip")]);
    let got = lab.chat(STREAM).await;
    assert!(got.done() && !got.broken, "{}", got.body);
    assert_eq!(got.words(), "w0 w1 w2 ");
    let got = lab.chat(STREAM).await;
    assert_eq!(got.words(), "w0 w1 ", "what was flushed is not held back");
    assert!(got.error_event().is_some());
}

#[tokio::test(start_paused = true)]
async fn an_error_in_gzip_is_read_and_one_in_another_coding_goes_by_its_status() {
    let lab = Lab::new();
    let throttled = coded(refusal(429, &[]), "br");
    lab.upstream("a", &[coded(refusal(400, &[]), "gzip"), throttled]);
    lab.gateway(priority(&["a"]));
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.status, 400);
    assert!(got.body.contains("Invalid value."), "{}", got.body);
    lab.chat(PLAIN).await;
    let story = lab.decided();
    assert!(story.iter().any(|line| line == "a failed: rate_limited"), "{story:?}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_a_failure_of_who_sent_it() {
    let Act::Coded(_, _, mut cut) = coded(answer("yes"), "gzip") else { panic!("coded") };
    cut.pop();
    let cases = [
        coded(answer("yes"), "br"),
        coded(answer("yes"), "gzip, gzip"),
        Act::Coded(200, "gzip", vec![Step::Say("{}".to_owned())]),
        Act::Coded(200, "gzip", cut),
    ];
    for act in cases {
        for (body, asked) in [(PLAIN, "from b"), (STREAM, "w0 ")] {
            let lab = Lab::new();
            lab.upstream("a", std::slice::from_ref(&act));
            let from_b = if body == PLAIN { answer("from b") } else { stream(1) };
            lab.upstream("b", &[from_b]).gateway(priority(&["a", "b"]));
            let got = lab.chat(body).await;
            assert!(got.status == 200 && got.body.contains(asked), "{act:?}: {}", got.body);
            let story = lab.decided();
            assert_eq!(story[1], "a failed: malformed", "{act:?}: {story:?}");
            assert_eq!(story.last().expect("an end"), "b served after 2", "{story:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bomb_is_a_failure_of_who_sent_it() {
    let whole = lab(&[bomb("{", 80 * MIB)]);
    assert!(whole.chat(PLAIN).await.body.contains("from b"));
    assert_eq!(whole.decided()[1], "a failed: malformed");
    let lab = Lab::new();
    lab.upstream("a", &[bomb("data: ", 80 * MIB)]).upstream("b", &[stream(1)]);
    lab.gateway(priority(&["a", "b"]));
    let got = lab.chat(STREAM).await;
    assert!(got.done() && got.took < Duration::from_secs(1), "{:?}", got.took);
    assert_eq!(lab.decided()[1], "a failed: malformed");
}
