//! What hostile clients do to fakes that stand: each is got rid of within a bound, and an honest
//! client is answered afterwards.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of a test stop it where they fail"
)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::{chat, deployment};
use fake_providers::config::FakesConfig;
use fake_providers::{Fakes, Ledger};
use record::AttemptRow;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use vocab::{Protocol, Seed};
use world::pool::{Pool, PoolOptions};
use world::{Authority, Clock, Conn, Dial, Link, MemoryNetwork, Tasks};

#[derive(Debug)]
struct Nobody;

impl Ledger for Nobody {
    fn attempt(&self, _: AttemptRow) {}
}

struct Stand {
    config: FakesConfig,
    network: MemoryNetwork,
    fakes: Fakes,
    _tasks: Tasks,
}

impl Stand {
    fn new(connections_max: usize) -> Self {
        let deployments = vec![deployment(Protocol::OpenAi, 1)];
        let (quotas, faults) = (Vec::new(), Vec::new());
        let config = FakesConfig { seed: Seed(42), deployments, quotas, faults };
        let fakes = Fakes::standing(config.clone(), Clock::simulated(), Arc::new(Nobody)).unwrap();
        let fakes = fakes.with_connections_max(connections_max);
        let (network, mut tasks) = (MemoryNetwork::new(), Tasks::new(2));
        let host = &fakes.hosts()[0];
        let listener = network.listen(&host.host, host.port, Link::default()).unwrap();
        assert!(tasks.spawn(fakes.serve(0, listener)));
        Self { config, network, fakes, _tasks: tasks }
    }

    fn to(&self) -> Authority {
        let config = &self.config.deployments[0];
        Authority { host: config.host.as_str().into(), port: config.port, tls: false }
    }

    async fn dial(&self) -> std::io::Result<Conn> {
        let to = self.to();
        self.network.connector("hostile").connect(Dial { to: &to, on_behalf_of: "" }).await
    }

    async fn honest_client_is_answered(&self) {
        let pool = Pool::new(self.network.connector("honest"), PoolOptions::default());
        let request = chat(&self.config.deployments[0], 1, 2, false);
        let response = pool.send(&self.to(), request, "").await.unwrap();
        assert_eq!(response.status(), 200);
    }
}

/// What the fakes say until they end the connection, and the seconds until then.
async fn rest(conn: &mut Conn) -> (String, u64) {
    let (started, mut said) = (tokio::time::Instant::now(), Vec::new());
    let limit = Duration::from_secs(600);
    // A connection that is reset has ended, too.
    let _ = tokio::time::timeout(limit, conn.read_to_end(&mut said)).await.expect("it ends");
    (String::from_utf8_lossy(&said).into_owned(), started.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn slow_heads_slow_bodies_and_idle_connections_are_ended() {
    let stand = Stand::new(100);
    for start in
        ["", "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n"]
    {
        let mut conn = stand.dial().await.unwrap();
        conn.write_all(start.as_bytes()).await.unwrap();
        let started = tokio::time::Instant::now();
        let drip = if start.is_empty() { b"G" } else { b" " };
        // A byte a second, for as long as it is let.
        while conn.write_all(drip).await.is_ok() && started.elapsed() < Duration::from_secs(300) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let took = started.elapsed().as_secs();
        assert!((60..=76).contains(&took), "{took} s for {start:?}");
    }
    let mut idle = stand.dial().await.unwrap();
    let (said, took) = rest(&mut idle).await;
    assert!(said.is_empty() && (60..=76).contains(&took), "{took} s");
    stand.honest_client_is_answered().await;
}

#[tokio::test(start_paused = true)]
async fn a_body_beyond_the_bound_is_refused_without_being_read() {
    let stand = Stand::new(100);
    let mut conn = stand.dial().await.unwrap();
    let key = &stand.config.deployments[0].key;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: 1073741824\r\n\r\n{{"
    );
    conn.write_all(head.as_bytes()).await.unwrap();
    let (said, took) = rest(&mut conn).await;
    assert!(said.starts_with("HTTP/1.1 413 "), "{said}");
    assert!(said.contains("413 Request Entity Too Large") && took < 5, "{took} s: {said}");
    // The same without a length: no more than the bound is taken in.
    let mut conn = stand.dial().await.unwrap();
    let head =
        head.replace("content-length: 1073741824\r\n\r\n{", "transfer-encoding: chunked\r\n\r\n");
    conn.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("100000\r\n{}\r\n", " ".repeat(1 << 20));
    let (mut reader, mut writer) = tokio::io::split(conn);
    let sending = async {
        let mut sent = 0u64;
        while sent < 1024 && writer.write_all(chunk.as_bytes()).await.is_ok() {
            sent += 1;
        }
        sent
    };
    let mut said = vec![0; 12];
    let (sent, read) = tokio::join!(sending, reader.read_exact(&mut said));
    read.unwrap();
    assert_eq!(String::from_utf8_lossy(&said), "HTTP/1.1 413");
    assert!((32..40).contains(&sent), "{sent} MiB were taken in");
    stand.honest_client_is_answered().await;
}

#[tokio::test(start_paused = true)]
async fn connections_beyond_the_bound_are_turned_away() {
    let stand = Stand::new(50);
    let mut held = Vec::new();
    let mut refused = 0;
    for _ in 0..5_000 {
        match stand.dial().await {
            Ok(conn) => held.push(conn),
            Err(_) => refused += 1,
        }
    }
    assert_eq!((held.len(), refused), (50, 4_950));
    drop(held);
    tokio::time::sleep(Duration::from_secs(1)).await;
    stand.honest_client_is_answered().await;
}

#[tokio::test(start_paused = true)]
async fn garbage_huge_heads_and_pipelines_do_no_harm() {
    let stand = Stand::new(100);
    for (garbage, status) in [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), "400"),
        (b"GET / HTTP/9.9\r\n\r\n".to_vec(), ""),
        ([b"GET / HTTP/1.1\r\nx: ".to_vec(), vec![b'a'; 1 << 20]].concat(), "431"),
        (format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(5_000)).into_bytes(), "431"),
        (
            b"POST /v1/chat/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzzz\r\n"
                .to_vec(),
            "",
        ),
    ] {
        let mut conn = stand.dial().await.unwrap();
        // Whoever is cut off while it writes garbage has its answer.
        let _ = conn.write_all(&garbage).await;
        let (said, took) = rest(&mut conn).await;
        assert!(took <= 76 && said.contains(status), "{took} s: {said}");
        stand.honest_client_is_answered().await;
    }
    let mut conn = stand.dial().await.unwrap();
    let pipeline = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n".repeat(200);
    let writing = async { conn.write_all(pipeline.as_bytes()).await };
    assert!(tokio::time::timeout(Duration::from_secs(5), writing).await.is_ok());
    let (said, _) = rest(&mut conn).await;
    assert_eq!(said.matches("HTTP/1.1 200 OK").count(), 200, "one after another");
    stand.honest_client_is_answered().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_of_a_long_stream_is_dropped() {
    let stand = Stand::new(100);
    let mut conn = stand.dial().await.unwrap();
    let config = &stand.config.deployments[0];
    let body = chat(config, 1, 1_000_000, true).into_body();
    let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        config.key,
        body.len()
    );
    conn.write_all(head.as_bytes()).await.unwrap();
    conn.write_all(&body).await.unwrap();
    // As long as the answer would take; nothing is read.
    tokio::time::sleep(Duration::from_secs(1_000)).await;
    let mut said = Vec::new();
    let _ = conn.read_to_end(&mut said).await;
    assert!(said.len() < 2 << 20, "{} bytes waited for their reader", said.len());
    assert!(stand.fakes.rules().is_empty());
    stand.honest_client_is_answered().await;
}
