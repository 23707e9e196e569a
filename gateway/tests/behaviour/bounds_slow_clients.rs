//! A client that stops sending or stops reading holds nothing for long.

use std::time::Duration;

use crate::support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

/// What the gateway says about itself.
async fn metrics(lab: &Lab) -> String {
    lab.send("GET", "/metrics", &[], "").await.body
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_coming_is_a_408() {
    let lab = Lab::new();
    lab.upstream("a", &[answer("hello")]).gateway(priority(&["a"]));
    let mut client = lab.dial().await.expect("a connection");
    let whole = request(PLAIN);
    let (head, tail) = whole.split_at(whole.len() - 10);
    client.write_all(head.as_bytes()).await.expect("sent");
    tokio::time::sleep(Duration::from_secs(59)).await;
    client.write_all(&tail.as_bytes()[..5]).await.expect("slow, but still coming");
    let begun = Instant::now();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.expect("closed after the answer");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(begun.elapsed().as_secs(), 60);
    assert!(lab.hosts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_reading_loses_its_stream() {
    for make in [priority, litellm] {
        let lab = Lab::new();
        let flood = word(&"x".repeat(60_000));
        let flood = Act::Stream([vec![role()], vec![flood; 500], end()].concat());
        lab.upstream("a", &[flood, stream(1)]).gateway(make(&["a"]));
        let mut client = lab.dial().await.expect("a connection");
        client.write_all(request(STREAM).as_bytes()).await.expect("sent");
        let mut first = [0; 12];
        client.read_exact(&mut first).await.expect("an answer");
        assert_eq!(&first, b"HTTP/1.1 200");
        tokio::time::sleep(Duration::from_secs(50)).await;
        assert!(metrics(&lab).await.contains("litellm_in_flight_requests 1\n"));
        // Whoever reads again, however late and little, is given another minute.
        let mut some = vec![0; 300_000];
        client.read_exact(&mut some).await.expect("more of the answer");
        tokio::time::sleep(Duration::from_secs(50)).await;
        assert!(metrics(&lab).await.contains("litellm_in_flight_requests 1\n"));
        tokio::time::sleep(Duration::from_secs(15)).await;
        assert!(metrics(&lab).await.contains("litellm_in_flight_requests 0\n"));
        assert_eq!(lab.decided(), ["a pick", "a client left"], "the deployment is not blamed");
        assert_eq!(lab.chat(STREAM).await.status, 200);
    }
}
