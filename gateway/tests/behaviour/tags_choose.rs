//! Tags of deployments and of requests choose whom of a group a strategy may pick from, as LiteLLM's tag-based routing
//! does, under every personality.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use crate::support::*;
use gateway::config::Config;
use gateway::litellm::{self, Dummies};
use gateway::policy;
use serde_json::{Value, json};

/// Deployments `a`, `b`, … with those tags; nothing is retried.
fn tagged(tags: &[&[&str]], settings: &Value, info: &Value) -> Config {
    let entry = |(number, tags): (usize, &&[&str])| {
        let host = ["a", "b", "c"][number];
        let mut own = info.clone();
        own["id"] = json!(host);
        json!({
            "model_name": "model", "model_info": own,
            "litellm_params": { "model": "openai/gpt-4o", "api_base": format!("https://{host}/v1"), "api_key": "k", "tags": tags },
        })
    };
    let list: Vec<Value> = tags.iter().enumerate().map(entry).collect();
    let mut router = json!({ "enable_tag_filtering": true, "num_retries": 0 });
    router
        .as_object_mut()
        .expect("an object")
        .extend(settings.as_object().expect("settings").clone());
    let file = json!({ "model_list": list, "router_settings": router });
    litellm::read(&file, &Dummies).expect("a valid config").config
}

fn lab(config: Config) -> Lab {
    let lab = Lab::new();
    for host in ["a", "b", "c"] {
        lab.upstream(host, &[answer("hi")]);
    }
    lab.gateway(config);
    lab
}

/// Who serves requests with those tags: everybody that two dozen requests reach, or what the first one is told.
async fn serves(config: Config, tags: &Value) -> String {
    let lab = lab(config);
    let body = json!({ "model": "model", "messages": [], "tags": tags }).to_string();
    for _ in 0..24 {
        let got = lab.post("/v1/chat/completions", &[], &body).await;
        if got.status != 200 {
            return format!("{}: {}", got.status, got.json()["error"]["message"]);
        }
    }
    let mut hosts = lab.hosts();
    hosts.sort();
    hosts.dedup();
    hosts.concat()
}

/// A row per request: its tags, and who serves it.
async fn check(tags: &[&[&str]], settings: Value, info: Value, rows: &[(Value, &str)]) {
    for personality in policy::ALL {
        for (wanted, expected) in rows {
            let config = Config { personality: *personality, ..tagged(tags, &settings, &info) };
            let served = serves(config, wanted).await;
            let right = match *expected {
                "nobody" => {
                    served.starts_with("401: ") && served.contains("due to tags configuration")
                }
                hosts => served == hosts,
            };
            assert!(right, "{} {tags:?} {wanted}: {served}, not {expected}", personality.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_tag_in_common_is_enough() {
    let tags: &[&[&str]] = &[&["paid", "eu"], &["free"], &["default"]];
    let rows = [
        (json!(["paid"]), "a"),
        (json!(["free", "paid"]), "ab"),
        (json!(["eu", "unheard-of"]), "a"),
        (json!(null), "c"),
        (json!([]), "c"),
        // A tag that nobody here has is no reason to refuse.
        (json!(["unheard-of"]), "c"),
    ];
    check(tags, json!({}), json!({}), &rows).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_default_requests_without_tags_reach_everybody_and_unknown_tags_nobody() {
    let tags: &[&[&str]] = &[&["paid"], &["free"], &[]];
    let rows = [(json!(null), "abc"), (json!(["free"]), "b"), (json!(["unheard-of"]), "nobody")];
    check(tags, json!({}), json!({}), &rows).await;
}

#[tokio::test(start_paused = true)]
async fn all_tags_are_demanded_where_the_config_says_so() {
    let tags: &[&[&str]] = &[&["paid", "eu"], &["paid"], &["default"]];
    let rows = [
        (json!(["paid", "eu"]), "a"),
        (json!(["paid"]), "ab"),
        // The group knows one of them: it has no answer to both.
        (json!(["paid", "us"]), "nobody"),
        (json!(["us"]), "c"),
    ];
    check(tags, json!({ "tag_filtering_match_any": false }), json!({}), &rows).await;
}

#[tokio::test(start_paused = true)]
async fn signs_demand_and_exclude() {
    let tags: &[&[&str]] = &[&["paid", "eu"], &["paid"], &["default", "eu"]];
    let rows = [
        (json!(["&eu"]), "ac"),
        (json!(["&eu", "!paid"]), "c"),
        (json!(["!paid"]), "c"),
        (json!(["paid", "!eu"]), "b"),
        (json!(["&us"]), "nobody"),
        (json!(["&"]), "c"),
    ];
    check(tags, json!({}), json!({}), &rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_group_that_fails_open_serves_what_nobody_is_tagged_for() {
    let tags: &[&[&str]] = &[&["paid"], &["free"], &["default"]];
    let rows = [
        (json!(["&us"]), "c"),
        (json!(["&us", "&eu"]), "c"),
        // An invented tag does not hide that somebody has the other one.
        (json!(["&us", "&paid"]), "nobody"),
    ];
    check(tags, json!({}), json!({ "allow_fail_open": true }), &rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_prefix_says_that_a_tag_is_meant_for_routing() {
    let tags: &[&[&str]] = &[&["paid"], &["default"]];
    let rows =
        [(json!(["route:paid"]), "a"), (json!(["route:us"]), "nobody"), (json!(["us"]), "b")];
    check(tags, json!({ "tag_routing_prefix": "route:" }), json!({}), &rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_group_says_itself_whether_it_looks_at_tags() {
    let tags: &[&[&str]] = &[&["paid"], &["default"]];
    let rows = [(json!(["paid"]), "ab")];
    check(tags, json!({}), json!({ "enable_tag_filtering": false }), &rows).await;
    check(tags, json!({ "enable_tag_filtering": false }), json!({}), &rows).await;
    let off = json!({ "enable_tag_filtering": false });
    check(tags, off, json!({ "enable_tag_filtering": true }), &[(json!(["paid"]), "a")]).await;
}

/// A path, members of the body, headers.
type Way = (&'static str, Value, &'static [(&'static str, &'static str)]);

#[tokio::test(start_paused = true)]
async fn tags_stand_in_the_body_in_metadata_and_in_a_header() {
    let ways: &[Way] = &[
        ("/v1/chat/completions", json!({ "tags": ["free"] }), &[]),
        ("/v1/chat/completions", json!({ "metadata": { "tags": ["free"] } }), &[]),
        ("/v1/chat/completions", json!({ "metadata": r#"{"tags":["free"]}"# }), &[]),
        ("/v1/chat/completions", json!({ "litellm_metadata": { "tags": ["free"] } }), &[]),
        ("/v1/chat/completions", json!({}), &[("x-litellm-tags", "other , free")]),
        ("/v1/responses", json!({ "metadata": { "tags": ["free"] }, "input": "x" }), &[]),
    ];
    for (path, members, headers) in ways {
        let lab = lab(tagged(&[&["paid"], &["free"], &["default"]], &json!({}), &json!({})));
        let mut body = json!({ "model": "model", "messages": [] });
        body.as_object_mut()
            .expect("an object")
            .extend(members.as_object().expect("members").clone());
        lab.post(path, headers, &body.to_string()).await;
        assert_eq!(lab.hosts(), ["b"], "{members} {headers:?}");
        // They are the gateway's; what only a provider would know of metadata is its own.
        let sent = lab.sent.lock().expect("no poison")[0].body.clone();
        assert!(!sent.contains("\"tags\"") || *path == "/v1/responses", "{sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_every_default_cools_requests_without_tags_reach_the_others() {
    let settings = json!({ "num_retries": 1 });
    let lab = Lab::new();
    lab.upstream("a", &[refusal(429, &[])]).upstream("b", &[answer("hi")]);
    lab.gateway(tagged(&[&["default"], &["paid"]], &settings, &json!({})));
    let got = lab.chat(PLAIN).await;
    assert_eq!(
        (got.status, lab.hosts()),
        (200, vec!["a".to_owned(), "b".to_owned()]),
        "{}",
        got.body
    );
}

#[tokio::test(start_paused = true)]
async fn whom_no_tag_admits_gets_the_fallback() {
    let mut config = tagged(&[&["paid"], &["free"]], &json!({}), &json!({}));
    config.deployments[1].group = std::sync::Arc::from("other");
    config.router.fallbacks.insert("model".into(), vec!["other".into()]);
    let lab = lab(config);
    let body = json!({ "model": "model", "messages": [], "tags": ["free"] }).to_string();
    let got = lab.chat(&body).await;
    assert_eq!((got.status, lab.hosts()), (200, vec!["b".to_owned()]), "{}", got.body);
    assert!(
        lab.decided().iter().any(|line| line.contains("failover to other")),
        "{:?}",
        lab.decided()
    );
}
