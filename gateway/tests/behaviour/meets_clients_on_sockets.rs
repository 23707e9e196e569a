//! What only sockets show: clients that close one direction, HTTP/2, TLS.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway::{Door, Drain};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use world::{Conn, Connector as _, Dial, SelfSigned, TcpConnector};

use crate::support::*;

/// Words that come long after the request, and well apart.
fn slow(words: usize) -> Act {
    let word = |index| [Step::Wait(Duration::from_millis(80)), word(&format!("w{index} "))];
    Act::Stream([vec![role()], (0..words).flat_map(word).collect(), end()].concat())
}

async fn serving(acts: &[Act]) -> (Lab, SocketAddr) {
    let lab = Lab::new();
    lab.upstream("a", acts);
    let (address, _) =
        lab.on_socket((Door::default(), priority(&["a"])), None, Arc::default()).await;
    (lab, address)
}

async fn dial(address: SocketAddr) -> Conn {
    let to = authority(&address.ip().to_string(), address.port());
    let dial = Dial { to: &to, on_behalf_of: "" };
    TcpConnector::default().connect(dial).await.expect("a connection")
}

/// All that a client gets that closes its direction after this.
async fn half_closed(address: SocketAddr, request: &str) -> String {
    let mut client = dial(address).await;
    client.write_all(request.as_bytes()).await.expect("sent");
    client.shutdown().await.expect("closed in one direction");
    let mut got = String::new();
    client.read_to_string(&mut got).await.expect("an answer, and its end");
    got
}

#[tokio::test]
async fn a_client_that_closes_its_direction_gets_its_answer() {
    let (lab, address) = serving(&[slow(4), answer("yes")]).await;
    let got = half_closed(address, &request(STREAM)).await;
    assert!(got.starts_with("HTTP/1.1 100 Continue\r\n\r\n"), "asked whether it is there: {got}");
    assert!(got.contains("\r\n\r\nHTTP/1.1 200 OK\r\n"), "{got}");
    assert!(got.contains("w3 ") && got.contains("[DONE]"), "{got}");
    let got = half_closed(address, &request(PLAIN)).await;
    assert!(got.contains("HTTP/1.1 200 OK") && got.contains("yes"), "{got}");
    lab.decides(&["a pick", "a served after 1", "a pick", "a served after 1"]).await;
    let models = "GET /v1/models HTTP/1.1\r\nhost: gateway\r\n\r\n";
    assert!(half_closed(address, models).await.contains("\"model\""));
}

#[tokio::test]
async fn a_client_of_http_1_0_that_closes_its_direction_is_sent_nothing_that_it_does_not_know() {
    let (_lab, address) = serving(&[slow(3)]).await;
    let got = half_closed(address, &request(STREAM).replace("HTTP/1.1", "HTTP/1.0")).await;
    assert!(got.starts_with("HTTP/1.0 200 OK") && got.contains("[DONE]"), "{got}");
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_though_it_closes_the_same_way() {
    for act in [Act::Hang, Act::Stream(vec![role(), Step::Stall])] {
        let (lab, address) = serving(&[act]).await;
        let mut client = dial(address).await;
        client.write_all(request(STREAM).as_bytes()).await.expect("sent");
        lab.decides(&["a pick"]).await;
        drop(client);
        lab.decides(&["a pick", "a client left"]).await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_within_its_answer_is_noticed() {
    let endless = slow(100_000);
    let (lab, address) = serving(&[endless]).await;
    let mut client = dial(address).await;
    client.write_all(request(STREAM).as_bytes()).await.expect("sent");
    client.read_exact(&mut [0; 12]).await.expect("a head");
    drop(client);
    lab.decides(&["a pick", "a client left"]).await;
}

#[tokio::test]
async fn a_request_that_is_not_whole_is_not_waited_for() {
    let (lab, address) = serving(&[answer("yes")]).await;
    let whole = request(PLAIN);
    let got = half_closed(address, &whole[..whole.len() - 5]).await;
    assert!(!got.contains("200 OK"), "{got}");
    assert!(lab.hosts().is_empty());
}

#[tokio::test]
async fn the_end_of_a_direction_that_comes_with_the_end_of_a_body_is_no_end_of_the_request() {
    let (_lab, address) = serving(&[answer("yes")]).await;
    let whole = request(PLAIN);
    let (head, body) = whole.split_once("\r\n\r\n").expect("a head");
    let mut client = dial(address).await;
    let expecting = format!("{head}\r\nexpect: 100-continue\r\n\r\n");
    client.write_all(expecting.as_bytes()).await.expect("sent");
    let mut asked = [0; 25];
    client.read_exact(&mut asked).await.expect("the body is waited for");
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    // Nothing else runs in between: whoever serves finds both at once.
    client.write_all(body.as_bytes()).await.expect("sent");
    client.shutdown().await.expect("closed in one direction");
    let mut got = String::new();
    client.read_to_string(&mut got).await.expect("an answer, and its end");
    assert!(got.contains("HTTP/1.1 200 OK") && got.contains("yes"), "{got}");
}

async fn over_http2(address: SocketAddr) -> SendRequest<Full<Bytes>> {
    let tcp = dial(address).await;
    let shaken = handshake(TokioExecutor::new(), TokioIo::new(tcp)).await;
    let (send, connection) = shaken.expect("a server of HTTP/2");
    tokio::spawn(connection);
    send
}

/// Status and body of a chat completion over a stream.
async fn chat(mut send: SendRequest<Full<Bytes>>, body: &'static str) -> (u16, String) {
    let request = Request::post("http://gateway/v1/chat/completions");
    let request = request.body(Full::new(Bytes::from(body))).expect("a request");
    let response = send.send_request(request).await.expect("an answer");
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("its end").to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// A server with a single place for a client.
async fn narrow(act: Act) -> (Lab, SocketAddr) {
    let lab = Lab::new();
    lab.upstream("a", &[act]);
    let door = Door { connections_max: 1, ..Door::default() };
    let (address, _) = lab.on_socket((door, priority(&["a"])), None, Arc::default()).await;
    (lab, address)
}

/// What a client gets that sends this and keeps its direction open.
async fn asked(address: SocketAddr, request: &str) -> String {
    let mut client = dial(address).await;
    client.write_all(request.as_bytes()).await.expect("sent");
    let mut got = String::new();
    client.read_to_string(&mut got).await.expect("an answer, and its end");
    got
}

/// A request for a page that keeps no connection.
const MODELS: &str = "GET /v1/models HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_silent_client_of_http_2_makes_room_whether_it_hears_of_that_or_not() {
    let (_lab, address) = narrow(answer("yes")).await;
    let mut silent = dial(address).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    silent.write_all(preface).await.expect("sent");
    silent.read_exact(&mut [0; 9]).await.expect("its settings");
    let got = asked(address, MODELS).await;
    assert!(got.starts_with("HTTP/1.1 200 OK"), "{got}");
    let mut rest = Vec::new();
    let _ = silent.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn a_client_of_http_2_that_reads_slowly_is_not_idle() {
    // More than its client takes unread.
    const LONG: usize = 8 * 1024 * 1024;
    let (_lab, address) = narrow(answer(&"x".repeat(LONG))).await;
    let mut send = over_http2(address).await;
    let request = Request::post("http://gateway/v1/chat/completions");
    let request = request.body(Full::new(Bytes::from(PLAIN))).expect("a request");
    let response = send.send_request(request).await.expect("an answer");
    let got = asked(address, MODELS).await;
    assert!(got.starts_with("HTTP/1.1 503 "), "there is no room: {got}");
    let body = response.into_body().collect().await.expect("its end").to_bytes();
    assert!(body.len() > LONG);
}

#[tokio::test]
async fn requests_share_a_connection_of_http_2() {
    let (lab, address) = serving(&[slow(6), answer("yes")]).await;
    let send = over_http2(address).await;
    let streaming = tokio::spawn(chat(send.clone(), STREAM));
    lab.decides(&["a pick"]).await;
    let (status, body) = chat(send, PLAIN).await;
    assert!(status == 200 && body.contains("yes"), "{status} {body}");
    assert_eq!(lab.decided(), ["a pick", "a pick", "a served after 1"], "beside the stream");
    let (status, body) = streaming.await.expect("no panic");
    assert!(status == 200 && body.contains("w5 ") && body.contains("[DONE]"), "{body}");
}

#[tokio::test]
async fn a_stream_of_http_2_that_is_dropped_is_a_client_that_left() {
    let (lab, address) = serving(&[Act::Hang]).await;
    let send = over_http2(address).await;
    let asking = tokio::spawn(chat(send.clone(), PLAIN));
    lab.decides(&["a pick"]).await;
    asking.abort();
    lab.decides(&["a pick", "a client left"]).await;
    assert!(send.is_ready(), "its connection goes on");
}

#[tokio::test]
async fn the_end_says_its_last_word_over_http_2() {
    let endless = slow(100_000);
    let lab = Lab::new();
    lab.upstream("a", &[endless, Act::Hang]);
    let stop = Arc::<Notify>::default();
    let drain = Drain { notice: Duration::ZERO, limit: Duration::from_millis(300) };
    let door = Door { drain, ..Door::default() };
    let served = lab.on_socket((door, priority(&["a"])), None, Arc::clone(&stop)).await;
    let (address, serving) = served;
    let send = over_http2(address).await;
    let streaming = tokio::spawn(chat(send.clone(), STREAM));
    lab.decides(&["a pick"]).await;
    let waiting = tokio::spawn(chat(send, PLAIN));
    lab.decides(&["a pick", "a pick"]).await;
    stop.notify_one();
    let (status, body) = streaming.await.expect("no panic");
    assert!(status == 200 && body.contains("shutting down"), "{body}");
    let (status, body) = waiting.await.expect("no panic");
    assert!(status == 503 && body.contains("shutting down"), "{body}");
    serving.await.expect("no panic");
}

/// A client that trusts one authority and offers these protocols; what was agreed on.
async fn agreed(address: SocketAddr, authority: &str, offers: &[&[u8]]) -> Option<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(authority.as_bytes()).expect("a certificate");
    roots.add(authority).expect("an authority");
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = offers.iter().map(|offer| offer.to_vec()).collect();
    let tcp = dial(address).await;
    let name = ServerName::try_from("localhost").expect("a name");
    let tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.ok()?;
    Some(tls.get_ref().1.alpn_protocol().unwrap_or_default().to_vec())
}

#[tokio::test]
async fn tls_offers_both_versions_and_shows_the_newest_certificate() {
    let make = || SelfSigned::make(vec!["localhost".to_owned()]).expect("a certificate");
    let (first, second) = (make(), make());
    let lab = Lab::new();
    lab.upstream("a", &[answer("yes")]);
    let config = (Door::default(), priority(&["a"]));
    let identity = first.identity.clone();
    let (address, _) = lab.on_socket(config, Some(identity), Arc::default()).await;
    let both: &[&[u8]] = &[b"h2", b"http/1.1"];
    assert_eq!(agreed(address, &first.authority_pem, both).await.as_deref(), Some(&b"h2"[..]));
    let old: &[&[u8]] = &[b"http/1.1"];
    let http1 = agreed(address, &first.authority_pem, old).await;
    assert_eq!(http1.as_deref(), Some(&b"http/1.1"[..]));
    first.identity.replace(&second.identity);
    assert_eq!(agreed(address, &first.authority_pem, both).await, None);
    assert_eq!(agreed(address, &second.authority_pem, both).await.as_deref(), Some(&b"h2"[..]));
}
