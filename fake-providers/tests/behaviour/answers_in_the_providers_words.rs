//! Each persona's plain answer, stream and refusals, as a raw client reads them.

use crate::support::{PROTOCOLS, World, chat, deployment, path, rule, send};
use http::Method;
use vocab::Protocol;

#[tokio::test(start_paused = true)]
async fn plain_answers() {
    for protocol in PROTOCOLS {
        let world = World::new(vec![deployment(protocol, 1)], vec![]);
        let seen = world.plain(0, 7, 3).await;
        assert_eq!(seen.ended_ms, 440, "ttft 400 ms and two gaps of 20 ms");
        insta::assert_snapshot!(format!("plain-{protocol}"), seen.shown());
    }
}

#[tokio::test(start_paused = true)]
async fn streams() {
    for protocol in PROTOCOLS {
        let world = World::new(vec![deployment(protocol, 1)], vec![]);
        let seen = world.stream(0, 7, 3).await;
        insta::assert_snapshot!(format!("stream-{protocol}"), seen.shown());
        let words = |name: &str| match protocol {
            Protocol::Anthropic => name.starts_with("event"),
            _ => name.starts_with("data"),
        };
        assert!(seen.pieces.iter().all(|(_, piece)| words(piece)), "a frame is never split");
        let times: Vec<u64> = seen.pieces.iter().map(|(ms, _)| *ms).collect();
        assert_eq!(times.first(), Some(&400));
        assert_eq!(times.last(), Some(&440));
    }
}

#[tokio::test(start_paused = true)]
async fn refusals() {
    for protocol in PROTOCOLS {
        let world = World::new(vec![deployment(protocol, 1)], vec![]);
        let mut stranger = world.config.deployments[0].clone();
        stranger.key = "sk-wrong".to_owned();
        let mut lost = world.config.deployments[0].clone();
        lost.model = "gpt-9".to_owned();
        let own = world.config.deployments[0].clone();
        let wrong_path = path(&own).replace("gpt-4o", "gpt-9");
        let calls = [
            ("wrong key", chat(&stranger, 1, 3, false)),
            ("unknown model", {
                let mut call = chat(&lost, 1, 3, false);
                *call.uri_mut() = wrong_path.parse().unwrap();
                call
            }),
            ("unknown path", send(&own, Method::POST, "/v2/nothing", "{}")),
            ("no json", send(&own, Method::POST, path(&own), "{\"model\":")),
            ("no messages", send(&own, Method::POST, path(&own), r#"{"model":"gpt-4o"}"#)),
            (
                "empty messages",
                send(
                    &own,
                    Method::POST,
                    path(&own),
                    r#"{"model":"gpt-4o","max_tokens":5,"messages":[]}"#,
                ),
            ),
        ];
        let mut text = String::new();
        for (name, call) in calls {
            let seen = world.call(0, call, 1).await;
            text += &format!("{name}: {} {}\n", seen.status, seen.body());
        }
        insta::assert_snapshot!(format!("refusals-{protocol}"), text);
    }
}

#[tokio::test(start_paused = true)]
async fn statuses_in_each_providers_body() {
    for protocol in PROTOCOLS {
        let mut text = String::new();
        for status in [400u16, 401, 403, 404, 408, 429, 500, 502, 503, 504, 529] {
            let fault = rule("f1", "error", serde_json::json!({ "status": status }));
            let world = World::new(vec![deployment(protocol, 1)], vec![fault]);
            let seen = world.plain(0, 1, 3).await;
            assert_eq!(seen.status, status);
            text += &format!("{status}: {}\n", seen.body().replace("\r\n", " "));
        }
        insta::assert_snapshot!(format!("statuses-{protocol}"), text);
    }
}

#[tokio::test(start_paused = true)]
async fn models_and_health() {
    for protocol in PROTOCOLS {
        let world =
            World::new(vec![deployment(protocol, 1)], vec![rule("f1", "error", 500.into())]);
        let own = world.config.deployments[0].clone();
        let models = world.call(0, send(&own, Method::GET, "/v1/models", ""), 1).await;
        assert_eq!(models.json()["data"][0]["id"], "gpt-4o");
        let health = world.call(0, send(&own, Method::GET, "/health", ""), 1).await;
        assert_eq!((health.status, health.body().as_str()), (200, r#"{"status":"ok"}"#));
        let head = world.call(0, send(&own, Method::HEAD, "/health", ""), 1).await;
        assert_eq!((head.status, head.body().as_str()), (200, ""));
        let rows = world.rows().await;
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|row| row.kind == record::AttemptKind::Probe
            && row.ended == record::AttemptEnd::Complete
            && row.request.is_none()));
    }
}

#[tokio::test(start_paused = true)]
async fn two_deployments_behind_one_host() {
    let mut one = deployment(Protocol::OpenAi, 1);
    one.host = "api.test".to_owned();
    let mut two = deployment(Protocol::OpenAi, 2);
    two.host = "api.test".to_owned();
    let mut mini = two.clone();
    mini.number = vocab::DeploymentNumber(3);
    mini.model = "gpt-4o-mini".to_owned();
    let world = World::new(vec![one, two, mini], vec![]);
    assert_eq!(world.fakes.hosts().len(), 1);
    for (index, number) in [(0, "~1.5."), (1, "~2.5."), (2, "~3.5.")] {
        let seen = world.plain(index, 5, 2).await;
        assert!(seen.body().contains(number), "{}", seen.body());
    }
}

#[tokio::test(start_paused = true)]
async fn max_tokens_bound_the_answer() {
    let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![]);
    let own = world.config.deployments[0].clone();
    let body = r#"{"model":"gpt-4o","max_tokens":2,"messages":[
        {"role":"system","content":"be brief"},
        {"role":"user","content":[{"type":"text","text":"[[brownout:000009]] [[answer:50]] hi"}]}
    ]}"#;
    let seen = world.call(0, send(&own, Method::POST, path(&own), body), 9).await;
    let reply = seen.json();
    assert_eq!(reply["choices"][0]["finish_reason"], "length");
    assert_eq!(reply["choices"][0]["message"]["content"], " ~1.9.1.0 ~1.9.1.1$");
    assert_eq!(reply["usage"]["prompt_tokens"], 5);
    assert_eq!(reply["usage"]["completion_tokens"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_body_beyond_the_bound_is_refused() {
    let world = World::new(vec![deployment(Protocol::Anthropic, 1)], vec![]);
    let own = world.config.deployments[0].clone();
    let huge = vec![b' '; 33 * 1024 * 1024];
    let seen = world.call(0, send(&own, Method::POST, path(&own), huge), 1).await;
    assert_eq!(seen.status, 413);
    assert_eq!(seen.json()["error"]["type"], "request_too_large");
}
