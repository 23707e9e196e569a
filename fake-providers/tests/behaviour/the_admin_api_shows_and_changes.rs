//! The admin API as a client meets it: what it shows, what it changes, whom it turns away.

#![expect(clippy::unwrap_used, reason = "helpers of a test stop it where they fail")]

use std::sync::Arc;
use std::time::Duration;

use crate::support::{chat, deployment, rule};
use bytes::Bytes;
use fake_providers::config::{Capacity, FakesConfig, Limits, Rate};
use fake_providers::{AdminOptions, Fakes, Ledger};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use record::AttemptRow;
use serde_json::{Value, json};
use vocab::{Protocol, Seed};
use world::pool::{Pool, PoolOptions, PooledBody};
use world::{Authority, Clock, Link, MemoryNetwork, Tasks};

#[derive(Debug)]
struct Nobody;

impl Ledger for Nobody {
    fn attempt(&self, _: AttemptRow) {}
}

struct Stand {
    config: FakesConfig,
    pool: Pool,
    _tasks: Tasks,
}

impl Stand {
    fn new(options: AdminOptions) -> Self {
        let mut first = deployment(Protocol::OpenAi, 1);
        let per = Duration::from_secs(60);
        first.limits = Limits { requests: Some(Rate { amount: 10, per }), ..Limits::default() };
        first.capacity = Some(Capacity { slots: 2, queue: 1, slowdown: 0.0 });
        let deployments = vec![first, deployment(Protocol::Anthropic, 2)];
        let faults = vec![rule("f1", "throttle", Value::Null)];
        let config = FakesConfig { seed: Seed(42), deployments, quotas: Vec::new(), faults };
        let fakes = Fakes::standing(config.clone(), Clock::simulated(), Arc::new(Nobody)).unwrap();
        let (network, mut tasks) = (MemoryNetwork::new(), Tasks::new(8));
        for (index, host) in fakes.hosts().iter().enumerate() {
            let listener = network.listen(&host.host, host.port, Link::default()).unwrap();
            assert!(tasks.spawn(fakes.serve(index, listener)));
        }
        let listener = network.listen("admin", 80, Link::default()).unwrap();
        assert!(tasks.spawn(fakes.serve_admin(listener, options)));
        let pool = Pool::new(network.connector("client"), PoolOptions::default());
        Self { config, pool, _tasks: tasks }
    }

    async fn send(&self, host: &str, port: u16, request: Request<Full<Bytes>>) -> (u16, String) {
        let to = Authority { host: host.into(), port, tls: false };
        let response = self.pool.send(&to, request, "").await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// One call of the admin API with these headers.
    async fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send("admin", 80, request.body(Full::from(body.to_owned())).unwrap()).await
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(&format!("GET {path}"), &[LOCAL], "").await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    async fn change(&self, line: &str, body: Value) -> (u16, Value) {
        let (status, body) = self.ask(line, &[LOCAL, JSON], &body.to_string()).await;
        (status, serde_json::from_str(&body).unwrap())
    }

    /// A plain request to a deployment; its status.
    async fn call(&self, index: usize, request: u64) -> u16 {
        let config = &self.config.deployments[index];
        self.send(&config.host, config.port, chat(config, request, 2, false)).await.0
    }
}

const LOCAL: (&str, &str) = ("host", "127.0.0.1:4101");
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test(start_paused = true)]
async fn rules_are_listed_switched_loaded_and_sought() {
    let stand = Stand::new(AdminOptions::default());
    assert_eq!(stand.get("/health").await["status"], "ok");
    let rules = stand.get("/rules").await;
    assert_eq!(rules["rules"][0]["rule"]["id"], "f1");
    assert_eq!(rules["rules"][0]["state"], "active");
    assert_eq!(stand.call(0, 1).await, 429);
    let (status, view) = stand.change("PATCH /rules/f1", json!({ "enabled": false })).await;
    assert_eq!((status, &view["state"]), (200, &json!("off")));
    assert_eq!(stand.call(0, 2).await, 200);
    let (status, error) = stand.change("PUT /rules/f9", json!({ "enabled": true })).await;
    assert_eq!((status, &error["error"]["message"]), (404, &json!("there is no rule `f9`")));

    let spoken = json!([
        { "id": "outage", "inject": { "error": { "status": 503 } }, "at": "60s", "for": "60s",
          "targets": ["openai-1"], "share": 1.0 },
        { "inject": "stall", "at": "1h", "when": { "stream": true } },
    ]);
    let (status, loaded) = stand.change("PUT /timeline", spoken).await;
    assert_eq!((status, &loaded["rules"][1]["rule"]["id"]), (200, &json!("f2")), "{loaded}");
    assert_eq!(loaded["rules"][1]["rule"]["targets"], json!([0, 1]));
    assert_eq!(stand.call(0, 3).await, 200);
    let (status, time) = stand.change("POST /seek", json!({ "to": "90s" })).await;
    assert_eq!((status, &time["timeline_ns"]), (200, &json!(90_000_000_000u64)));
    assert_eq!((stand.call(0, 4).await, stand.call(1, 5).await), (503, 200));

    // What it says is what it takes.
    let said = stand.get("/timeline").await;
    assert_eq!(stand.change("PUT /timeline", said.clone()).await.0, 200);
    assert_eq!(stand.get("/timeline").await, said);
    let recorded = json!({ "faults": [{ "id": "r", "kind": "refuse", "summary": "", "target": "first",
        "deployments": ["anthropic-2"], "from_ns": 5, "to_ns": 9, "share": 0.5, "ramp_ns": 1,
        "only_slows": false, "at_connect": true, "when": "", "params": null }] });
    let (status, loaded) = stand.change("PUT /timeline", recorded).await;
    assert_eq!((status, &loaded["rules"][0]["rule"]["targets"]), (200, &json!([1])));
}

#[tokio::test(start_paused = true)]
async fn the_journal_is_filtered_paged_and_reset() {
    let stand = Stand::new(AdminOptions::default());
    let config = &stand.config.deployments[0];
    let mut request = chat(config, 7, 2, false);
    let headers = request.headers_mut();
    headers.insert("x-stainless-retry-count", "1".parse().unwrap());
    headers.insert("x-stainless-read-timeout", "600".parse().unwrap());
    headers.insert("amz-sdk-request", "attempt=2; max=5".parse().unwrap());
    stand.send(&config.host, config.port, request).await;
    stand.call(1, 8).await;
    let page = stand.get("/journal").await;
    assert_eq!((page["rows"].as_array().unwrap().len(), &page["next"]), (2, &json!(2)));
    let row = &page["rows"][0];
    assert_eq!((&row["attempt"]["request"], &row["faults"]), (&json!(7), &json!(["f1"])));
    let call = &row["call"];
    assert_eq!((&call["method"], &call["path"]), (&json!("POST"), &json!("/v1/chat/completions")));
    assert_eq!((&call["model"], &call["retry_count"]), (&json!("gpt-4o"), &json!("1")));
    assert_eq!(call["sdk_request"], "attempt=2; max=5");
    assert!(!page.to_string().contains("sk-brownout"), "a key in the journal");
    for (filter, rows) in [
        ("status=429", 1),
        ("deployment=anthropic-2", 1),
        ("deployment=anthropic%2D2&status=429", 0),
        ("fault=f1", 1),
        ("request=8", 1),
        ("since=1", 1),
        ("limit=1", 1),
    ] {
        let page = stand.get(&format!("/journal?{filter}")).await;
        assert_eq!(page["rows"].as_array().unwrap().len(), rows, "{filter}");
    }
    let (status, error) = stand.ask("GET /journal?status=bad", &[LOCAL], "").await;
    assert!(status == 400 && error.contains("`status=bad` cannot be"), "{error}");
    assert_eq!(stand.change("POST /reset", Value::Null).await.0, 200);
    assert_eq!(stand.get("/journal").await["rows"], json!([]));
    stand.call(1, 9).await;
    assert_eq!(stand.get("/journal").await["rows"][0]["seq"], 3, "positions go on");
}

#[tokio::test(start_paused = true)]
async fn followers_hear_of_rows_and_of_what_they_missed() {
    let stand = Stand::new(AdminOptions::default());
    let to = Authority { host: "admin".into(), port: 80, tls: false };
    let ask = |accept: &str| {
        let request = Request::get("/journal?stream=1&deployment=anthropic-2");
        let request = request.header("host", "localhost").header("accept", accept);
        request.body(Full::<Bytes>::default()).unwrap()
    };
    let lines = stand.pool.send(&to, ask("*/*"), "").await.unwrap();
    let events = stand.pool.send(&to, ask("text/event-stream"), "").await.unwrap();
    let (mut lines, mut events) = (lines.into_body(), events.into_body());
    for request in 0..1500 {
        stand.call(1, request).await;
        stand.call(0, request).await;
    }
    let next = async |body: &mut PooledBody| {
        let frame = body.frame().await.unwrap().unwrap();
        String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
    };
    let first = next(&mut lines).await;
    let row: Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!(row["attempt"]["deployment"], "anthropic-2");
    assert!(next(&mut events).await.starts_with("event: row\ndata: {\"seq\":1,"));
    // It has not read while thousands of rows went by: it is told how many it missed.
    let mut heard = String::new();
    let lagged = async {
        while !heard.contains("lagged") {
            heard += &next(&mut lines).await;
            stand.call(1, 0).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(3600), lagged).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn buckets_slots_and_metrics_are_shown() {
    let stand = Stand::new(AdminOptions::default());
    stand.change("PATCH /rules/f1", json!({ "enabled": false })).await;
    let looking = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stand.get("/deployments").await
    };
    let (status, view) = tokio::join!(stand.call(0, 1), looking);
    assert_eq!(status, 200);
    let first = &view["deployments"][0];
    assert_eq!((&first["capacity"]["busy"], &first["capacity"]["waiting"]), (&json!(1), &json!(0)));
    assert_eq!(
        (&first["limits"][0]["counts"], &first["limits"][0]["remaining"]),
        (&json!("requests"), &json!(9))
    );
    assert_eq!((&view["hosts"][0]["open_connections"], &view["under_way"]), (&json!(1), &json!(1)));
    let (status, page) = stand.ask("GET /metrics", &[LOCAL], "").await;
    assert_eq!(status, 200);
    for line in [
        r#"brownout_fakes_attempts_total{deployment="openai-1",status="200",ended="complete"} 1"#,
        r#"brownout_fakes_limit_remaining{deployment="openai-1",limit="requests"} 9"#,
        r#"brownout_fakes_rule_active{rule="f1"} 0"#,
        "# TYPE brownout_fakes_connections_open gauge",
    ] {
        assert!(page.lines().any(|said| said == line), "{line} is not in\n{page}");
    }
    stand.change("POST /reset", Value::Null).await;
    let view = stand.get("/deployments").await;
    assert_eq!(view["deployments"][0]["limits"][0]["remaining"], 10);
}

#[tokio::test(start_paused = true)]
async fn web_pages_and_foreign_names_are_turned_away() {
    let stand = Stand::new(AdminOptions::default());
    let body = r#"{"to":"1s"}"#;
    for (headers, status) in [
        (&[("host", "evil.example"), JSON][..], 421),
        (&[LOCAL, JSON, ("origin", "https://evil.example")], 403),
        (&[LOCAL, JSON, ("sec-fetch-site", "cross-site")], 403),
        (&[LOCAL, ("content-type", "text/plain")], 415),
        (&[LOCAL], 415),
        (&[LOCAL, JSON], 200),
    ] {
        let (said, body) = stand.ask("POST /seek", headers, body).await;
        assert_eq!(said, status, "{headers:?}: {body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(status != 200, body["error"]["help"].is_string(), "{body}");
    }
    let huge = "[".repeat(9 * 1024 * 1024);
    assert_eq!(stand.ask("PUT /timeline", &[LOCAL, JSON], &huge).await.0, 413);
    let deep = "[".repeat(100_000);
    assert_eq!(stand.ask("PUT /timeline", &[LOCAL, JSON], &deep).await.0, 400);
    let nested = stand.change("PUT /timeline", json!([{ "inject": "refuse", "atx": "1s" }])).await;
    assert!(
        nested.1["error"]["message"].as_str().unwrap().starts_with("rule 1: unknown field `atx`")
    );
    assert_eq!(stand.ask("DELETE /rules", &[LOCAL, JSON], "").await.0, 405);
    assert_eq!(stand.ask("GET /nothing", &[LOCAL], "").await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_asked_for_where_there_is_one() {
    let options = AdminOptions {
        token: Some("s3cret".into()),
        names: vec!["fakes".to_owned()],
        url: String::new(),
    };
    assert!(!format!("{options:?}").contains("s3cret"));
    let stand = Stand::new(options);
    let host = ("host", "fakes:4101");
    for (header, status) in [
        (&[host][..], 401),
        (&[host, ("authorization", "Bearer wrong")], 401),
        (&[host, ("authorization", "Bearer s3cret")], 200),
    ] {
        assert_eq!(stand.ask("GET /rules", header, "").await.0, status);
    }
}

#[tokio::test(start_paused = true)]
async fn every_described_route_is_there() {
    let stand = Stand::new(AdminOptions::default());
    let description = stand.get("/openapi.json").await;
    for (path, methods) in description["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "f1");
        for method in ["get", "put", "post", "patch", "delete"] {
            if path.ends_with("/stream") && method == "get" {
                continue; // It never ends.
            }
            let line = format!("{} {path}", method.to_uppercase());
            let (status, body) = stand.ask(&line, &[LOCAL, JSON], "{}").await;
            let described = methods.get(method).is_some();
            assert_eq!(described, status != 405 && status != 404, "{line}: {status} {body}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_models_name_asks_for_a_fault() {
    let stand = Stand::new(AdminOptions::default());
    stand.change("PATCH /rules/f1", json!({ "enabled": false })).await;
    let call = async |model: &str| {
        let mut config = stand.config.deployments[0].clone();
        config.model = model.to_owned();
        stand.send(&config.host, config.port, chat(&config, 1, 2, false)).await
    };
    assert_eq!(call("gpt-4o").await.0, 200);
    assert_eq!(call("gpt-4o--error-503").await.0, 503);
    assert_eq!(call("gpt-4o--throttle-10s").await.0, 429);
    let (status, body) = call("gpt-4o--earthquake").await;
    assert!(status == 404 && body.contains("gpt-4o--earthquake"), "{body}");
    let page = stand.get("/journal?fault=asked:throttle").await;
    assert_eq!(page["rows"][0]["call"]["model"], "gpt-4o--throttle-10s");
    // A fault of the dial happens when the model is known, whether it speaks of requests or not.
    for (request, name) in [(9, "refuse"), (10, "tls")] {
        let mut config = stand.config.deployments[0].clone();
        config.model = format!("gpt-4o--{name}");
        let to = Authority { host: config.host.as_str().into(), port: config.port, tls: false };
        let sent = stand.pool.send(&to, chat(&config, request, 2, false), "").await;
        assert!(sent.is_err(), "{name}");
        let page = stand.get(&format!("/journal?fault=asked:{name}")).await;
        assert_eq!(page["rows"][0]["call"]["model"], format!("gpt-4o--{name}"));
    }
}
