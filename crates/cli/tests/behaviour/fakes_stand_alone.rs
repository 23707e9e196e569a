//! Standing fakes as a process: the admin API, tokens, TLS, and what may not be left open.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::standing::Running;
use crate::support::Scratch;

/// One HTTP/1.1 exchange by hand: status and body.
fn call(url: &str, line: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let authority = url.strip_prefix("http://").expect("plain text");
    let mut stream = TcpStream::connect(authority).expect("it listens");
    let mut request = format!("{line} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).expect("sent");
    let mut said = String::new();
    stream.read_to_string(&mut said).expect("an answer");
    let status = said.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let (_, body) = said.split_once("\r\n\r\n").expect("a head");
    (status, body.to_owned())
}

const JSON: (&str, &str) = ("content-type", "application/json");

fn ask(url: &str, key: &str, model: &str) -> u16 {
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] });
    let bearer = format!("Bearer {key}");
    let headers = [JSON, ("authorization", bearer.as_str())];
    call(url, "POST /v1/chat/completions", &headers, &body.to_string()).0
}

#[test]
fn a_standing_persona_is_driven_over_its_admin_api() {
    let scratch = Scratch::new();
    let fakes = ["fakes", "--persona", "openai", "--port", "0"];
    let fakes = Running::start(&mut scratch.command(&fakes));
    let base = fakes.says("  OPENAI_BASE_URL=");
    let admin = fakes.says("admin API on ");
    let url = fakes.says("fakes listen on ");
    assert_eq!(base, format!("{url}/v1"));
    assert_eq!(ask(&url, "sk-brownout-1", "gpt-4o"), 200);
    assert_eq!(ask(&url, "sk-brownout-1", "gpt-4o--error-503"), 503);
    let outage = json!([{ "id": "outage", "inject": { "error": { "status": 500 } }, "at": "1h" }]);
    let (status, said) = call(&admin, "PUT /timeline", &[JSON], &outage.to_string());
    assert_eq!(status, 200, "{said}");
    assert_eq!(ask(&url, "sk-brownout-1", "gpt-4o"), 200);
    assert_eq!(call(&admin, "POST /seek", &[JSON], r#"{"to":"1h"}"#).0, 200);
    assert_eq!(ask(&url, "sk-brownout-1", "gpt-4o"), 500);
    let (_, journal) = call(&admin, "GET /journal?fault=outage", &[], "");
    let journal: Value = serde_json::from_str(&journal).expect("JSON");
    assert_eq!(journal["rows"][0]["attempt"]["status"], 500);
    fakes.signal("-TERM");
    assert_eq!(fakes.end().0, Some(0));
}

#[test]
fn a_token_is_the_key_and_is_not_shown() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path("token"), "a-token-that-nobody-guesses\n").expect("written");
    let fakes = ["fakes", "--persona", "openai", "--port", "0", "--token-file", "token"];
    let fakes = Running::start(&mut scratch.command(&fakes));
    assert_eq!(fakes.says("  OPENAI_API_KEY="), "<token>");
    let url = fakes.says("fakes listen on ");
    assert_eq!(ask(&url, "sk-brownout-1", "gpt-4o"), 401);
    assert_eq!(ask(&url, "a-token-that-nobody-guesses", "gpt-4o"), 200);
}

#[test]
fn beyond_loopback_everything_is_guarded_or_said_to_be_open() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path("token"), "a-token-that-nobody-guesses\n").expect("written");
    std::fs::write(scratch.path("short"), "secret\n").expect("written");
    let fakes = ["fakes", "--persona", "openai", "--port", "0"];
    for (more, says) in [
        (&["--listen", "0.0.0.0"][..], "add --token-file FILE and --tls"),
        (&["--listen", "0.0.0.0", "--tls"], "add --token-file FILE"),
        (&["--host", "0.0.0.0", "--token-file", "token"], "add --tls"),
        (&["--admin-listen", "0.0.0.0"], "--admin-listen 0.0.0.0 can be reached"),
        (&["--token-file", "short"], "16 to 200 visible ASCII characters"),
        (&["--tls-cert", "token", "--tls-key", "token"], "cannot read the certificate"),
    ] {
        let ran = scratch.run(&[&fakes[..], more].concat());
        assert_eq!(ran.code, 2, "{more:?}: {}", ran.err);
        assert!(ran.err.contains(says), "{more:?}: {}", ran.err);
    }
    let open = [&fakes[..], &["--listen", "0.0.0.0", "--trust-network"]].concat();
    let open = Running::start(&mut scratch.command(&open));
    assert!(open.says("fakes listen on ").starts_with("http://0.0.0.0:"));
}

#[test]
fn tls_is_spoken_with_a_certificate_that_clients_can_trust() {
    let scratch = Scratch::new();
    let fakes =
        ["fakes", "--persona", "openai", "--port", "0", "--tls", "--tls-name", "fakes.test"];
    let fakes = Running::start(&mut scratch.command(&fakes));
    let url = fakes.says("fakes listen on ");
    let port = url.strip_prefix("https://127.0.0.1:").expect("TLS").to_owned();
    let authority = scratch.path("brownout-tls/ca.pem");
    let authority = authority.to_str().expect("text");
    for (host, trusted) in [("fakes.test", true), ("localhost", true), ("other.test", false)] {
        let ran = std::process::Command::new("curl")
            .args(["-sS", "--noproxy", "*", "--max-time", "20", "--cacert", authority])
            .args(["--resolve", &format!("{host}:{port}:127.0.0.1")])
            .arg(format!("https://{host}:{port}/health"))
            .output()
            .expect("curl");
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        let why = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.success() && said.contains("ok"), trusted, "{host}: {said} {why}");
    }
}

#[test]
fn a_run_uses_fakes_that_already_stand() {
    let scratch = Scratch::new();
    scratch.change("at: 6s, for: 4s", "at: 1s, for: 2500ms");
    std::fs::write(scratch.path("token"), "a-token-that-nobody-guesses\n").expect("written");
    let fakes = ["fakes", "scenario.yaml", "--port", "0", "--token-file", "token"];
    let fakes = Running::start(&mut scratch.command(&fakes));
    let admin = fakes.says("admin API on ");
    let url = fakes.says("fakes listen on ");
    // What was there before the run is no part of it.
    assert_eq!(call(&url, "GET /health", &[], "").0, 200);
    let standing = format!("seed: 11\nfakes: {{ url: \"{admin}\", token_file: token }}");
    scratch.change("seed: 11", &standing);
    let run = ["run", "scenario.yaml", "--clock", "wall", "--for", "4s", "--out", "ran"];
    let ran = scratch.run(&run);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("standing fakes share one port"), "{}", ran.err);
    scratch.change("inject: refuse", "inject: { error: { status: 503 } }");
    let ran = scratch.run(&run);
    // 3: a busy machine cannot keep the schedule; the books must reconcile all the same.
    assert!([0, 3].contains(&ran.code), "{}\n{}", ran.err, ran.out);
    assert!(!ran.out.contains("ledger"), "{}", ran.out);
    let machine = std::fs::read_to_string(scratch.path("ran/machine.json")).expect("written");
    let machine: Value = serde_json::from_str(&machine).expect("JSON");
    let clocks = machine["standing_clocks"].as_array().expect("clocks");
    assert!(clocks.len() >= 2, "{machine}");
    let error = clocks[0]["error_ms"].as_f64().expect("a number");
    assert!(error > 0.0 && error < 1_000.0, "{error}");
    let report = std::fs::read_to_string(scratch.path("ran/report.json")).expect("written");
    assert!(report.contains("whose clock is known to"), "{report}");
    let rows =
        record::RowReader::<record::AttemptRow>::open(&scratch.path("ran/direct/attempts.csv"));
    let rows: Vec<_> = rows.expect("a table").map(|row| row.expect("readable")).collect();
    assert!(rows.len() > 10, "{}", rows.len());
    assert!(rows.iter().any(|row| row.fault.is_some()), "the timeline was armed");
    let grain = (error * 1e6).round() as u64;
    let fine = rows.iter().filter(|row| row.arrived_ns % grain.max(1) != 0).count();
    assert_eq!(fine, 0, "times finer than {grain} ns");
    assert!(rows.iter().all(|row| row.arrived_ns < 60_000_000_000), "on the run's clock");

    scratch.change(&admin, "http://127.0.0.1:9");
    let ran = scratch.run(&run);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("admin API at http://127.0.0.1:9 failed"), "{}", ran.err);
}

/// All stand at one port, so that what acts on connections acts on everybody.
#[test]
fn faults_of_connections_that_all_have_are_warned_of() {
    let scratch = Scratch::new();
    let fakes = ["fakes", "scenario.yaml", "--port", "0"];
    let fakes = Running::start(&mut scratch.command(&fakes));
    let others = fakes
        .says("warning: f1: refuse acts on connections, and all fakes stand at one port: also ");
    assert!(others.ends_with(" has it") || others.ends_with(" have it"), "{others}");
    fakes.says("fakes listen on ");
    fakes.signal("-TERM");
    assert_eq!(fakes.end().0, Some(0));
}
