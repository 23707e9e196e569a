//! Once a token has left, the answer stays with its deployment, and a break is visible. Both
//! personalities.

use std::time::Duration;

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn a_broken_stream_ends_with_an_error_and_asks_nobody_else() {
    let error = Step::Say("data: {\"error\":{\"message\":\"overloaded\"}}\n\n".to_owned());
    let garbled = Step::Say("data: nonsense\n\n".to_owned());
    let unfinished = Step::Say("data: [DONE]\n\n".to_owned());
    let broken = vec![vec![Step::Cut], vec![Step::Stall], vec![error], vec![garbled]];
    // A clean end without a finish reason is a success to LiteLLM.
    let truncated = vec![vec![unfinished], vec![]];
    let all = [broken.clone(), truncated].concat();
    for (make, turns) in [(priority as fn(&[&str]) -> _, all), (litellm, broken)] {
        for turn in &turns {
            let lab = Lab::new();
            lab.upstream("first", &[stream_then(2, turn)]).upstream("second", &[stream(2)]);
            lab.gateway(make(&["first", "second"]));
            let got = lab.chat(STREAM).await;
            assert_eq!((got.status, got.words().as_str()), (200, "w0 w1 "), "{turn:?}");
            assert!(got.error_event().is_some() && !got.done() && !got.broken, "{turn:?}");
            assert_eq!(lab.hosts(), ["first"], "{turn:?}");
            let story = lab.decided();
            assert!(
                story.last().expect("an end").starts_with("first stream broken: "),
                "{story:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_tokens_before_a_break_are_delivered() {
    let lab = Lab::new();
    let last = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"last\"}}]}\n\ndata: {\"error\":{\"message\":\"no\"}}\n\n";
    lab.upstream(
        "first",
        &[stream_then(1, &[Step::Wait(Duration::from_millis(20)), Step::Say(last.to_owned())])],
    );
    lab.gateway(priority(&["first"]));
    let got = lab.chat(STREAM).await;
    assert_eq!(got.words(), "w0 last");
    assert!(got.error_event().is_some());
}

#[tokio::test(start_paused = true)]
async fn tokens_are_forwarded_as_they_come() {
    let lab = Lab::new();
    lab.upstream("first", &[stream(5)]).gateway(priority(&["first"]));
    let got = lab.chat(STREAM).await;
    let times: Vec<u128> = got.pieces.iter().map(|(at, _)| at.as_millis()).collect();
    assert_eq!(times, [20, 40, 60, 80, 100]);
    let upstream: String = words(5)
        .into_iter()
        .chain(end())
        .filter_map(|step| if let Step::Say(text) = step { Some(text) } else { None })
        .collect();
    assert_eq!(got.body, upstream, "original bytes");
}

#[tokio::test(start_paused = true)]
async fn frames_of_one_burst_leave_in_one_write() {
    let lab = Lab::new();
    let burst: Vec<Step> =
        words(20).into_iter().filter(|step| matches!(step, Step::Say(_))).chain(end()).collect();
    lab.upstream("first", &[Act::Stream(burst)]).gateway(priority(&["first"]));
    let got = lab.chat(STREAM).await;
    assert!(got.done() && got.pieces.len() == 1, "{} pieces", got.pieces.len());
}

#[tokio::test(start_paused = true)]
async fn a_frame_in_pieces_is_forwarded_whole() {
    let lab = Lab::new();
    let Step::Say(frame) = word("café") else { unreachable!() };
    let at = frame.find("content").expect("a delta");
    let (head, tail) = frame.split_at(at);
    let steps = vec![
        Step::Say(head.to_owned()),
        Step::Wait(Duration::from_millis(5)),
        Step::Say(tail.to_owned()),
        Step::Wait(Duration::from_millis(5)),
    ];
    lab.upstream("first", &[Act::Stream([steps, end()].concat())]).gateway(priority(&["first"]));
    let got = lab.chat(STREAM).await;
    assert_eq!((got.words().as_str(), got.done()), ("café", true));
    assert_eq!(got.pieces[0].1, frame);
}

#[tokio::test(start_paused = true)]
async fn after_done_the_client_does_not_wait_for_the_connection() {
    let lab = Lab::new();
    lab.upstream("first", &[stream_then(2, &[end(), vec![Step::Stall]].concat())]);
    lab.gateway(priority(&["first"]));
    let got = lab.chat(STREAM).await;
    assert!(got.done() && got.took < Duration::from_secs(2), "{:?}", got.took);
    assert_eq!(lab.decided().last().expect("an end"), "first served after 1");
}
