//! The pool: warm connections are reused, read bodies give theirs back, stale ones are not trusted.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use world::pool::{Pool, PoolOptions, SendError};
use world::{Authority, Link, MemoryNetwork, ServeOptions, serve_connection};

struct Server {
    pool: Pool,
    to: Authority,
    connections: Arc<AtomicU32>,
}

/// A server that closes idle connections after `idle`, and counts the connections it accepted.
fn serve(idle: Duration, options: PoolOptions) -> Server {
    let network = MemoryNetwork::new();
    let mut listener = network.listen("west.test", 80, Link::default()).expect("free");
    let connections = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok(incoming) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let conn = incoming.accept();
            tokio::spawn(async move {
                let options = ServeOptions { header_timeout: Some(idle), ..Default::default() };
                let served = serve_connection(conn, options, |_| async {
                    Response::new(Full::new(Bytes::from_static(b"pong")))
                });
                let _ = served.await;
            });
        }
    });
    let pool = Pool::new(network.connector("client"), options);
    let to = Authority { host: Arc::from("west.test"), port: 80, tls: false };
    Server { pool, to, connections }
}

impl Server {
    async fn call(&self) -> Result<Bytes, SendError> {
        let request = Request::get("/").header("host", "west.test").body(Full::default());
        let response = self.pool.send(&self.to, request.expect("valid"), "").await?;
        Ok(response.into_body().collect().await.map_err(SendError::Closed)?.to_bytes())
    }

    fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn calls_in_a_row_share_one_connection() {
    let server = serve(Duration::from_secs(600), PoolOptions::default());
    for _ in 0..5 {
        assert_eq!(server.call().await.expect("answered"), "pong");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_old_idle_connection_is_not_used_again() {
    let server = serve(Duration::from_secs(600), PoolOptions::default());
    server.call().await.expect("answered");
    tokio::time::sleep(Duration::from_secs(51)).await;
    server.call().await.expect("answered");
    assert_eq!(server.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_connection_closed_while_idle_costs_nobody_an_error() {
    let server = serve(Duration::from_secs(10), PoolOptions::default());
    server.call().await.expect("answered");
    tokio::time::sleep(Duration::from_secs(20)).await;
    server.call().await.expect("answered over a fresh connection");
    assert_eq!(server.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_body_dropped_early_closes_its_connection() {
    let server = serve(Duration::from_secs(600), PoolOptions::default());
    let request = Request::get("/").header("host", "west.test").body(Full::default());
    let response = server.pool.send(&server.to, request.expect("valid"), "").await;
    drop(response.expect("answered"));
    server.call().await.expect("answered");
    assert_eq!(server.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_dial_that_nobody_answers_ends_at_its_timeout() {
    let network = MemoryNetwork::new();
    let _listener = network.listen("hole.test", 80, Link::default()).expect("free");
    let pool = Pool::new(network.connector("client"), PoolOptions::default());
    let to = Authority { host: Arc::from("hole.test"), port: 80, tls: false };
    let start = tokio::time::Instant::now();
    let request = Request::get("/").body(Full::default()).expect("valid");
    let error = pool.send(&to, request, "").await.expect_err("no answer");
    assert!(matches!(error, SendError::ConnectTimeout(_)), "{error}");
    assert_eq!(start.elapsed().as_secs(), 5);
}

/// Who closes connections for being idle closes more than one.
#[tokio::test(start_paused = true)]
async fn a_reused_connection_that_breaks_is_told_apart_and_takes_the_other_idle_ones_with_it() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let network = MemoryNetwork::new();
    let mut listener = network.listen("west.test", 80, Link::default()).expect("free");
    let connections = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok(incoming) = listener.accept().await {
            let number = counted.fetch_add(1, Ordering::Relaxed);
            let mut conn = incoming.accept();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = conn.read(&mut request).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
                let _ = conn.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npong").await;
                // The first three take a second request, and end.
                if number < 3 {
                    let _ = conn.read(&mut request).await;
                    return;
                }
                std::future::pending::<()>().await;
            });
        }
    });
    let pool = Pool::new(network.connector("client"), PoolOptions::default());
    let to = Authority { host: Arc::from("west.test"), port: 80, tls: false };
    let server = Arc::new(Server { pool, to, connections });
    let both: Vec<_> = (0..3)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.call().await.expect("answered") })
        })
        .collect();
    for one in both {
        one.await.expect("no panic");
    }
    let error = server.call().await.expect_err("it ends");
    assert!(matches!(error, SendError::Stale(_)), "{error}");
    assert_eq!(server.connections(), 3);
    assert_eq!(server.call().await.expect("over a fresh connection"), "pong");
    assert_eq!(server.connections(), 4);
}
