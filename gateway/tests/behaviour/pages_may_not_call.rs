//! Without a master key programs may call, and web pages may not: a page reaches what listens on its reader's machine.

use crate::support::*;
use gateway::config::{MetricsFor, Secret};
use gateway::litellm::Dummies;
use gateway::{Door, Hosts, Keyless};

fn door(hosts: Hosts) -> Door {
    Door { keyless: Keyless::Programs(hosts), ..Door::default() }
}

fn lab(hosts: Hosts, key: Option<&str>) -> Lab {
    let lab = Lab::new();
    let mut config = litellm(&["a"]);
    config.master_key = key.map(Secret::new);
    lab.upstream("a", &[answer("yes")]).behind(door(hosts), config);
    lab
}

/// Hosts as the lab's client names them.
fn known() -> Hosts {
    Hosts::Known(vec!["gateway".to_owned()])
}

const PATHS: [(&str, &str); 4] = [
    ("POST", "/v1/chat/completions"),
    ("OPTIONS", "/v1/chat/completions"),
    ("GET", "/v1/models"),
    ("GET", "/metrics"),
];

#[tokio::test(start_paused = true)]
async fn a_page_is_refused_however_its_browser_says_so() {
    let lab = lab(known(), None);
    for header in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://gateway"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-origin"),
    ] {
        for (method, path) in PATHS {
            let got = lab.send(method, path, &[header], PLAIN).await;
            assert_eq!(got.status, 403, "{method} {path} {header:?}");
            assert_eq!(got.header("access-control-allow-origin"), "");
        }
    }
    assert!(lab.hosts().is_empty(), "no provider was asked");
    let typed = lab.send("GET", "/v1/models", &[("sec-fetch-site", "none")], "").await;
    assert_eq!(typed.status, 200, "an address that a person typed is no page");
    assert_eq!(lab.chat(PLAIN).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_could_be_anybodys_is_refused() {
    let strangers = lab(Hosts::Known(Vec::new()), None);
    for (method, path) in PATHS {
        let got = strangers.send(method, path, &[], PLAIN).await;
        assert_eq!(got.status, 421, "{method} {path}");
        assert!(got.body.contains("--allow-host"), "{}", got.body);
    }
    assert_eq!(strangers.send("GET", "/health/readiness", &[], "").await.status, 200);
    assert_eq!(lab(Hosts::Any, None).chat(PLAIN).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn with_a_master_key_the_key_decides() {
    let lab = lab(Hosts::Known(Vec::new()), Some("sk-master"));
    let page = ("origin", "https://chat.example");
    let path = "/v1/chat/completions";
    assert_eq!(lab.post(path, &[page], PLAIN).await.status, 401);
    let key = ("authorization", "Bearer sk-master");
    assert_eq!(lab.post(path, &[page, key], PLAIN).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn metrics_have_a_port_of_their_own_without_a_key() {
    let lab = Lab::new();
    let mut config = litellm(&["a"]);
    config.master_key = Some(Secret::new("sk-master"));
    let gateway = lab.reloadable(config);
    let listener = lab.network.listen("metrics", 9000, world::Link::default()).expect("free");
    tokio::spawn(async move { gateway.serve_metrics(listener, known()).await });
    assert_eq!(lab.send("GET", "/metrics", &[], "").await.status, 401, "at the gateway's own port");
    let at = "metrics";
    let got = lab.send_to((at, 9000), ("GET", "/metrics"), &[], "").await;
    assert_eq!((got.status, got.body.contains("litellm_in_flight_requests 0")), (200, true));
    let page = lab.send_to((at, 9000), ("GET", "/metrics"), &[("origin", "null")], "").await;
    assert_eq!(page.status, 403);
    let models = lab.send_to((at, 9000), ("GET", "/v1/models"), &[], "").await;
    assert_eq!(models.status, 404, "nothing else is there");
}

#[tokio::test(start_paused = true)]
async fn metrics_want_the_key_unless_the_config_says_otherwise() {
    for (metrics, status) in [(MetricsFor::KeyHolders, 401), (MetricsFor::Everybody, 200)] {
        let lab = Lab::new();
        let mut config = litellm(&["a"]);
        config.master_key = Some(Secret::new("sk-master"));
        config.metrics = metrics;
        lab.gateway(config);
        for path in ["/metrics", "/metrics/"] {
            assert_eq!(lab.send("GET", path, &[], "").await.status, status, "{path}");
            let key = ("authorization", "Bearer sk-master");
            assert_eq!(lab.send("GET", path, &[key], "").await.status, 200, "{path}");
        }
        assert_eq!(lab.send("GET", "/v1/models", &[], "").await.status, 401, "nothing else");
    }
}

#[test]
fn a_config_says_who_may_read_the_metrics_as_litellm_reads_it() {
    let read = |settings: &str| {
        let deployment = r#"{"model_name":"m","litellm_params":{"model":"openai/gpt-4o"}}"#;
        let file = format!(r#"{{"model_list":[{deployment}],"litellm_settings":{settings}}}"#);
        let file = serde_json::from_str(&file).expect("JSON");
        let read = gateway::litellm::read(&file, &Dummies).expect("a valid config");
        (read.config.metrics, read.notes.len())
    };
    let named = |value: &str| format!(r#"{{"require_auth_for_metrics_endpoint":{value}}}"#);
    assert_eq!(read("{}").0, MetricsFor::KeyHolders);
    assert_eq!(read(&named("true")).0, MetricsFor::KeyHolders);
    assert_eq!(read(&named("false")).0, MetricsFor::Everybody);
    assert_eq!(read(&named("false")).1, read("{}").1, "it is no longer said to have no effect");
}
