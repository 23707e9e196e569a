//! Every way in which a request can fail is seen by the client, and called by its name.

use std::sync::Arc;
use std::time::Duration;

use super::stage::{
    Asked, DONE, FINISH, HEAD, Step, answer, chunk, load, play, run_on, stream, words,
};
use loadgen::config::{Dialect, LoadConfig};
use record::RequestRow;
use vocab::{FailureKind, Integrity, Outcome};
use world::{Link, MemoryNetwork};

async fn one<F>(config: &LoadConfig, script: F) -> RequestRow
where
    F: Fn(&Asked) -> Vec<Step> + Send + Sync + 'static,
{
    let mut played = play(config, script).await;
    assert_eq!(played.rows.len(), 1);
    played.rows.remove(0)
}

async fn check<F>(name: &str, config: &LoadConfig, want: FailureKind, script: F) -> RequestRow
where
    F: Fn(&Asked) -> Vec<Step> + Send + Sync + 'static,
{
    let row = one(config, script).await;
    assert_eq!((row.outcome, row.failure), (Outcome::Failed, Some(want)), "{name}: {row:?}");
    assert!(row.end_ns.is_some(), "{name}: an end is always known");
    row
}

fn say(text: impl AsRef<str>) -> Vec<Step> {
    vec![Step::Say(text.as_ref().as_bytes().to_vec())]
}

fn json(status: &str, body: &str) -> Vec<Step> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\n");
    say(format!("{head}content-length: {}\r\n\r\n{body}", body.len()))
}

/// The head and the first two tokens, then `rest`.
fn begun(asked: &Asked, rest: Vec<Step>) -> Vec<Step> {
    let mut bytes = HEAD.as_bytes().to_vec();
    words(asked, (1, 1), 0..2).iter().for_each(|frame| bytes.extend(chunk(frame)));
    let mut steps = vec![Step::Say(bytes), Step::Wait(Duration::from_millis(100))];
    steps.extend(rest);
    steps
}

fn plain() -> LoadConfig {
    let mut config = load(1.0, 1);
    config.phases[0].workload.stream_share = 0.0;
    config
}

#[tokio::test(start_paused = true)]
async fn a_host_that_does_not_exist_or_never_accepts_is_connect() {
    let config = load(1.0, 1);
    let network = MemoryNetwork::new();
    let gone = run_on(&network, &config, Dialect::OpenAi, Arc::default()).await;
    assert_eq!(gone.rows[0].failure, Some(FailureKind::Connect));
    assert_eq!((gone.rows[0].status, gone.rows[0].integrity), (None, None));
    let _silent = network.listen("gateway", 4000, Link::default()).unwrap();
    let silent = run_on(&network, &config, Dialect::OpenAi, Arc::default()).await;
    assert_eq!(silent.rows[0].failure, Some(FailureKind::Connect));
    assert_eq!(silent.rows[0].end_ns, Some(5_000_000_000), "the connect timeout");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_before_the_head_is_reset() {
    let config = load(1.0, 1);
    check("rst", &config, FailureKind::Reset, |_| vec![Step::Reset]).await;
    check("fin", &config, FailureKind::Reset, |_| vec![Step::Close]).await;
    let half = |_: &Asked| vec![Step::Say(b"HTTP/1.1 20".to_vec()), Step::Close];
    check("half a head", &config, FailureKind::Reset, half).await;
}

#[tokio::test(start_paused = true)]
async fn statuses_fall_into_their_kinds() {
    let table = [
        ("400 Bad Request", FailureKind::BadRequest),
        ("404 Not Found", FailureKind::BadRequest),
        ("307 Temporary Redirect", FailureKind::BadRequest),
        ("401 Unauthorized", FailureKind::Denied),
        ("403 Forbidden", FailureKind::Denied),
        ("408 Request Timeout", FailureKind::UpstreamTimeout),
        ("429 Too Many Requests", FailureKind::RateLimited),
        ("500 Internal Server Error", FailureKind::ServerError),
        ("503 Service Unavailable", FailureKind::ServerError),
        ("529 Overloaded", FailureKind::ServerError),
    ];
    for (status, want) in table {
        for config in [load(1.0, 1), plain()] {
            let reply = move |_: &Asked| json(status, r#"{"error":{"message":"no"}}"#);
            let row = check(status, &config, want, reply).await;
            assert_eq!(row.status.map(|code| code.to_string()).as_deref(), status.get(..3));
            assert_eq!(row.integrity, None, "an error has no content to judge");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_stays_the_reason_when_its_body_hangs_or_breaks() {
    let head = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 100\r\n\r\nhalf";
    let config = load(1.0, 1);
    let broken = move |_: &Asked| vec![Step::Say(head.into()), Step::Reset];
    check("breaks", &config, FailureKind::ServerError, broken).await;
    let hangs = move |_: &Asked| vec![Step::Say(head.into()), Step::Wait(Duration::from_secs(999))];
    let row = check("hangs", &config, FailureKind::ServerError, hangs).await;
    assert_eq!(row.end_ns, Some(60_000_000_000));
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_a_200_is_error_event() {
    let error = r#"{"error":{"message":"overloaded","type":"server_error"}}"#;
    let event = format!("data: {error}\n\n");
    let config = load(1.0, 1);
    let late = event.clone();
    let late = move |asked: &Asked| begun(asked, vec![Step::Say(chunk(&late))]);
    let row = check("after tokens", &config, FailureKind::ErrorEvent, late).await;
    assert_eq!((row.tokens, row.integrity), (2, Some(Integrity::Truncated)));
    let first = move |_: &Asked| stream(std::slice::from_ref(&event));
    let row = check("first event", &config, FailureKind::ErrorEvent, first).await;
    assert_eq!(row.integrity, Some(Integrity::Empty));
    let body = move |_: &Asked| json("200 OK", error);
    check("json to a stream", &config, FailureKind::ErrorEvent, body).await;
    check("json to a plain call", &plain(), FailureKind::ErrorEvent, body).await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_in_order_but_too_early_is_truncated() {
    let config = load(1.0, 1);
    let silent = |asked: &Asked| begun(asked, vec![Step::Say(b"0\r\n\r\n".to_vec())]);
    let row = check("no terminator", &config, FailureKind::Truncated, silent).await;
    assert_eq!((row.tokens, row.integrity), (2, Some(Integrity::Truncated)));
    let invented = |asked: &Asked| {
        let mut frames = words(asked, (1, 1), 0..4);
        frames.extend([FINISH.to_owned(), DONE.to_owned()]);
        stream(&frames)
    };
    check("invented terminator", &config, FailureKind::Truncated, invented).await;
    let unterminated = |asked: &Asked| stream(&words(asked, (1, 1), 0..asked.answer));
    let row = check("whole, no terminator", &config, FailureKind::Truncated, unterminated).await;
    assert_eq!(row.integrity, Some(Integrity::Complete));
    let nothing = |_: &Asked| stream(&[FINISH.to_owned(), DONE.to_owned()]);
    let row = check("nothing said", &config, FailureKind::Truncated, nothing).await;
    assert_eq!(row.integrity, Some(Integrity::Empty));
    let half_event = |asked: &Asked| {
        let frame = &words(asked, (1, 1), 2..3)[0][..20];
        let mut bytes = chunk(frame);
        bytes.extend(b"0\r\n\r\n");
        begun(asked, vec![Step::Say(bytes)])
    };
    check("half an event", &config, FailureKind::Truncated, half_event).await;
}

#[tokio::test(start_paused = true)]
async fn a_finish_reason_is_as_good_as_done_but_nothing_else_is() {
    let finished = |asked: &Asked| {
        let mut frames = words(asked, (1, 1), 0..asked.answer);
        frames.push(FINISH.to_owned());
        stream(&frames)
    };
    assert_eq!(one(&load(1.0, 1), finished).await.outcome, Outcome::Success);
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_breaks_after_the_head_is_cut() {
    let config = load(1.0, 1);
    let rst = |asked: &Asked| begun(asked, vec![Step::Reset]);
    let row = check("rst", &config, FailureKind::Cut, rst).await;
    assert_eq!((row.tokens, row.served_by.as_deref()), (2, Some("west")));
    let fin = |asked: &Asked| begun(asked, vec![Step::Close]);
    check("fin in a chunked body", &config, FailureKind::Cut, fin).await;
    let short = |_: &Asked| {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";
        vec![Step::Say(head.into()), Step::Close]
    };
    check("short plain body", &plain(), FailureKind::Cut, short).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_protocols_do_not_allow_is_malformed() {
    let config = load(1.0, 1);
    check("no http", &config, FailureKind::Malformed, |_| say("SSH-2.0-x\r\n\r\n")).await;
    let garbled = |asked: &Asked| begun(asked, vec![Step::Say(chunk("data: {\"choi\n\n"))]);
    check("garbled event", &config, FailureKind::Malformed, garbled).await;
    let chunked = |asked: &Asked| begun(asked, vec![Step::Say(b"zz\r\n".to_vec())]);
    check("garbled chunk size", &config, FailureKind::Malformed, chunked).await;
    let endless = |asked: &Asked| {
        begun(asked, vec![Step::Say(chunk(&format!("data: {}", "x".repeat(1_100_000))))])
    };
    check("endless event", &config, FailureKind::Malformed, endless).await;
    let html = |_: &Asked| say("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>");
    check("html to a plain call", &plain(), FailureKind::Malformed, html).await;
    let reply = |_: &Asked| json("200 OK", r#"{"choices":[{"message":{"content":"hi"}}]}"#);
    check("json to a stream", &config, FailureKind::Malformed, reply).await;
    check("stream to a plain call", &plain(), FailureKind::Malformed, answer).await;
    let huge = |_: &Asked| {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 17000000\r\n\r\n";
        vec![Step::Say(head.into()), Step::Say(vec![b' '; 17_000_000])]
    };
    check("17 MB", &plain(), FailureKind::Malformed, huge).await;
}

#[tokio::test(start_paused = true)]
async fn a_stall_ends_at_the_clients_timeout() {
    let stall = |asked: &Asked| begun(asked, vec![Step::Wait(Duration::from_secs(999))]);
    let row = check("stall", &load(1.0, 1), FailureKind::Timeout, stall).await;
    assert_eq!(row.end_ns, Some(60_000_000_000));
    assert_eq!(row.longest_gap_ns, Some(60_000_000_000), "the gap runs to the end");
    assert_eq!(row.tokens, 2);
}

#[tokio::test(start_paused = true)]
async fn patience_ends_before_the_first_token_only() {
    let mut config = load(1.0, 1);
    config.client.patience = Some(Duration::from_secs(3));
    let slow = |asked: &Asked| {
        let mut steps = vec![Step::Say(HEAD.into()), Step::Wait(Duration::from_secs(4))];
        steps.extend(words(asked, (1, 1), 0..1).iter().map(|frame| Step::Say(chunk(frame))));
        steps
    };
    let row = check("slow", &config, FailureKind::ClientGaveUp, slow).await;
    assert_eq!((row.end_ns, row.first_token_ns), (Some(3_000_000_000), None));
    let served = |asked: &Asked| {
        let mut rest = vec![Step::Wait(Duration::from_secs(10))];
        let mut frames: Vec<u8> =
            words(asked, (1, 1), 2..asked.answer).iter().flat_map(|frame| chunk(frame)).collect();
        frames.extend(chunk(DONE));
        rest.push(Step::Say(frames));
        begun(asked, rest)
    };
    assert_eq!(one(&config, served).await.outcome, Outcome::Success);
    let mut config = plain();
    config.client.patience = Some(Duration::from_secs(3));
    let hang = |_: &Asked| vec![Step::Wait(Duration::from_secs(999))];
    check("plain", &config, FailureKind::ClientGaveUp, hang).await;
}
