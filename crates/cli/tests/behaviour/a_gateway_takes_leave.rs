//! A standing gateway that is told to stop ends in order: readiness first, open requests after it, a last word for the
//! rest; and its certificate changes without it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::standing::{Running, wait_for};
use crate::support::Scratch;

/// A deployment that answers by itself after a while.
pub(crate) fn config(delay: f32) -> String {
    format!(
        "model_list:\n  - model_name: m\n    litellm_params: {{ model: openai/gpt-4o, api_key: sk-none, mock_response: hello, mock_delay: {delay} }}\n"
    )
}

fn start(scratch: &Scratch, delay: f32, drain: &[&str]) -> (Running, String) {
    scratch.write("served.yaml", &config(delay));
    let arguments = ["gateway", "--config", "served.yaml", "--port", "0", "--log", "all"];
    let gateway = Running::start(&mut scratch.command(&[&arguments, drain].concat()));
    let url = gateway.says("gateway listens on http://");
    (gateway, url)
}

pub(crate) fn send(address: &str, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(request.as_bytes()).expect("sent");
    stream
}

pub(crate) fn chat(address: &str) -> TcpStream {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;
    let length = body.len();
    let head =
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json";
    send(address, &format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}"))
}

pub(crate) fn rest(mut stream: TcpStream) -> String {
    let mut said = String::new();
    stream.read_to_string(&mut said).expect("an answer, and its end");
    said
}

fn code(gateway: &mut Running) -> Option<i32> {
    wait_for(|| gateway.ended()).and_then(|status| status.code())
}

#[test]
fn what_is_under_way_ends_and_readiness_fails_first() {
    let scratch = Scratch::new();
    let (mut gateway, address) = start(&scratch, 3.0, &["--grace", "2"]);
    let early = chat(&address);
    gateway.says("pick");
    gateway.signal("-TERM");
    gateway.says("stopping: readiness fails for 2 s, then open requests have 30 s to end");
    let probe = "GET /health/readiness HTTP/1.1\r\nhost: probe\r\nconnection: close\r\n\r\n";
    let ready = rest(send(&address, probe));
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("draining"), "{ready}");
    let late = chat(&address);
    for answer in [early, late] {
        let answer = rest(answer);
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("hello"), "{answer}");
    }
    assert_eq!(code(&mut gateway), Some(0));
}

#[test]
fn what_outlasts_the_drain_gets_a_last_word() {
    let scratch = Scratch::new();
    let (mut gateway, address) = start(&scratch, 600.0, &["--grace", "0", "--drain", "1"]);
    let waiting = chat(&address);
    gateway.says("pick");
    gateway.signal("-TERM");
    let answer = rest(waiting);
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("shutting down"), "{answer}");
    assert_eq!(code(&mut gateway), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let scratch = Scratch::new();
    let (mut gateway, address) = start(&scratch, 600.0, &["--grace", "600", "--drain", "600"]);
    let _waiting = chat(&address);
    gateway.says("pick");
    gateway.signal("-TERM");
    gateway.says("stopping: ");
    gateway.signal("-TERM");
    assert_eq!(code(&mut gateway), Some(130));
}

/// A certificate and its key, as PEM.
fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("made");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

#[test]
fn its_certificate_is_read_again_and_a_wrong_one_changes_nothing() {
    let scratch = Scratch::new();
    scratch.write("served.yaml", &config(0.0));
    let write = |(certificate, key): (String, String)| {
        scratch.write("key.pem", &key);
        scratch.write("cert.pem", &certificate);
    };
    write(certificate());
    let tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    let arguments = ["gateway", "--config", "served.yaml", "--port", "0"];
    let gateway = Running::start(&mut scratch.command(&[&arguments[..], &tls].concat()));
    gateway.says("gateway listens on https://127.0.0.1:");
    write(certificate());
    gateway.says("cert.pem was read again");
    scratch.write("cert.pem", "no certificate");
    gateway
        .says("cert.pem: cannot read the certificate; give it as PEM: the old certificate stays");
    scratch.write("cert.pem", &certificate().0);
    gateway.says("cert.pem: certificate and key do not go together");
    write(certificate());
    gateway.says("cert.pem was read again");
    let alone = scratch.run(&[&arguments[..], &tls[..2]].concat());
    assert_eq!(alone.code, 2, "{}", alone.err);
}
