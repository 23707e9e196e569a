//! A standing gateway with few file descriptors answers all the same, and serves its metrics where it was told to.

use std::io::Read as _;
use std::net::TcpStream;
use std::process::Command;

use crate::a_gateway_takes_leave::{chat, config, rest, send};
use crate::standing::Running;
use crate::support::Scratch;

#[test]
fn idle_connections_leave_for_whoever_asks() {
    let scratch = Scratch::new();
    scratch.write("served.yaml", &config(0.0));
    // Sixteen connections in front: half of what is left beside the sixty-four that it keeps.
    let limited = "ulimit -n 96; exec \"$0\" gateway --config served.yaml --port 0";
    let mut command = Command::new("sh");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_brownout")]).current_dir(scratch.path("."));
    let gateway = Running::start(&mut command);
    let address = gateway.says("gateway listens on http://");
    let mut idle: Vec<TcpStream> =
        (0..100).map(|_| TcpStream::connect(&address).expect("it listens")).collect();
    for _ in 0..3 {
        let answer = rest(closing(&address));
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
    assert_eq!(idle[0].read(&mut [0]).expect("closed in order"), 0, "the oldest has left");
    let busy: Vec<TcpStream> = (0..16).map(|_| chat(&address)).collect();
    drop((idle, busy));
}

/// A request for health that keeps no connection.
fn closing(address: &str) -> TcpStream {
    send(address, "GET /v1/models HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
}

#[test]
fn metrics_are_where_they_were_asked_for() {
    let scratch = Scratch::new();
    let keyed = format!("{}general_settings: {{ master_key: \" sk-master\\n\" }}\n", config(0.0));
    scratch.write("served.yaml", &keyed);
    let arguments = ["gateway", "--config", "served.yaml", "--port", "0", "--metrics-port", "0"];
    let gateway = Running::start(&mut scratch.command(&arguments));
    let metrics = gateway.says("metrics on http://");
    let metrics = metrics.trim_end_matches("/metrics");
    let address = gateway.says("gateway listens on http://");
    let get = |path: &str, more: &str| {
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{more}\r\n")
    };
    assert!(rest(send(metrics, &get("/metrics", ""))).contains("litellm_in_flight_requests 0"));
    assert!(rest(send(&address, &get("/metrics", ""))).starts_with("HTTP/1.1 401"));
    let key = get("/metrics", "authorization: Bearer sk-master\r\n");
    assert!(rest(send(&address, &key)).starts_with("HTTP/1.1 200"), "blanks are no part of a key");
}

#[test]
fn a_blank_master_key_is_no_key_and_no_mistake_to_pass_over() {
    let scratch = Scratch::new();
    scratch.write(
        "served.yaml",
        &format!("{}general_settings: {{ master_key: \" \\n\" }}\n", config(0.0)),
    );
    let ran = scratch.run(&["gateway", "--config", "served.yaml", "--port", "0"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("`master_key` is blank"), "{}", ran.err);
}
