//! A standing gateway reads its config again when the file changes, and on SIGHUP; a wrong one changes nothing, and no
//! request is dropped.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::standing::{Running, wait_for};
use crate::support::Scratch;

fn config(model: &str) -> String {
    format!(
        "model_list:\n  - model_name: {model}\n    litellm_params: {{ model: openai/gpt-4o, api_key: sk-none, api_base: \"http://127.0.0.1:9/v1\" }}\n"
    )
}

/// Names of the models that the gateway at `url` serves.
fn models(url: &str) -> Vec<String> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request =
        format!("GET /v1/models HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let list = body["data"].as_array().expect("a list").iter();
    list.filter_map(|model| model["id"].as_str().map(str::to_owned)).collect()
}

fn start(scratch: &Scratch) -> (Running, String) {
    scratch.write("served.yaml", &config("first"));
    let arguments = ["gateway", "--config", "served.yaml", "--port", "0"];
    let gateway = Running::start(&mut scratch.command(&arguments));
    let url = gateway.says("gateway listens on ");
    assert_eq!(models(&url), ["first"]);
    (gateway, url)
}

#[test]
fn a_file_that_changes_is_read_again() {
    let scratch = Scratch::new();
    let (gateway, url) = start(&scratch);
    scratch.write("served.yaml", &config("second"));
    gateway.says("served.yaml was read again");
    assert_eq!(models(&url), ["second"]);
}

#[test]
fn a_wrong_file_changes_nothing_and_is_told_with_its_place() {
    let scratch = Scratch::new();
    let (gateway, url) = start(&scratch);
    scratch.write("served.yaml", "model_list: [}\n");
    gateway.says("served.yaml:1:");
    gateway.says("served.yaml has changed and cannot be used: the old config stays");
    assert_eq!(models(&url), ["first"]);
    scratch.write("served.yaml", &config("third"));
    gateway.says("served.yaml was read again");
    assert_eq!(models(&url), ["third"]);
}

#[test]
fn sighup_reads_it_again_also_where_it_looks_the_same() {
    let scratch = Scratch::new();
    let (mut gateway, url) = start(&scratch);
    for _ in 0..3 {
        gateway.signal("-HUP");
        gateway.says("served.yaml was read again");
        assert_eq!(models(&url), ["first"]);
    }
    assert!(gateway.ended().is_none());
    gateway.signal("-TERM");
    assert_eq!(wait_for(|| gateway.ended()).and_then(|status| status.code()), Some(0));
}

#[test]
fn beyond_loopback_a_gateway_wants_a_master_key_or_to_be_told_twice() {
    let scratch = Scratch::new();
    scratch.write("served.yaml", &config("first"));
    let open = ["gateway", "--config", "served.yaml", "--port", "0", "--host", "0.0.0.0"];
    let ran = scratch.run(&open);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("general_settings.master_key"), "{}", ran.err);
    let twice = [&open[..], &["--trust-network"]].concat();
    Running::start(&mut scratch.command(&twice)).says("gateway listens on ");
}

/// A port on which nobody listens: the attempt fails, and the log says so without the key.
#[test]
fn what_fails_has_a_line_in_the_log() {
    let scratch = Scratch::new();
    scratch.write("served.yaml", &config("first"));
    let arguments = ["gateway", "--config", "served.yaml", "--port", "0", "--log-json"];
    let gateway = Running::start(&mut scratch.command(&arguments));
    let url = gateway.says("gateway listens on ");
    let address = url.trim_start_matches("http://");
    let body = r#"{"model":"first","num_retries":0,"messages":[{"role":"user","content":"secret words"}]}"#;
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nx-litellm-call-id: mine\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let line = gateway.says("\"decision\":\"attempt_failed\"");
    assert!(line.contains("\"reason\":\"connect\""), "{line}");
    assert!(!line.contains("secret") && !line.contains("sk-none"), "{line}");
    gateway.says("\"decision\":\"gave_up\"");
}
