//! A client that goes away closes the provider's stream, and nobody is blamed for it.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::time::Duration;

use crate::support::*;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use world::pool::{Pool, PoolOptions};

fn request() -> Request<Full<Bytes>> {
    Request::post("/v1/chat/completions")
        .header("host", "gateway")
        .header("x-litellm-call-id", "call-1")
        .body(Full::new(Bytes::from_static(STREAM.as_bytes())))
        .expect("a request")
}

#[tokio::test(start_paused = true)]
async fn in_mid_stream() {
    for make in [priority, litellm] {
        let lab = Lab::new();
        lab.upstream("a", &[stream(500), stream(1)]).gateway(make(&["a"]));
        let pool = Pool::new(lab.network.connector("client"), PoolOptions::default());
        let mut response =
            pool.send(&authority("gateway", 4000), request(), "").await.expect("an answer");
        response.body_mut().frame().await.expect("a frame").expect("a token");
        drop(response);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(lab.decided(), ["a pick", "a client left"]);
        assert_eq!(lab.chat(STREAM).await.status, 200, "the deployment is not blamed");
        let metrics = lab.send("GET", "/metrics", &[], "").await.body;
        assert!(metrics.contains("litellm_in_flight_requests 0\n"), "{metrics}");
        assert!(metrics.contains("status_code=\"499\"} 1\n"), "{metrics}");
    }
}

#[tokio::test(start_paused = true)]
async fn before_an_answer() {
    let lab = Lab::new();
    lab.upstream("a", &[Act::Hang, stream(1)]).gateway(priority(&["a"]));
    let pool = Pool::new(lab.network.connector("client"), PoolOptions::default());
    let gateway = authority("gateway", 4000);
    let sent = pool.send(&gateway, request(), "");
    let sent = tokio::time::timeout(Duration::from_millis(500), sent).await;
    assert!(sent.is_err(), "the upstream hangs");
    drop(pool);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(lab.decided(), ["a pick", "a client left"]);
    assert_eq!(lab.hosts().len(), 1, "no retry for nobody");
}
