//! A gateway that is told to stop finishes what it can, and says so where it cannot.

use std::time::Duration;

use crate::support::*;
use gateway::Drain;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const STOP: Duration = Duration::from_secs(1);

/// What open requests have after it.
const GRACE: Duration = Duration::from_secs(8);

/// An end of which nobody is told before.
const AT_ONCE: Drain = Drain { notice: Duration::ZERO, limit: GRACE };

/// A stream that says a word every second.
fn slow_stream(words: usize) -> Act {
    let word = |index| [Step::Wait(Duration::from_secs(1)), word(&format!("w{index} "))];
    Act::Stream([vec![role()], (0..words).flat_map(word).collect(), end()].concat())
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_within_the_grace_is_complete() {
    let lab = Lab::new();
    lab.upstream("a", &[slow_stream(5)]);
    let ended = lab.gateway_until((STOP, AT_ONCE), priority(&["a"]));
    let got = lab.chat(STREAM).await;
    assert!(got.done() && !got.broken, "{}", got.body);
    let ended = ended.await.expect("no panic").as_secs();
    assert_eq!(ended, 5, "nothing is left to wait for");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_does_not_ends_with_a_visible_error() {
    for make in [priority, litellm] {
        let lab = Lab::new();
        lab.upstream("a", &[slow_stream(60)]);
        let ended = lab.gateway_until((STOP, AT_ONCE), make(&["a"]));
        let got = lab.chat(STREAM).await;
        assert_eq!((got.status, got.done(), got.broken), (200, false, false));
        assert!(got.words().starts_with("w0 w1 w2 "), "{}", got.body);
        let error = got.error_event().expect("an error event");
        assert_eq!(error["code"], "503");
        assert!(got.body.trim_end().ends_with('}'), "it comes last: {}", got.body);
        assert_eq!(got.took.as_secs(), (STOP + GRACE).as_secs());
        assert_eq!(ended.await.expect("no panic").as_secs(), (STOP + GRACE).as_secs());
        let story = lab.decided();
        assert_eq!(story, ["a pick", "a stream broken: shutting_down"], "nobody is blamed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_without_answer_gets_a_503() {
    for body in [PLAIN, STREAM] {
        let lab = Lab::new();
        lab.upstream("a", &[Act::Hang]);
        let mut config = priority(&["a"]);
        config.router.timeout = Duration::from_secs(600);
        config.router.stream_timeout = None;
        let ended = lab.gateway_until((STOP, AT_ONCE), config);
        let got = lab.chat(body).await;
        assert_eq!((got.status, &got.json()["error"]["code"]), (503, &"503".into()));
        assert_eq!(got.took.as_secs(), (STOP + GRACE).as_secs());
        assert_eq!(lab.decided(), ["a pick", "- gave up 503: shutting_down"]);
        ended.await.expect("no panic");
    }
}

#[tokio::test(start_paused = true)]
async fn idle_and_new_connections_do_not_hold_it_up() {
    let lab = Lab::new();
    lab.upstream("a", &[slow_stream(4)]);
    let ended = lab.gateway_until((STOP, AT_ONCE), priority(&["a"]));
    let mut silent = lab.dial().await.expect("a connection");
    let mut idle = lab.dial().await.expect("a connection");
    idle.write_all(b"GET /health/liveliness HTTP/1.1\r\nhost: gateway\r\n\r\n")
        .await
        .expect("sent");
    let streaming = tokio::spawn({
        let lab = lab.clone();
        async move { lab.chat(STREAM).await }
    });
    tokio::time::sleep(STOP + Duration::from_millis(100)).await;
    let mut answer = String::new();
    idle.read_to_string(&mut answer).await.expect("closed properly");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    silent.read_to_string(&mut String::new()).await.expect("closed properly");
    assert!(lab.dial().await.is_err(), "nobody listens while the stream goes on");
    assert!(streaming.await.expect("no panic").done());
    assert_eq!(ended.await.expect("no panic").as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_last_word_is_not_waited_for() {
    let lab = Lab::new();
    let flood = word(&"x".repeat(60_000));
    lab.upstream("a", &[Act::Stream([vec![role()], vec![flood; 500], end()].concat())]);
    let ended = lab.gateway_until((STOP, AT_ONCE), priority(&["a"]));
    let mut deaf = lab.dial().await.expect("a connection");
    deaf.write_all(request(STREAM).as_bytes()).await.expect("sent");
    let ended = ended.await.expect("no panic");
    assert!(ended <= STOP + GRACE + Duration::from_secs(2), "{ended:?}");
}

/// Three seconds in which balancers may notice.
const NOTICE: Drain = Drain { notice: Duration::from_secs(3), limit: GRACE };

#[tokio::test(start_paused = true)]
async fn readiness_fails_first_while_everything_else_goes_on() {
    let lab = Lab::new();
    lab.upstream("a", &[answer("yes")]);
    let ended = lab.gateway_until((STOP, NOTICE), priority(&["a"]));
    assert_eq!(lab.send("GET", "/health/readiness", &[], "").await.status, 200);
    tokio::time::sleep(STOP + Duration::from_millis(1)).await;
    for _ in 0..2 {
        let probe = lab.send("GET", "/health/readiness", &[], "").await;
        assert_eq!((probe.status, &probe.json()["status"]), (503, &"draining".into()));
        assert_eq!(lab.send("GET", "/health/liveliness", &[], "").await.status, 200);
        let got = lab.chat(PLAIN).await;
        assert_eq!(got.status, 200, "whoever has not noticed is answered");
        assert_eq!(got.header("connection"), "close", "and told to come by another way");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(ended.await.expect("no panic").as_secs(), (STOP + NOTICE.notice).as_secs());
    assert!(lab.dial().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn before_the_stop_connections_are_kept() {
    let lab = Lab::new();
    lab.upstream("a", &[answer("yes")]);
    let _ended = lab.gateway_until((STOP, NOTICE), priority(&["a"]));
    assert_eq!(lab.chat(PLAIN).await.header("connection"), "");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_was_let_in_last_of_all_is_answered() {
    let lab = Lab::new();
    lab.upstream("a", &[answer("yes")]);
    let ended = lab.gateway_until((STOP, AT_ONCE), priority(&["a"]));
    let mut last = lab.dial().await.expect("a connection");
    tokio::time::sleep(STOP + Duration::from_millis(300)).await;
    last.write_all(request(PLAIN).as_bytes()).await.expect("sent");
    let mut got = String::new();
    last.read_to_string(&mut got).await.expect("an answer");
    assert!(got.starts_with("HTTP/1.1 200 OK"), "{got}");
    assert_eq!(ended.await.expect("no panic").as_secs(), STOP.as_secs());
}
