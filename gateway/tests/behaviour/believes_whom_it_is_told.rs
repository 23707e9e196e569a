//! Providers whose certificate is nobody's that browsers know: a deployment asks those that it is told to believe.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::sync::Arc;

use crate::support::*;
use bytes::Bytes;
use gateway::config::{Config, Deployment};
use gateway::observer::Unobserved;
use gateway::{Gateway, GatewayError, Luck, Parts};
use http::{Request, Response};
use http_body_util::Full;
use vocab::Seed;
use world::pool::{Pool, PoolOptions};
use world::{
    Authority, Believed, Clock, Link, SelfSigned, ServeOptions, TcpConnector, TrustOptions,
    listen_tcp, serve_connection,
};

/// A provider that shows that certificate.
async fn provider(made: &SelfSigned) -> SocketAddr {
    const REPLY: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}"#;
    let anywhere = "127.0.0.1:0".parse().expect("an address");
    let listener = listen_tcp(anywhere, Link::default()).await.expect("a port");
    let address = listener.address().expect("bound").parse().expect("an address");
    let mut listener = listener.secured(made.identity.clone());
    tokio::spawn(async move {
        while let Ok(incoming) = listener.accept().await {
            tokio::spawn(async move {
                let answer = |_: Request<hyper::body::Incoming>| async {
                    let reply = Full::new(Bytes::from_static(REPLY.as_bytes()));
                    Response::new(reply)
                };
                let Ok(conn) = incoming.greet().await else { return };
                let _ = serve_connection(conn, ServeOptions::default(), answer).await;
            });
        }
    });
    address
}

fn parts(deployments: Vec<Deployment>) -> Parts {
    let config: Config = config("least-busy", deployments);
    Parts {
        luck: Luck::CallId,
        config: Arc::new(config),
        clock: Clock::wall(),
        connector: Arc::new(TcpConnector::default()),
        observer: Arc::new(Unobserved),
        seed: Seed(1),
        instance: Arc::from("gateway"),
    }
}

#[tokio::test]
async fn each_deployment_believes_its_own() {
    let made = SelfSigned::make(vec!["localhost".to_owned()]).expect("a certificate");
    let address = provider(&made).await;
    let at = |id: &str, believed: Believed| Deployment {
        authority: Authority { host: Arc::from("localhost"), port: address.port(), tls: true },
        num_retries: Some(0),
        trust: TrustOptions { believed, ..TrustOptions::default() },
        ..deployment(id)
    };
    let only = Believed::Only(Arc::from(made.authority_pem.as_str()));
    let all = [("only", only), ("anybody", Believed::Anybody), ("usual", Believed::Usual)];
    let deployments = all.map(|(id, believed)| at(id, believed)).to_vec();
    let gateway = Gateway::new(parts(deployments)).expect("a gateway");
    let anywhere = "127.0.0.1:0".parse().expect("an address");
    let listener = listen_tcp(anywhere, Link::default()).await.expect("a port");
    let to: SocketAddr = listener.address().expect("bound").parse().expect("an address");
    tokio::spawn(async move { gateway.serve(listener).await });
    for (id, status) in [("only", 200), ("anybody", 200), ("usual", 500)] {
        let pool = Pool::new(Arc::new(TcpConnector::default()), PoolOptions::default());
        let body = PLAIN.replace("\"model\":\"model\"", &format!("\"model\":\"{id}\""));
        let request = Request::post("/v1/chat/completions").header("host", "gateway");
        let request = request.body(Full::new(Bytes::from(body))).expect("a request");
        let to = authority("127.0.0.1", to.port());
        let answer = pool.send(&to, request, "").await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{id}");
    }
}

#[test]
fn what_is_no_bundle_is_refused_with_the_deployment_that_names_it() {
    let trust =
        TrustOptions { believed: Believed::Only(Arc::from("none")), ..TrustOptions::default() };
    let refused = Gateway::new(parts(vec![Deployment { trust, ..deployment("lost") }]));
    let Err(error @ GatewayError::Deployment { .. }) = refused else { panic!("{refused:?}") };
    let text = error.to_string();
    assert!(text.contains("`lost`") && text.contains("ssl_verify"), "{text}");
}
