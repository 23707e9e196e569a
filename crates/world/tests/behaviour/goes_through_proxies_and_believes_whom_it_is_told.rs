//! Dials over real sockets: whose certificates are believed, and the way through a proxy that is asked for one.

#![expect(clippy::unwrap_used, reason = "helpers of a test stop it where they fail")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use world::pool::{Pool, PoolOptions, SendError};
use world::{
    Authority, Believed, Connector as _, Exceptions, Link, Proxies, Proxy, SelfSigned,
    ServeOptions, TcpConnector, Trust, TrustError, TrustOptions, listen_tcp, serve_connection,
};

/// A server that shows that certificate, and says who came.
async fn server(made: &SelfSigned) -> SocketAddr {
    let listener = listen_tcp("127.0.0.1:0".parse().unwrap(), Link::default()).await.unwrap();
    let address = listener.address().unwrap().parse().unwrap();
    let mut listener = listener.secured(made.identity.clone());
    tokio::spawn(async move {
        while let Ok(incoming) = listener.accept().await {
            tokio::spawn(async move {
                let answer = |_: Request<hyper::body::Incoming>| async {
                    Response::new(Full::new(Bytes::from_static(b"hi")))
                };
                let Ok(conn) = incoming.greet().await else { return };
                let _ = serve_connection(conn, ServeOptions::default(), answer).await;
            });
        }
    });
    address
}

fn at(host: &str, address: SocketAddr) -> Authority {
    Authority { host: Arc::from(host), port: address.port(), tls: true }
}

async fn get(connector: TcpConnector, to: &Authority) -> Result<u16, SendError> {
    let pool = Pool::new(Arc::new(connector), PoolOptions::default());
    let mut request = Request::new(Full::default());
    request.headers_mut().insert("host", "x".parse().unwrap());
    Ok(pool.send(to, request, "").await?.status().as_u16())
}

fn trusting(options: &TrustOptions) -> TcpConnector {
    let trust = Some(Trust::new(options).unwrap());
    TcpConnector { trust, ..TcpConnector::default() }
}

#[tokio::test]
async fn a_certificate_is_believed_if_its_authority_is() {
    let made = SelfSigned::make(vec!["localhost".to_owned()]).unwrap();
    let other = SelfSigned::make(vec!["localhost".to_owned()]).unwrap();
    let to = at("localhost", server(&made).await);
    let pem = |made: &SelfSigned| Arc::from(made.authority_pem.as_str());
    let only =
        |made| TrustOptions { believed: Believed::Only(pem(made)), ..TrustOptions::default() };
    let further = |made| TrustOptions { further: Some(pem(made)), ..TrustOptions::default() };
    for (options, believed) in [
        (TrustOptions::default(), false),
        (only(&made), true),
        (only(&other), false),
        (further(&made), true),
        (further(&other), false),
        (TrustOptions { believed: Believed::Anybody, ..TrustOptions::default() }, true),
    ] {
        let got = get(trusting(&options), &to).await;
        assert_eq!(got.is_ok(), believed, "{options:?}: {got:?}");
    }
    // Whoever is believed is believed under their name only.
    let elsewhere = Authority { host: Arc::from("127.0.0.1"), ..to.clone() };
    assert!(get(trusting(&only(&made)), &elsewhere).await.is_err());
    let anybody = TrustOptions { believed: Believed::Anybody, ..TrustOptions::default() };
    assert!(get(trusting(&anybody), &elsewhere).await.is_ok());
    // A connector keeps the authorities that it was given beside whatever it is told.
    let own = TcpConnector { further: Some(pem(&made)), ..TcpConnector::default() };
    let told = own.trusting(&TrustOptions::default()).unwrap().unwrap();
    let dial = world::Dial { to: &to, on_behalf_of: "" };
    assert!(told.connect(dial).await.is_ok());
}

#[test]
fn what_is_no_certificate_makes_no_trust() {
    let only = |pem: &str| TrustOptions {
        believed: Believed::Only(Arc::from(pem)),
        ..TrustOptions::default()
    };
    assert!(matches!(Trust::new(&only("")), Err(TrustError::Certificate)));
    assert!(matches!(Trust::new(&only("not PEM")), Err(TrustError::Certificate)));
    let made = SelfSigned::make(vec!["x".to_owned()]).unwrap();
    let own = TrustOptions { own: Some(Arc::from(made.authority_pem)), ..TrustOptions::default() };
    assert!(matches!(Trust::new(&own), Err(TrustError::Key)));
}

/// A proxy that opens ways, or says `refuses`; what it was asked stands in the list.
async fn proxy(refuses: Option<&'static str>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    #[expect(clippy::disallowed_methods, reason = "a proxy of somebody else's")]
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let heard = Arc::clone(&heard);
            tokio::spawn(async move {
                let mut tcp = BufReader::new(tcp);
                let mut lines = Vec::new();
                loop {
                    let mut line = String::new();
                    tcp.read_line(&mut line).await.unwrap();
                    if line.trim().is_empty() {
                        break;
                    }
                    lines.push(line.trim().to_owned());
                }
                let port = lines[0].split([':', ' ']).nth(2).unwrap().to_owned();
                heard.lock().unwrap().extend(lines);
                if let Some(refusal) = refuses {
                    tcp.write_all(refusal.as_bytes()).await.unwrap();
                    return;
                }
                tcp.write_all(b"HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n")
                    .await
                    .unwrap();
                #[expect(clippy::disallowed_methods, reason = "a proxy of somebody else's")]
                let mut far =
                    tokio::net::TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
                let _ = copy_bidirectional(&mut tcp, &mut far).await;
            });
        }
    });
    (address, asked)
}

fn through(proxy: &str, made: &SelfSigned, except: &str) -> TcpConnector {
    let believed = Believed::Only(Arc::from(made.authority_pem.as_str()));
    let trust = Trust::new(&TrustOptions { believed, ..TrustOptions::default() }).unwrap();
    let https = Some(Proxy::parse(proxy).unwrap());
    let proxies = Proxies { https, http: None, except: Exceptions::parse(except) };
    TcpConnector { trust: Some(trust), proxies: Arc::new(proxies), ..TcpConnector::default() }
}

#[tokio::test]
async fn a_way_is_asked_of_the_proxy_and_tls_is_spoken_through_it() {
    // Only the proxy knows where this is.
    let made = SelfSigned::make(vec!["provider.example".to_owned()]).unwrap();
    let to = at("provider.example", server(&made).await);
    let (proxy, asked) = proxy(None).await;
    let url = format!("http://me:secr%40t@{proxy}");
    assert_eq!(get(through(&url, &made, ""), &to).await.unwrap(), 200);
    let host = format!("provider.example:{}", to.port);
    let lines = asked.lock().unwrap().clone();
    assert_eq!(lines[0], format!("CONNECT {host} HTTP/1.1"));
    assert!(lines.contains(&format!("host: {host}")), "{lines:?}");
    assert!(lines.contains(&"proxy-authorization: Basic bWU6c2VjckB0".to_owned()), "{lines:?}");
}

#[tokio::test]
async fn exceptions_and_this_machine_are_dialled_without_it() {
    let made = SelfSigned::make(vec!["localhost".to_owned()]).unwrap();
    let to = at("localhost", server(&made).await);
    let (proxy, asked) = proxy(None).await;
    assert_eq!(get(through(&proxy.to_string(), &made, ""), &to).await.unwrap(), 200);
    assert!(asked.lock().unwrap().is_empty());
    let far = at("provider.invalid", "127.0.0.1:9".parse().unwrap());
    assert!(get(through(&proxy.to_string(), &made, ".invalid"), &far).await.is_err());
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_proxy_that_opens_no_way_is_named_with_what_it_says() {
    let made = SelfSigned::make(vec!["provider.example".to_owned()]).unwrap();
    let to = at("provider.example", server(&made).await);
    for (refusal, why) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "says 407"),
        ("SSH-2.0-x\r\n\r\n", "does not speak HTTP"),
    ] {
        let (proxy, _) = proxy(Some(refusal)).await;
        let got = get(through(&proxy.to_string(), &made, ""), &to).await;
        let text = got.unwrap_err().to_string();
        assert!(text.contains(&format!("the proxy {proxy}")) && text.contains(why), "{text}");
    }
}
