//! What is under way is bounded: requests, the memory of their bodies, connections. Whoever finds no room is told so soon,
//! and no provider is blamed for what the gateway itself lacks.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::*;
use gateway::{Door, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use world::{BoxFuture, Conn, Connector, Dial};

const MIB: usize = 1024 * 1024;

fn door(requests_max: usize, body_bytes_max: usize) -> Door {
    Door { limits: Some(Limits { requests_max, body_bytes_max }), ..Door::default() }
}

/// An answer whose first word comes after so many seconds, and its end as many later.
fn slow(seconds: u64) -> Act {
    let wait = Step::Wait(Duration::from_secs(seconds));
    Act::Stream([vec![role(), wait.clone(), word("w"), wait], end()].concat())
}

fn patient(acts: &[Act], door: Door) -> Lab {
    let lab = Lab::new();
    let mut config = priority(&["a"]);
    config.router.timeout = Duration::from_secs(600);
    config.router.stream_timeout = None;
    lab.upstream("a", acts).behind(door, config);
    lab
}

fn asking(lab: &Lab, body: String) -> JoinHandle<Got> {
    let lab = lab.clone();
    tokio::spawn(async move { lab.chat(&body).await })
}

fn assert_turned_away(got: &Got) {
    assert_eq!((got.status, got.header("retry-after")), (503, "1"), "{}", got.body);
    assert_eq!(got.json()["error"]["type"], "overloaded_error");
}

#[tokio::test(start_paused = true)]
async fn a_request_beyond_the_bound_waits_a_moment_and_is_told_to_come_back() {
    let lab = patient(&[slow(5)], door(2, 64 * MIB));
    let first = [asking(&lab, STREAM.to_owned()), asking(&lab, STREAM.to_owned())];
    tokio::time::sleep(Duration::from_secs(1)).await;
    let got = lab.chat(PLAIN).await;
    assert_turned_away(&got);
    assert_eq!(got.took.as_secs(), 2);
    let messages =
        lab.post("/v1/messages", &[], r#"{"model":"model","max_tokens":9,"messages":[]}"#);
    let messages = messages.await;
    assert_eq!((messages.status, messages.header("retry-after")), (503, "1"));
    assert_eq!(messages.json()["type"], "error", "in the words of its endpoint");
    assert_eq!(lab.hosts().len(), 2, "nothing was sent");
    for first in first {
        assert!(first.await.expect("no panic").done());
    }
    assert!(lab.chat(STREAM).await.done());
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_comes_in_when_an_answer_has_ended_and_few_may_wait() {
    let lab = patient(&[slow(1), answer("yes")], door(1, 64 * MIB));
    let first = asking(&lab, STREAM.to_owned());
    tokio::time::sleep(Duration::from_millis(900)).await;
    let second = asking(&lab, PLAIN.to_owned());
    tokio::time::sleep(Duration::from_millis(1)).await;
    let third = lab.chat(PLAIN).await;
    assert_turned_away(&third);
    assert_eq!(third.took.as_millis(), 0, "the queue is full");
    let second = second.await.expect("no panic");
    assert_eq!((second.status, second.took.as_millis()), (200, 1100), "with the end of the first");
    assert!(first.await.expect("no panic").done());
}

/// A request with a body of about so many bytes.
fn large(bytes: usize, stream: &str) -> String {
    let text = "x".repeat(bytes);
    format!(r#"{{"model":"model","messages":[{{"role":"user","content":"{text}"}}]{stream}}}"#)
}

#[tokio::test(start_paused = true)]
async fn bodies_share_a_bounded_memory_until_they_are_answered() {
    let lab = patient(&[slow(5), answer("yes")], door(100, 4 * MIB));
    let first = asking(&lab, large(MIB, r#","stream":true"#));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_turned_away(&lab.chat(&large(MIB, "")).await);
    assert_eq!(lab.chat(PLAIN).await.status, 200, "small ones have a share for themselves");
    assert_eq!(lab.hosts().len(), 2);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let late = lab.chat(&large(MIB, "")).await;
    assert_eq!(late.status, 200, "the first has begun to speak, and its body is gone");
    assert!(first.await.expect("no panic").done());
}

#[tokio::test(start_paused = true)]
async fn a_body_of_unknown_size_takes_what_there_is_and_no_more() {
    let lab = patient(&[answer("yes")], door(100, 4 * MIB));
    for (bytes, status) in [(MIB / 2, "200 OK"), (2 * MIB, "503 ")] {
        let mut client = lab.dial().await.expect("a connection");
        let body = large(bytes, "");
        let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n";
        let request = format!(
            "{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        );
        // One that is turned away need not be read to its end.
        let _ = client.write_all(request.as_bytes()).await;
        let mut got = String::new();
        let _ = client.read_to_string(&mut got).await;
        assert!(got.starts_with(&format!("HTTP/1.1 {status}")), "{bytes}: {got}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_has_been_idle_for_longest_leaves_for_a_newcomer() {
    let door = Door { connections_max: 3, ..Door::default() };
    let lab = patient(&[answer("yes"), Act::Hang], door);
    let mut oldest = lab.dial().await.expect("a connection");
    let mut idle = lab.dial().await.expect("a connection");
    let mut third = lab.dial().await.expect("a connection");
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    assert_eq!(oldest.read(&mut [0]).await.expect("closed properly"), 0);
    for client in [&mut idle, &mut third] {
        client.write_all(request(PLAIN).as_bytes()).await.expect("still there");
    }
    let busy = asking(&lab, PLAIN.to_owned());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(lab.hosts().len(), 4, "three are busy");
    let got = lab.chat(PLAIN).await;
    assert_turned_away(&got);
    assert_eq!((got.header("connection"), got.took.as_millis()), ("close", 0));
    drop((idle, third));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(lab.send("GET", "/health/liveliness", &[], "").await.status, 200);
    busy.abort();
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_becomes_whole_keeps_nobody_out() {
    let door = Door { connections_max: 1, ..Door::default() };
    let lab = patient(&[answer("yes")], door);
    let mut slow = lab.dial().await.expect("a connection");
    slow.write_all(b"POST /v1/chat/completions HTTP/1.1\r\nhost: ").await.expect("sent");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.status, 200, "{}", got.body);
    assert!(got.took < Duration::from_millis(500), "{:?}", got.took);
    assert_eq!(slow.read(&mut [0]).await.unwrap_or_default(), 0, "it has left");
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_its_answer_slowly_is_not_idle() {
    const LONG: usize = 1024 * 1024;
    let door = Door { connections_max: 1, ..Door::default() };
    let lab = patient(&[answer(&"x".repeat(LONG))], door);
    let mut client = lab.dial().await.expect("a connection");
    client.write_all(request(PLAIN).as_bytes()).await.expect("sent");
    client.read_exact(&mut [0; 12]).await.expect("an answer");
    assert_turned_away(&lab.chat(PLAIN).await);
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.expect("the whole answer, and its end");
    assert!(rest.contains(&"x".repeat(LONG)) && rest.ends_with('}'), "{}", rest.len());
}

/// A way that has no descriptor for the next so many dials.
#[derive(Debug)]
struct Short {
    way: Arc<dyn Connector>,
    dials: AtomicUsize,
}

impl Connector for Short {
    fn connect<'a>(&'a self, dial: Dial<'a>) -> BoxFuture<'a, io::Result<Conn>> {
        const EMFILE: i32 = 24;
        let short =
            self.dials.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        match short {
            Ok(_) => Box::pin(async { Err(io::Error::from_raw_os_error(EMFILE)) }),
            Err(_) => self.way.connect(dial),
        }
    }
}

fn short(lab: &Lab, dials: usize, config: gateway::config::Config) {
    let (way, dials) = (lab.network.connector("gateway"), AtomicUsize::new(dials));
    lab.dialling(Arc::new(Short { way, dials }), config);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_blamed_where_the_gateway_has_no_descriptor_left() {
    let ours = (503, "The gateway has no file descriptor left");
    // LiteLLM says of whatever kept it from a connection no more than that.
    let litellms = (500, "Connection error");
    let cases = [(priority(&["a"]), ours), (litellm(&["a"]), litellms)];
    for (mut config, (status, words)) in cases {
        let lab = Lab::new();
        lab.upstream("a", &[answer("yes")]);
        config.router.allowed_fails = Some(0);
        short(&lab, 1_000, config);
        let got = lab.chat(PLAIN).await;
        assert_eq!(got.status, status, "{}", got.body);
        assert!(got.body.contains(words), "{}", got.body);
        let story = lab.decided();
        assert!(story.iter().any(|line| line == "a failed: no_descriptors"), "{story:?}");
        assert!(!story.iter().any(|line| line.contains("cooldown")), "{story:?}");
        let metrics = lab.send("GET", "/metrics", &[], "").await.body;
        assert!(!metrics.contains("litellm_deployment_failure_responses_total{"), "{metrics}");
    }
}

#[tokio::test(start_paused = true)]
async fn idle_connections_behind_make_room_for_one_that_is_needed() {
    let lab = Lab::new();
    let mut config = priority(&["a"]);
    config
        .deployments
        .push(gateway::config::Deployment { group: "other".into(), ..deployment("b") });
    lab.upstream("a", &[answer("yes")]).upstream("b", &[answer("yes")]);
    let (way, dials) = (lab.network.connector("gateway"), AtomicUsize::new(0));
    let way = Arc::new(Short { way, dials });
    lab.dialling(Arc::clone(&way) as Arc<dyn Connector>, config);
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    way.dials.store(1, Ordering::SeqCst);
    assert_eq!(
        lab.chat(&PLAIN.replace("\"model\":\"model\"", "\"model\":\"other\"")).await.status,
        200
    );
    let story = lab.decided();
    assert_eq!(story, ["a pick", "a served after 1", "b pick", "b served after 1"]);
}

/// A whole answer of about so many bytes, whose second half comes so many seconds after the first.
fn large_answer(bytes: usize, seconds: u64) -> Act {
    let Act::Reply(_, _, body) = answer(&"x".repeat(bytes)) else { unreachable!() };
    let (first, second) = body.split_at(body.len() / 2);
    let wait = Step::Wait(Duration::from_secs(seconds));
    Act::Stream(vec![Step::Say(first.to_owned()), wait, Step::Say(second.to_owned())])
}

#[tokio::test(start_paused = true)]
async fn whole_answers_share_a_bounded_memory_and_nobody_is_blamed_for_its_end() {
    let lab = Lab::new();
    let acts = [
        large_answer(5 * MIB / 4, 5),
        large_answer(5 * MIB / 4, 0),
        answer("small"),
        large_answer(5 * MIB / 4, 0),
    ];
    lab.upstream("a", &acts).upstream("b", &[answer("b")]).upstream("backup", &[answer("backup")]);
    let mut config = with_backup(priority(&["a", "b"]));
    config.router.timeout = Duration::from_secs(600);
    lab.behind(door(100, 4 * MIB), config);
    let first = asking(&lab, PLAIN.to_owned());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_turned_away(&lab.chat(PLAIN).await);
    assert_eq!(lab.hosts(), ["a", "a"], "nobody is paid for another answer");
    let decided = lab.decided();
    assert!(!decided.iter().any(|line| line.contains("cooldown")), "{decided:?}");
    assert!(decided.contains(&"- gave up 503: no_memory".to_owned()), "{decided:?}");
    let small = lab.chat(PLAIN).await;
    assert_eq!((small.status, small.header("x-litellm-model-id")), (200, "a"), "small ones fit");
    assert_eq!(first.await.expect("no panic").body.len(), lab.chat(PLAIN).await.body.len());
}

#[tokio::test(start_paused = true)]
async fn an_answer_has_its_memory_until_its_client_has_read_it() {
    let lab = Lab::new();
    lab.upstream("a", &[large_answer(5 * MIB / 4, 0)]);
    lab.behind(door(100, 4 * MIB), priority(&["a"]));
    let mut client = lab.dial().await.expect("a connection");
    client.write_all(request(PLAIN).as_bytes()).await.expect("it reads");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_turned_away(&lab.chat(PLAIN).await);
    drop(client);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(lab.chat(PLAIN).await.status, 200);
}

/// Half a megabyte for all answers: one that is larger has all of it.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_larger_than_the_memory_comes_alone() {
    let lab = Lab::new();
    lab.upstream("a", &[large_answer(MIB, 0)]);
    lab.behind(door(100, MIB / 2), priority(&["a"]));
    for _ in 0..3 {
        assert_eq!(lab.chat(PLAIN).await.status, 200);
    }
}
